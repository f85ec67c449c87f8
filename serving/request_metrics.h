// RequestMetrics: what every server counts about its requests (docs/reference/metrics.md).
// Thread-safe; once a (method, code) was seen, observing takes a shared lock and allocates nothing.

#ifndef MILLRACE_SERVING_REQUEST_METRICS_H_
#define MILLRACE_SERVING_REQUEST_METRICS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "core/metrics.h"
#include "serving/listen_address.h"

namespace millrace {

class RequestMetrics {
 public:
  // `protocol`: "http" or "grpc". REQUIRES: the registry outlives this.
  RequestMetrics(Registry& registry, absl::string_view protocol);

  // The server listens. Listening beyond this machine is plain text that others can read: the log
  // and a gauge tell.
  void Listening(const ListenAddress& address);
  // A request of `method` ("features", "score", …) was answered with `code` after `seconds`.
  // REQUIRES: method and code come from small fixed sets.
  void Answered(const char* method, int code, double seconds);
  // Rows asked for: keys, decisions or records.
  void Rows(const char* method, size_t rows);
  // A request or connection was refused or dropped: "connections", "busy", "timeout", …
  void Shed(const char* reason);
  void SetConnections(size_t open);

 private:
  Registry& registry_;
  const std::string protocol_;
  absl::Mutex mutex_;
  // Names are string literals, so comparing their addresses would do; text is safer.
  std::map<std::pair<absl::string_view, int>, Histogram*> durations_ ABSL_GUARDED_BY(mutex_);
  std::map<absl::string_view, Counter*> rows_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_REQUEST_METRICS_H_
