// Connection: one client of the HTTP server: reads a request, has it answered, writes the answer,
// again. Applies the limits of size and time. Lives as long as an operation of its own is under
// way; owned by the I/O thread.

#ifndef MILLRACE_SERVING_HTTP_CONNECTION_H_
#define MILLRACE_SERVING_HTTP_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "absl/time/time.h"
#include "boost/asio/ip/tcp.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/core/tcp_stream.hpp"
#include "boost/beast/http.hpp"
#include "core/clock.h"
#include "serving/errors.h"
#include "serving/http/http_server.h"
#include "serving/http/router.h"
#include "serving/request_metrics.h"

namespace millrace {

class Connection;

// What the connections of a server share; the I/O thread's.
struct ConnectionGroup {
  const HttpServerOptions& options;
  Clock& clock;
  RequestMetrics& metrics;
  // Has the call answered with Connection::Answer, on the I/O thread.
  std::function<void(std::shared_ptr<Connection>, HttpCall)> run;
  // Called whenever the number of connections has changed.
  std::function<void()> changed;

  bool draining = false;  // connections close after the answer they owe
  std::unordered_set<Connection*> open;
  std::map<std::string, size_t> by_address;
  size_t large_bodies = 0;
  size_t request_bytes = 0;  // of bodies under way that are not large
  size_t answer_bytes = 0;   // being written
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // REQUIRES: the group outlives the connection.
  Connection(ConnectionGroup& group, boost::asio::ip::tcp::socket socket, std::string address);
  ~Connection();

  void Start() { WaitForRequest(); }
  void CloseIfIdle();
  // Gives the answer to the request read last. `method`: label of metrics.
  void Answer(HttpAnswer answer, const char* method);

 private:
  using error_code = boost::system::error_code;

  void Close();
  void WaitForRequest();
  void ReadHeader();
  void OnHeader();
  // What of the header is against HTTP/1.1 or this server's rules; false with the problem.
  bool AdmitHeader(ApiError* problem);
  // The limit of the body by what is asked; false with the problem when it is beyond that.
  bool AdmitBody(ApiError* problem);
  // Takes the request's body out of the group's counts.
  void ForgetBody();
  void WriteContinue();
  void ReadBody();
  void OnRequest();
  void ReadFailed(error_code error);
  // Answers without having read the request to its end, and closes.
  void Refuse(const ApiError& problem);
  void Write(HttpAnswer answer, bool keep_alive);
  // Closes our side and reads what is still on its way, a little: closing with unread bytes would
  // reset the connection and could destroy the answer before the client has read it.
  void Linger();
  void Discard(int reads);

  ConnectionGroup& group_;
  boost::beast::tcp_stream stream_;
  const std::string address_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::optional<boost::beast::http::response<boost::beast::http::string_body>> response_;
  std::optional<boost::beast::http::response<boost::beast::http::empty_body>> continue_;
  int64_t start_nanos_ = 0;
  bool keep_alive_ = false;
  bool idle_ = false;
  bool head_ = false;
  bool large_body_ = false;   // counted in large_bodies
  size_t request_bytes_ = 0;  // counted in request_bytes
  size_t answer_bytes_ = 0;   // counted in answer_bytes
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_HTTP_CONNECTION_H_
