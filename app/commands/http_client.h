// HttpClient: requests to a running server, or to a schema registry. One connection, kept between
// calls; blocks; owned by one thread. Redirects are not followed; a server on this machine is never
// asked through a proxy.

#ifndef MILLRACE_APP_COMMANDS_HTTP_CLIENT_H_
#define MILLRACE_APP_COMMANDS_HTTP_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace millrace {

struct HttpReply {
  int status = 0;  // of HTTP
  std::string content_type;
  std::string body;
};

// Beyond what commands need.
struct HttpClientOptions {
  enum class UrlPath : uint8_t { kRefused, kAllowed };
  UrlPath url_path = UrlPath::kRefused;  // "https://host/path": a server below a path
  // Sent with every request, never printed: basic authentication, or a bearer token.
  std::string user, password;
  std::string token;
};

class HttpClient {
 public:
  // `base_url`: "http://127.0.0.1:7470", with or without the scheme and a last slash.
  // InvalidArgument when it is no http or https URL.
  static absl::StatusOr<std::unique_ptr<HttpClient>> Make(absl::string_view base_url,
                                                          HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  const std::string& base_url() const { return base_url_; }

  // `path` starts with '/'. A reply of any HTTP status is a success. Errors: Unavailable (no
  // connection, or it broke), DeadlineExceeded (no whole reply within `timeout`),
  // ResourceExhausted (a reply of more than 256 MiB).
  absl::StatusOr<HttpReply> Get(absl::string_view path, absl::Duration timeout);
  // `json` is the body.
  absl::StatusOr<HttpReply> Post(absl::string_view path, absl::string_view json,
                                 absl::Duration timeout);

 private:
  HttpClient(std::string base_url, HttpClientOptions options);
  absl::StatusOr<HttpReply> Call(absl::string_view path, const absl::string_view* json,
                                 absl::Duration timeout);

  const std::string base_url_;
  const HttpClientOptions options_;
  void* curl_ = nullptr;  // CURL*
};

// `text` for one segment of a path: everything but letters, digits and "-._~" as %XX.
std::string PercentEncode(absl::string_view text);

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_HTTP_CLIENT_H_
