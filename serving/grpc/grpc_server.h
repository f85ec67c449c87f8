// GrpcServer: the gRPC API of schemas/api.proto on one address, with health (grpc.health.v1) and
// reflection. One thread polls the completion queue and answers what needs no waiting; a few more
// run calls that wait for a disk or a broker.
//
// Plain text only, so loopback only unless the network is trusted: gRPC 1.51 has known defects that
// any client can use before it is authenticated (SECURITY.md).
//
// Start, Drain and Stop belong to one thread (the owner's); port() and UpdateHealth are
// thread-safe.

#ifndef MILLRACE_SERVING_GRPC_GRPC_SERVER_H_
#define MILLRACE_SERVING_GRPC_GRPC_SERVER_H_

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

struct GrpcServerOptions {
  std::string address = "127.0.0.1:7471";  // port 0: any free one
  NetworkTrust trust = NetworkTrust::kLoopbackOnly;
  size_t max_connections = 256;
  size_t max_connections_per_address = 64;
  size_t max_calls = 4096;  // begun and not over
  size_t max_request_bytes = 1 << 20;
  size_t max_request_bytes_under_way = 32 << 20;  // of requests not yet answered
  // Answers that clients have not read yet, and how long one waits before its call is cancelled.
  size_t max_answer_bytes = 128 << 20;
  absl::Duration answer_timeout = absl::Seconds(10);
  size_t max_header_bytes = 16 << 10;
  int max_streams_per_connection = 128;
  size_t memory_bytes = 256 << 20;  // of all connections' buffers (gRPC's resource quota)
  int blocking_threads = 8;
  size_t max_blocking_calls = 256;  // under way or queued; beyond: RESOURCE_EXHAUSTED
  int waiting_threads = 32;         // as many calls wait for records at once
};

class GrpcServer {
 public:
  // Binds, listens and serves. REQUIRES: services, registry and clock outlive the server.
  // Errors: InvalidArgument (no address), FailedPrecondition (not loopback and not trusted),
  // Unavailable (cannot bind).
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(const GrpcServerOptions& options,
                                                           const Services& services,
                                                           Registry& registry, Clock& clock);
  // Stops.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // The port bound.
  uint16_t port() const;

  // Makes grpc.health.v1 say what StatusService::GetHealth says now, for "" and every service of
  // the API. The owner calls it when health may have changed (once a second will do).
  void UpdateHealth();

  // Accepts no more calls (GOAWAY) and finishes those under way, for at most `timeout`; then stops.
  // Blocks.
  void Drain(absl::Duration timeout);
  // Cancels calls under way. Blocks. Idempotent.
  void Stop();

 private:
  class Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_GRPC_GRPC_SERVER_H_
