// HttpServer: HTTP/1.1 on one address. One thread reads and writes all connections and answers what
// needs no waiting; a few more run calls that wait for a disk, a broker or new data.
//
// Bounded in everything (docs/reference/http.md): connections, in total and by address; sizes of
// headers and bodies; the time a client may take; calls under way. What exceeds a bound is answered
// or dropped, counted, and hurts nobody else. No bytes from a client end the process.
//
// Start, Drain and Stop belong to one thread (the owner's); port() is thread-safe.

#ifndef MILLRACE_SERVING_HTTP_HTTP_SERVER_H_
#define MILLRACE_SERVING_HTTP_HTTP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "serving/listen_address.h"
#include "serving/service.h"

namespace millrace {

struct HttpServerOptions {
  std::string address = "127.0.0.1:7470";  // port 0: any free one
  NetworkTrust trust = NetworkTrust::kLoopbackOnly;
  size_t max_connections = 1024;
  size_t max_connections_per_address = 128;
  size_t max_header_bytes = 8 << 10;  // request line and headers
  size_t max_headers = 64;
  size_t max_body_bytes = 1 << 20;
  // Of a request that appends records and says its length: room for one record of 16 MiB in base64.
  size_t max_append_body_bytes = 24 << 20;
  size_t max_large_bodies = 8;  // bodies beyond max_body_bytes that are read or appended at once
  // Bodies of requests not yet answered, without large ones; beyond, requests are refused.
  size_t max_request_bytes_under_way = 32 << 20;
  // Answers that clients have not yet read, over all connections; beyond, requests are refused.
  size_t max_answer_bytes = 128 << 20;
  absl::Duration idle_timeout = absl::Seconds(60);     // between requests
  absl::Duration header_timeout = absl::Seconds(5);    // from the first byte to the last header
  absl::Duration request_timeout = absl::Seconds(30);  // reading a body, writing an answer
  int64_t min_body_bytes_per_s = 1024;                 // after the header timeout
  int blocking_threads = 16;
  size_t max_blocking_calls = 256;  // under way or queued
  int waiting_threads = 32;         // as many calls wait at once
};

class HttpServer {
 public:
  // Binds, listens and serves. REQUIRES: services, registry and clock outlive the server.
  // Errors: InvalidArgument (no address), FailedPrecondition (not loopback and not trusted),
  // Unavailable (cannot bind: the message says why).
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                           const Services& services,
                                                           Registry& registry, Clock& clock);
  // Stops.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The port bound.
  uint16_t port() const;

  // Accepts no more connections, closes idle ones, and answers what is under way, each with
  // "Connection: close", for at most `timeout`; then stops. Blocks.
  void Drain(absl::Duration timeout);
  // Closes everything at once; calls under way run to their end unanswered. Blocks. Idempotent.
  void Stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_HTTP_HTTP_SERVER_H_
