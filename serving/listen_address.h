// ListenAddress: where a server listens, and whether it may (SECURITY.md: closed by default). Pure
// functions; names other than "localhost" are not resolved, so that no start depends on a resolver.

#ifndef MILLRACE_SERVING_LISTEN_ADDRESS_H_
#define MILLRACE_SERVING_LISTEN_ADDRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Whether plain text may leave this machine; `server.trusted_network` of the configuration.
enum class NetworkTrust : uint8_t { kLoopbackOnly, kTrustedNetwork };

struct ListenAddress {
  std::string host;   // an IP address, without brackets
  uint16_t port = 0;  // 0: any free port
  bool loopback = false;

  // "127.0.0.1:7470", "[::1]:7470".
  std::string ToString() const;
};

// Parses "127.0.0.1:7470", "[::1]:0", "localhost:7470", "0.0.0.0:7470". InvalidArgument when the
// text is no address; FailedPrecondition when it is not loopback and `trust` does not allow that.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text, NetworkTrust trust);

}  // namespace millrace

#endif  // MILLRACE_SERVING_LISTEN_ADDRESS_H_
