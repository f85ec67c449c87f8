// The bodies of /api/v1 requests: JSON text → the plain requests of serving/service.h. Strict:
// unknown members, wrong types and values out of range are errors that name the member. Pure
// functions; never crash on any input.

#ifndef MILLRACE_SERVING_JSON_REQUESTS_H_
#define MILLRACE_SERVING_JSON_REQUESTS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "serving/service.h"

namespace millrace {

// {"features":["view.f","view.*"] or "service":"name", "keys":[{"origin":"JFK"}],
// "request"?:[{"amount":3}], "at"?: ms or RFC 3339, "known_at"?: as at, "max_age_ms"?,
// "min_offset"?: {"topic":"t","partition"?:0,"offset":17} or a list of these, "wait_ms"?,
// "metadata"?: bool}
absl::StatusOr<FeaturesRequest> ParseFeaturesRequest(absl::string_view body);

// {"task":"delayed", "keys":[{…}], "request"?:[{…,"id"?}], "at"?, "explain"?, "max_staleness_ms"?}.
// keys and request go row by row; one of them may be absent, or have a single row for all.
absl::StatusOr<ScoreRequest> ParseScoreRequest(absl::string_view body);

// {"records":[{"key"?: string, "value" or "value_base64", "headers"?: {name: string}, "timestamp"?:
// ms, "partition"?}]}. A string value is appended as its UTF-8 bytes, null is a tombstone, anything
// else is appended as compact JSON text.
absl::StatusOr<std::vector<NewRecord>> ParseAppendRequest(absl::string_view body);

// "?partition=0&offset=12&limit=100&wait=5s" (wait: a duration, or milliseconds).
absl::StatusOr<ReadRecordsRequest> ParseReadQuery(absl::string_view topic, absl::string_view query);

// "%2E" → "."; "+" stays. InvalidArgument on broken escapes and on control characters.
absl::StatusOr<std::string> DecodePercent(absl::string_view text);

}  // namespace millrace

#endif  // MILLRACE_SERVING_JSON_REQUESTS_H_
