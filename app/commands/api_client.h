// ApiClient: a running Millrace as the commands see it: /api/v1 in JSON, its problems as statuses.
// Blocks; owned by one thread.

#ifndef MILLRACE_APP_COMMANDS_API_CLIENT_H_
#define MILLRACE_APP_COMMANDS_API_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "app/commands/command.h"
#include "app/commands/http_client.h"
#include "stream/decode/json_document.h"

namespace millrace {

// Where to ask: --server, else the address that the configuration gives its server (when there is
// one that loads), else http://127.0.0.1:7470. Prints nothing.
std::string ServerUrl(const GlobalOptions& global);
// How long a server is waited for that should say which project it serves.
inline constexpr absl::Duration kProbeTimeout = absl::Seconds(3);

// The URL at which a server listening on `address` ("0.0.0.0:7470") is reached from this machine;
// empty when its port is known only to itself (port 0).
std::string UrlOfListenAddress(absl::string_view address);

class ApiClient;

// Connects a command to the server it means: --server, whatever that serves; else the server of the
// configuration here, which must load and, if a server answers, be of the project it serves; else
// http://127.0.0.1:7470. Returns the exit code; unless that is 0 it has said why.
int OpenApi(const GlobalOptions& global, const std::string& what, std::unique_ptr<ApiClient>* api);

class ApiClient {
 public:
  // InvalidArgument when `url` is none.
  static absl::StatusOr<std::unique_ptr<ApiClient>> Make(const std::string& url);

  const std::string& url() const { return http_->base_url(); }

  // The JSON text of a successful answer. Errors: Unavailable only when no server answers; a
  // problem of the API as the status of its code, saying what was meant and what to do, where a
  // server that asks to try again is Aborted or ResourceExhausted.
  absl::StatusOr<std::string> Get(absl::string_view path,
                                  absl::Duration timeout = absl::Seconds(10));
  absl::StatusOr<std::string> Post(absl::string_view path, absl::string_view json,
                                   absl::Duration timeout = absl::Seconds(30));

 private:
  explicit ApiClient(std::unique_ptr<HttpClient> http) : http_(std::move(http)) {}
  static absl::StatusOr<std::string> Answer(absl::StatusOr<HttpReply> reply);

  std::unique_ptr<HttpClient> http_;
};

// The project that the server says it serves. Errors: as Get; Unknown when it names none.
absl::StatusOr<std::string> ServedProject(ApiClient& api);

// What the problem was, of a status from ApiClient: "MILLRACE-4003"; empty for others.
std::string ProblemCode(const absl::Status& status);
// The member of the request it was about: "keys[0].origin"; may be empty.
std::string ProblemField(const absl::Status& status);

// Parses an answer; with limits for what servers send rather than what clients may.
absl::StatusOr<JsonValue> ParseAnswer(absl::string_view json);

// As Fail, for what ApiClient returned: "millrace: get: …". A name that the server does not know is
// wrong usage (64), wrong values are bad data (65); no server (69) comes with how to start one;
// what may succeed later, also a value that is too old, is 75.
int FailRequest(const std::string& what, const absl::Status& status);

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_API_CLIENT_H_
