// Clients of the gRPC port that no gRPC library would be: bare sockets, and one that asks and never
// lets the answer come.

#ifndef MILLRACE_TESTS_SERVING_GRPC_STALLED_CLIENT_H_
#define MILLRACE_TESTS_SERVING_GRPC_STALLED_CLIENT_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/check.h"

namespace millrace {

// A connection to the port on this machine. Reads wait for 20 s.
class RawSocket {
 public:
  explicit RawSocket(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    CHECK(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~RawSocket() { close(fd_); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  void Send(absl::string_view bytes) { (void)send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Appends what comes next; false at the end.
  bool Read(std::string* bytes) {
    char buffer[4096];
    const ssize_t n = recv(fd_, buffer, sizeof(buffer), 0);
    if (n <= 0) return false;
    bytes->append(buffer, static_cast<size_t>(n));
    return true;
  }
  bool AwaitBytes() {
    std::string bytes;
    return Read(&bytes);
  }

 private:
  const int fd_;
};

// Calls a method over HTTP/2 with a window of no bytes, so that its answer cannot be sent.
class StalledClient {
 public:
  StalledClient(uint16_t port, const std::string& method, const std::string& message)
      : socket_(port) {
    const std::string no_window("\0\4\0\0\0\0", 6);  // SETTINGS_INITIAL_WINDOW_SIZE = 0
    const std::string header =
        absl::StrCat(Field(":method", "POST"), Field(":scheme", "http"), Field(":path", method),
                     Field(":authority", "localhost"), Field("content-type", "application/grpc"),
                     Field("te", "trailers"));
    const std::string body = absl::StrCat(absl::string_view("\0", 1),
                                          Big32(static_cast<uint32_t>(message.size())), message);
    socket_.Send(absl::StrCat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Frame(4, 0, 0, no_window),
                              Frame(1, 4, 1, header), Frame(0, 1, 1, body)));
  }

  // Until the server gives the call up.
  bool AwaitReset() {
    std::string bytes;
    while (socket_.Read(&bytes)) {
      while (bytes.size() >= 9) {
        const size_t size = static_cast<size_t>(static_cast<uint8_t>(bytes[0])) << 16 |
                            static_cast<size_t>(static_cast<uint8_t>(bytes[1])) << 8 |
                            static_cast<size_t>(static_cast<uint8_t>(bytes[2]));
        if (bytes.size() < 9 + size) break;
        if (bytes[3] == 3) return true;  // RST_STREAM
        bytes.erase(0, 9 + size);
      }
    }
    return false;
  }

 private:
  static std::string Big32(uint32_t v) {
    return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
            static_cast<char>(v)};
  }
  static std::string Frame(char type, char flags, uint32_t stream, const std::string& payload) {
    return absl::StrCat(Big32(static_cast<uint32_t>(payload.size())).substr(1),
                        std::string(1, type), std::string(1, flags), Big32(stream), payload);
  }
  // Of a header block: literal, neither indexed nor compressed (RFC 7541, 6.2.2).
  static std::string Field(absl::string_view name, absl::string_view value) {
    return absl::StrCat(absl::string_view("\0", 1), std::string(1, static_cast<char>(name.size())),
                        name, std::string(1, static_cast<char>(value.size())), value);
  }

  RawSocket socket_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_SERVING_GRPC_STALLED_CLIENT_H_
