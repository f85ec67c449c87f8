// Acceptor: owns the listening socket of the gRPC server and hands it connections, within limits in
// total and per address. gRPC's own listener has no limits, and 1.51's is deaf for good once the
// process has run out of descriptors (CVE-2023-4785); a descriptor kept in reserve lets this one
// refuse connections instead.
//
// Of each connection a second descriptor is kept, to see when it ends. Thread-safe.

#ifndef MILLRACE_SERVING_GRPC_ACCEPTOR_H_
#define MILLRACE_SERVING_GRPC_ACCEPTOR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "serving/listen_address.h"
#include "serving/request_metrics.h"

namespace millrace {

struct AcceptorLimits {
  size_t max_connections = 256;
  size_t max_connections_per_address = 64;
};

// A descriptor that is closed with its owner. Thread-compatible.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  int Release();

 private:
  int fd_;
};

class Acceptor {
 public:
  // Binds and listens; accepts from Start on. Errors: Unavailable (why is in the message).
  // REQUIRES: metrics outlive the acceptor.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(const ListenAddress& address,
                                                          const AcceptorLimits& limits,
                                                          RequestMetrics& metrics);
  // Stops.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  uint16_t port() const { return port_; }
  // Gives every connection, non-blocking, to `take`, which owns it; on a thread of its own.
  // REQUIRES: called once.
  void Start(std::function<void(int fd)> take);
  // Closes the listening socket. After it `take` is not called any more. Idempotent.
  void Stop();

 private:
  Acceptor(const AcceptorLimits& limits, RequestMetrics& metrics)
      : limits_(limits), metrics_(metrics) {}
  absl::Status Open(const ListenAddress& address);
  void Run();
  void AcceptSome();
  // Accepts a connection with the descriptor in reserve and closes it; false when that fails.
  bool RefuseOne();
  bool Admit(const std::string& address) const;
  void Forget(int fd);

  struct Watched {
    Descriptor descriptor;
    std::string address;
  };

  const AcceptorLimits limits_;
  RequestMetrics& metrics_;
  std::function<void(int)> take_;
  uint16_t port_ = 0;
  Descriptor listening_;
  Descriptor events_;  // epoll
  Descriptor stop_;    // eventfd
  std::thread thread_;

  // The thread's.
  Descriptor reserve_;
  bool paused_ = false;                    // the listening socket is not watched
  std::unordered_map<int, Watched> open_;  // by the descriptor that is watched
  std::map<std::string, size_t> by_address_;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_GRPC_ACCEPTOR_H_
