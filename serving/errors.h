// ApiError: what a caller is told when a request fails, the same over every protocol: a stable code
// ("MILLRACE-4004"), a title per code, and what was wrong this time. It travels through the program
// as an absl::Status with a payload; HTTP shows it as RFC 9457 problem details, gRPC as
// google.rpc.Status with ErrorInfo. The codes are listed in docs/reference/http.md.
//
// Pure functions and values.

#ifndef MILLRACE_SERVING_ERRORS_H_
#define MILLRACE_SERVING_ERRORS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Stable: append only. 4xxx: the request; 5xxx: the server.
enum class ErrorCode : uint16_t {
  kMalformed = 4001,  // the body is not JSON, or not the object it should be
  kBadField = 4002,   // a member is missing, unknown, of another type or out of range
  kUnknownView = 4003,
  kUnknownFeature = 4004,
  kUnknownService = 4005,
  kUnknownTask = 4006,
  kUnknownTopic = 4007,
  kBadKey = 4008,  // an entity key that does not fit its view
  kUnknownRoute = 4009,
  kMethodNotAllowed = 4010,
  kTooLarge = 4011,
  kUnsupportedMedia = 4012,
  kOverloaded = 4013,  // back off and try again
  kTooOld = 4014,      // a value or a model older than the request allows
  kOutOfRange = 4015,  // a time or an offset that is not kept
  kForbidden = 4016,
  kRequestTimeout = 4017,  // the request did not arrive in time
  kHeadersTooLarge = 4018,
  kWrongState = 4019,
  kNotYetApplied = 4020,  // records that the request wants to see are not applied yet
  kInternal = 5001,
  kUnavailable = 5002,
  kNotServed = 5003,  // this process does not serve that
  kDataLoss = 5004,
  kDeadline = 5005,
};

struct ErrorKind {
  ErrorCode code;
  absl::StatusCode status;
  int http_status;
  const char* title;
  const char* meaning;  // one line for the reference page
};

// All codes, ascending.
std::span<const ErrorKind> ErrorKinds();

struct ApiError {
  ErrorCode code = ErrorCode::kInternal;
  std::string detail;        // one sentence: what was wrong this time
  std::string field;         // where in the request: "keys[0].origin"; may be empty
  std::string did_you_mean;  // a close known name; may be empty
  std::string hint;          // what to do; may be empty
  // Of kNotYetApplied: the next offset to apply of the partition that lags behind.
  std::optional<int64_t> applied_offset;

  const ErrorKind& kind() const;
  std::string code_text() const;  // "MILLRACE-4004"
  // The status whose message is "MILLRACE-4004: detail (did you mean 'x'?)" and from which
  // ErrorOf gets this error back.
  absl::Status ToStatus() const;
};

// The status of a fault in a request: `detail` is wrong at `field`.
absl::Status RequestFault(ErrorCode code, std::string field, std::string detail,
                          std::string did_you_mean = "");

// The error of a failed status; one that carries none gets the generic code of its status code.
// The message of an Internal status without an ApiError is not shown to callers.
// REQUIRES: !status.ok().
ApiError ErrorOf(const absl::Status& status);

// RFC 9457 problem details as one JSON object. `instance` is the request's path.
std::string ProblemJson(const ApiError& error, absl::string_view instance);

}  // namespace millrace

#endif  // MILLRACE_SERVING_ERRORS_H_
