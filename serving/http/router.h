// Router: which request is answered by which port, and how its answer looks. Plain values in and
// out: no sockets, no threads, no HTTP library. Thread-safe.

#ifndef MILLRACE_SERVING_HTTP_ROUTER_H_
#define MILLRACE_SERVING_HTTP_ROUTER_H_

#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/metrics.h"
#include "serving/errors.h"
#include "serving/service.h"

namespace millrace {

struct HttpCall {
  std::string method;        // "GET"
  std::string target;        // "/api/v1/topics?x=1"
  std::string content_type;  // empty: none given
  std::string content_encoding;
  std::string body;
};

struct HttpAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  size_t rows = 0;  // keys, decisions or records that the call asked for
};

// The problem details of an error, with the headers its status needs.
HttpAnswer ProblemAnswer(const ApiError& error, absl::string_view instance);

// Where a call may run.
enum class Lane : uint8_t {
  kInline,    // answers from memory or local state: on the thread that reads connections
  kBlocking,  // waits for a disk or a broker
  kWaiting,   // waits for data that may not come: seconds
};

// A call that was matched, and parsed unless that may take long.
struct PreparedCall {
  Lane lane = Lane::kInline;
  const char* method = "other";  // label of metrics
  // Answers. A waiting call returns early, with what it has, once `stopping` is true.
  std::function<HttpAnswer(const std::atomic<bool>& stopping)> run;
};

class Router {
 public:
  // REQUIRES: the ports and the registry outlive the router.
  Router(const Services& services, const Registry& registry);

  // Never fails: what cannot be routed or parsed is a call whose answer is the problem.
  PreparedCall Prepare(HttpCall call) const;

 private:
  struct Route;
  static const std::vector<Route>& Routes();

  const Services services_;
  const Registry& registry_;

  PreparedCall Features(HttpCall& call) const;
  PreparedCall Score(HttpCall& call) const;
  PreparedCall Append(HttpCall& call) const;
  PreparedCall ReadRecords(HttpCall& call) const;
  PreparedCall Topics(HttpCall& call) const;
  PreparedCall Catalog(HttpCall& call) const;
  PreparedCall Status(HttpCall& call) const;
  PreparedCall Probe(HttpCall& call) const;
  PreparedCall Metrics(HttpCall& call) const;
  PreparedCall ErrorText(HttpCall& call) const;
  PreparedCall Index(HttpCall& call) const;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_HTTP_ROUTER_H_
