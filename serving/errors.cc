#include "serving/errors.h"

#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "serving/json.h"

namespace millrace {
namespace {

using absl::StatusCode;

constexpr ErrorKind kKinds[] = {
    {ErrorCode::kMalformed, StatusCode::kInvalidArgument, 400, "Malformed request",
     "the body is not JSON, or not the object it should be"},
    {ErrorCode::kBadField, StatusCode::kInvalidArgument, 400, "Invalid field",
     "a member is missing, unknown, of another type or out of range"},
    {ErrorCode::kUnknownView, StatusCode::kNotFound, 404, "Unknown view", "no view has this name"},
    {ErrorCode::kUnknownFeature, StatusCode::kNotFound, 404, "Unknown feature",
     "the view has no feature of this name"},
    {ErrorCode::kUnknownService, StatusCode::kNotFound, 404, "Unknown service",
     "no feature service has this name"},
    {ErrorCode::kUnknownTask, StatusCode::kNotFound, 404, "Unknown task",
     "no task, or no learner of the task, has this name"},
    {ErrorCode::kUnknownTopic, StatusCode::kNotFound, 404, "Unknown topic",
     "the log has no such topic or partition"},
    {ErrorCode::kBadKey, StatusCode::kInvalidArgument, 400, "Invalid key",
     "an entity key does not fit the view"},
    {ErrorCode::kUnknownRoute, StatusCode::kNotFound, 404, "Unknown route",
     "nothing is served at this path"},
    {ErrorCode::kMethodNotAllowed, StatusCode::kInvalidArgument, 405, "Method not allowed",
     "the path is served, but not with this method"},
    {ErrorCode::kTooLarge, StatusCode::kInvalidArgument, 413, "Request too large",
     "the body exceeds the limit"},
    {ErrorCode::kUnsupportedMedia, StatusCode::kInvalidArgument, 415, "Unsupported media type",
     "the body is not JSON by its Content-Type, or is compressed"},
    {ErrorCode::kOverloaded, StatusCode::kResourceExhausted, 429, "Too many requests",
     "the server sheds load or has no room: back off and try again"},
    {ErrorCode::kTooOld, StatusCode::kFailedPrecondition, 409, "Too old",
     "a value or a model is older than the request allows"},
    {ErrorCode::kOutOfRange, StatusCode::kOutOfRange, 400, "Out of range",
     "a time or an offset that is not kept"},
    {ErrorCode::kForbidden, StatusCode::kPermissionDenied, 403, "Forbidden",
     "the caller may not do this"},
    {ErrorCode::kRequestTimeout, StatusCode::kDeadlineExceeded, 408, "Request timeout",
     "the request did not arrive in time"},
    {ErrorCode::kHeadersTooLarge, StatusCode::kInvalidArgument, 431, "Headers too large",
     "the request line and headers exceed the limit"},
    {ErrorCode::kWrongState, StatusCode::kFailedPrecondition, 409, "Wrong state",
     "not possible in the present state"},
    {ErrorCode::kNotYetApplied, StatusCode::kFailedPrecondition, 409, "Not yet applied",
     "a record that the read should see is not applied yet; trying again later is right"},
    {ErrorCode::kInternal, StatusCode::kInternal, 500, "Internal error",
     "a defect of the server; its log says more"},
    {ErrorCode::kUnavailable, StatusCode::kUnavailable, 503, "Unavailable",
     "not possible now; trying again later is right"},
    {ErrorCode::kNotServed, StatusCode::kUnimplemented, 501, "Not served here",
     "this process does not serve that"},
    {ErrorCode::kDataLoss, StatusCode::kDataLoss, 500, "Data loss", "stored bytes are damaged"},
    {ErrorCode::kDeadline, StatusCode::kDeadlineExceeded, 504, "Deadline exceeded",
     "the answer was not ready before the deadline"},
};

constexpr absl::string_view kPayload = "millrace.v1/ApiError";

// The generic code of a status that carries no ApiError.
ErrorCode GenericCode(StatusCode status) {
  switch (status) {
    case StatusCode::kInvalidArgument: return ErrorCode::kBadField;
    case StatusCode::kNotFound: return ErrorCode::kUnknownRoute;
    case StatusCode::kFailedPrecondition:
    case StatusCode::kAlreadyExists:
    case StatusCode::kAborted: return ErrorCode::kWrongState;
    case StatusCode::kOutOfRange: return ErrorCode::kOutOfRange;
    case StatusCode::kPermissionDenied:
    case StatusCode::kUnauthenticated: return ErrorCode::kForbidden;
    case StatusCode::kResourceExhausted: return ErrorCode::kOverloaded;
    case StatusCode::kUnavailable: return ErrorCode::kUnavailable;
    case StatusCode::kUnimplemented: return ErrorCode::kNotServed;
    case StatusCode::kDataLoss: return ErrorCode::kDataLoss;
    case StatusCode::kDeadlineExceeded:
    case StatusCode::kCancelled: return ErrorCode::kDeadline;
    default: return ErrorCode::kInternal;
  }
}

std::optional<ApiError> Decode(absl::string_view in) {
  uint64_t code;
  absl::string_view parts[4];
  if (!GetVarint(&in, &code)) return std::nullopt;
  for (absl::string_view& part : parts) {
    if (!GetLengthPrefixed(&in, &part)) return std::nullopt;
  }
  ApiError error;
  error.code = static_cast<ErrorCode>(code);
  error.detail = std::string(parts[0]);
  error.field = std::string(parts[1]);
  error.did_you_mean = std::string(parts[2]);
  error.hint = std::string(parts[3]);
  if (uint64_t applied = 0; GetVarint(&in, &applied)) {
    error.applied_offset = static_cast<int64_t>(applied);
  }
  return error;
}

}  // namespace

std::span<const ErrorKind> ErrorKinds() { return kKinds; }

const ErrorKind& ApiError::kind() const {
  const ErrorKind* internal = &kKinds[0];
  for (const ErrorKind& kind : kKinds) {
    if (kind.code == code) return kind;
    if (kind.code == ErrorCode::kInternal) internal = &kind;
  }
  return *internal;
}

std::string ApiError::code_text() const {
  return absl::StrCat("MILLRACE-", static_cast<int>(code));
}

absl::Status ApiError::ToStatus() const {
  std::string message = absl::StrCat(code_text(), ": ", detail);
  if (!did_you_mean.empty()) absl::StrAppend(&message, " (did you mean '", did_you_mean, "'?)");
  absl::Status status(kind().status, message);
  std::string bytes;
  PutVarint(&bytes, static_cast<uint64_t>(code));
  for (const std::string* part : {&detail, &field, &did_you_mean, &hint}) {
    PutLengthPrefixed(&bytes, *part);
  }
  if (applied_offset) PutVarint(&bytes, static_cast<uint64_t>(*applied_offset));
  status.SetPayload(kPayload, absl::Cord(bytes));
  return status;
}

absl::Status RequestFault(ErrorCode code, std::string field, std::string detail,
                          std::string did_you_mean) {
  ApiError error;
  error.code = code;
  error.detail = std::move(detail);
  error.field = std::move(field);
  error.did_you_mean = std::move(did_you_mean);
  return error.ToStatus();
}

ApiError ErrorOf(const absl::Status& status) {
  if (const absl::optional<absl::Cord> payload = status.GetPayload(kPayload)) {
    const std::string bytes(*payload);
    if (std::optional<ApiError> error = Decode(bytes)) return *std::move(error);
  }
  ApiError error;
  error.code = GenericCode(status.code());
  error.detail = std::string(status.message());
  if (error.code == ErrorCode::kInternal) {
    error.detail = "the server could not answer because of a defect of its own";
  }
  if (error.detail.empty()) error.detail = error.kind().meaning;
  return error;
}

std::string ProblemJson(const ApiError& error, absl::string_view instance) {
  const ErrorKind& kind = error.kind();
  const std::string code = error.code_text();
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Key("type").String(absl::StrCat("/errors/", code));
  json.Key("title").String(kind.title);
  json.Key("status").Int(kind.http_status);
  json.Key("code").String(code);
  json.Key("detail").String(error.detail);
  if (!error.field.empty()) json.Key("field").String(error.field);
  if (!error.did_you_mean.empty()) json.Key("did_you_mean").String(error.did_you_mean);
  if (!error.hint.empty()) json.Key("hint").String(error.hint);
  if (error.applied_offset) json.Key("applied").Int(*error.applied_offset);
  json.Key("instance").String(instance);
  json.EndObject();
  return out;
}

}  // namespace millrace
