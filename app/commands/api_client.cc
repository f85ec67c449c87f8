#include "app/commands/api_client.h"

#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/status_macros.h"
#include "serving/errors.h"
#include "serving/listen_address.h"

namespace millrace {
namespace {

constexpr absl::string_view kCodePayload = "millrace/ProblemCode";
constexpr absl::string_view kFieldPayload = "millrace/ProblemField";

std::string Payload(const absl::Status& status, absl::string_view name) {
  const absl::optional<absl::Cord> payload = status.GetPayload(name);
  return payload ? std::string(*payload) : "";
}

std::string TextMember(const JsonValue& object, absl::string_view name) {
  const JsonValue* value = object.Find(name);
  return value != nullptr && value->kind() == JsonKind::kString ? std::string(value->string_value())
                                                                : "";
}

// The status code of a problem, by its own code where we know that, else by that of HTTP.
absl::StatusCode MeaningOf(absl::string_view code, int http_status) {
  if (http_status == 503) return absl::StatusCode::kAborted;  // it answered: not "unreachable"
  int number = 0;
  if (absl::ConsumePrefix(&code, "MILLRACE-") && absl::SimpleAtoi(code, &number)) {
    for (const ErrorKind& kind : ErrorKinds()) {
      if (static_cast<int>(kind.code) == number) return kind.status;
    }
  }
  switch (http_status) {
    case 400: return absl::StatusCode::kInvalidArgument;
    case 401:
    case 403: return absl::StatusCode::kPermissionDenied;
    case 404: return absl::StatusCode::kNotFound;
    case 408:
    case 504: return absl::StatusCode::kDeadlineExceeded;
    case 409: return absl::StatusCode::kFailedPrecondition;
    case 429: return absl::StatusCode::kResourceExhausted;
    default: return absl::StatusCode::kUnknown;
  }
}

absl::Status ProblemOf(const HttpReply& reply) {
  const absl::StatusOr<JsonValue> problem = ParseAnswer(reply.body);
  if (!problem.ok() || !absl::StrContains(reply.content_type, "json")) {
    return absl::Status(
        MeaningOf("", reply.status),
        absl::StrCat("the server answered with HTTP ", reply.status, ", not as a Millrace does"));
  }
  const std::string code = TextMember(*problem, "code");
  std::string message = TextMember(*problem, "detail");
  if (message.empty()) message = TextMember(*problem, "title");
  if (const std::string close = TextMember(*problem, "did_you_mean"); !close.empty()) {
    absl::StrAppend(&message, "; did you mean '", close, "'?");
  }
  if (!code.empty()) absl::StrAppend(&message, " [", code, "]");
  if (const std::string hint = TextMember(*problem, "hint"); !hint.empty()) {
    absl::StrAppend(&message, "\n  hint: ", hint);
  }
  absl::Status status(MeaningOf(code, reply.status), message);
  status.SetPayload(kCodePayload, absl::Cord(code));
  status.SetPayload(kFieldPayload, absl::Cord(TextMember(*problem, "field")));
  return status;
}

}  // namespace

std::string UrlOfListenAddress(absl::string_view address) {
  absl::StatusOr<ListenAddress> parsed = ParseListenAddress(address, NetworkTrust::kTrustedNetwork);
  if (!parsed.ok() || parsed->port == 0) return "";
  if (parsed->host == "0.0.0.0") parsed->host = "127.0.0.1";
  if (parsed->host == "::") parsed->host = "::1";
  return absl::StrCat("http://", parsed->ToString());
}

std::string ServerUrl(const GlobalOptions& global) {
  if (global.server_given) return global.server;
  const std::shared_ptr<const Project> project = FindProject(global);
  const std::string url = project ? UrlOfListenAddress(project->server.http) : "";
  return url.empty() ? global.server : url;
}

int OpenApi(const GlobalOptions& global, const std::string& what, std::unique_ptr<ApiClient>* api) {
  std::string url = global.server;
  std::string project;
  if (!global.server_given && HasConfiguration(global)) {
    const LoadResult loaded = LoadSilently(global);
    if (!loaded.project) {
      PrintDiagnostics(global, loaded.diagnostics);
      return kExitConfig;
    }
    project = loaded.project->name;
    const std::string listens = UrlOfListenAddress(loaded.project->server.http);
    if (!listens.empty()) url = listens;
  }
  absl::StatusOr<std::unique_ptr<ApiClient>> made = ApiClient::Make(url);
  if (!made.ok()) {
    Fail(what, made.status());
    return kExitUsage;
  }
  *api = *std::move(made);
  if (project.empty()) return kExitOk;
  const absl::StatusOr<std::string> served = ServedProject(**api);
  if (absl::IsUnavailable(served.status())) return FailRequest(what, served.status());
  // A server that cannot say so yet will tell what is wrong when it is asked what was meant.
  if (!served.ok() || *served == project) return kExitOk;
  std::fprintf(stderr,
               "millrace: %s: %s serves project '%s', not '%s'; name yours with --server URL\n",
               what.c_str(), (*api)->url().c_str(), served->c_str(), project.c_str());
  return kExitUnavailable;
}

absl::StatusOr<std::string> ServedProject(ApiClient& api) {
  ASSIGN_OR_RETURN(const std::string answer, api.Get("/api/v1/status", kProbeTimeout));
  ASSIGN_OR_RETURN(const JsonValue status, ParseAnswer(answer));
  std::string project = TextMember(status, "project");
  if (project.empty()) return absl::UnknownError("the server's answer names no project");
  return project;
}

absl::StatusOr<std::unique_ptr<ApiClient>> ApiClient::Make(const std::string& url) {
  ASSIGN_OR_RETURN(std::unique_ptr<HttpClient> http, HttpClient::Make(url));
  return std::unique_ptr<ApiClient>(new ApiClient(std::move(http)));
}

absl::StatusOr<std::string> ApiClient::Get(absl::string_view path, absl::Duration timeout) {
  return Answer(http_->Get(path, timeout));
}

absl::StatusOr<std::string> ApiClient::Post(absl::string_view path, absl::string_view json,
                                            absl::Duration timeout) {
  return Answer(http_->Post(path, json, timeout));
}

absl::StatusOr<std::string> ApiClient::Answer(absl::StatusOr<HttpReply> reply) {
  RETURN_IF_ERROR(reply.status());
  if (reply->status != 200) return ProblemOf(*reply);
  return std::move(reply->body);
}

std::string ProblemCode(const absl::Status& status) { return Payload(status, kCodePayload); }
std::string ProblemField(const absl::Status& status) { return Payload(status, kFieldPayload); }

absl::StatusOr<JsonValue> ParseAnswer(absl::string_view json) {
  JsonLimits limits;
  limits.max_bytes = size_t{256} << 20;
  limits.max_depth = 64;
  limits.max_members = 1 << 16;
  limits.max_values = 4'000'000;
  absl::StatusOr<JsonValue> value = ParseJson(json, limits);
  if (!value.ok()) {
    return absl::UnknownError(
        absl::StrCat("the server's answer is not JSON: ", value.status().message()));
  }
  return value;
}

int FailRequest(const std::string& what, const absl::Status& status) {
  const int generic = Fail(what, status);
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      std::fprintf(
          stderr,
          "  hint: start one with `millrace serve -f millrace.yaml` or `millrace demo flights`, "
          "or name another with --server URL\n");
      return kExitUnavailable;
    case absl::StatusCode::kNotFound: return kExitUsage;
    case absl::StatusCode::kOutOfRange: return kExitData;
    case absl::StatusCode::kFailedPrecondition: return kExitRetry;
    case absl::StatusCode::kInternal: return kExitFailed;  // the server's bug, which it reports
    default: return generic;
  }
}

}  // namespace millrace
