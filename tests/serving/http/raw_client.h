// RawClient: a TCP connection to 127.0.0.1 that sends and reads bytes as they are. Blocks; gives up
// after 20 s.

#ifndef MILLRACE_TESTS_SERVING_HTTP_RAW_CLIENT_H_
#define MILLRACE_TESTS_SERVING_HTTP_RAW_CLIENT_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace millrace {

struct RawAnswer {
  int status = 0;  // 0: the connection ended without an answer
  std::string headers;
  std::string body;
};

class RawClient {
 public:
  explicit RawClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval timeout{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }

  bool Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  void EndOfSending() { shutdown(fd_, SHUT_WR); }

  // The next answer; informational ones (100) count as answers.
  RawAnswer Read() {
    RawAnswer answer;
    size_t end;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!Fill()) return answer;
    }
    answer.headers = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    answer.status = std::atoi(answer.headers.c_str() + 9);
    constexpr absl::string_view kLength = "\r\nContent-Length: ";
    const size_t at = answer.headers.find(kLength.data());
    const size_t length =
        at == std::string::npos || head
            ? 0
            : static_cast<size_t>(std::atoll(answer.headers.c_str() + at + kLength.size()));
    while (buffer_.size() < length) {
      if (!Fill()) return answer;
    }
    answer.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return answer;
  }

  // Reads until the server closes; true if it did (false: it gave nothing for 20 s).
  bool AwaitClose() {
    while (Fill()) buffer_.clear();
    return closed_;
  }

  bool head = false;  // answers to HEAD have no body

  RawAnswer Get(absl::string_view target) {
    Send(absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    return Read();
  }
  RawAnswer Post(absl::string_view target, absl::string_view body, absl::string_view extra = "") {
    Send(absl::StrCat("POST ", target,
                      " HTTP/1.1\r\nHost: localhost\r\nContent-Type: ", "application/json\r\n",
                      extra, "Content-Length: ", body.size(), "\r\n\r\n", body));
    return Read();
  }

 private:
  bool Fill() {
    char bytes[65536];
    const ssize_t n = recv(fd_, bytes, sizeof(bytes), 0);
    if (n == 0 || (n < 0 && errno == ECONNRESET)) closed_ = true;
    if (n <= 0) return false;
    buffer_.append(bytes, static_cast<size_t>(n));
    return true;
  }

  int fd_;
  bool connected_ = false;
  bool closed_ = false;
  std::string buffer_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_SERVING_HTTP_RAW_CLIENT_H_
