// What the parsers of JSON bodies share: members of an object, read with errors that say where.
// Pure functions. Errors are kMalformed, kTooLarge or kBadField.

#ifndef MILLRACE_SERVING_JSON_MEMBERS_H_
#define MILLRACE_SERVING_JSON_MEMBERS_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/decode/json_document.h"

namespace millrace {

// `field` is the path in the body: "keys[0].origin".
absl::Status BadMember(absl::string_view field, std::string detail, std::string did_you_mean = "");
// `expected` with its article.
absl::Status WrongMemberType(absl::string_view field, absl::string_view expected,
                             const JsonValue& got);

// The body, which must be an object.
absl::StatusOr<JsonValue> ParseBody(absl::string_view body, const JsonLimits& limits = {});
// No member of `object`, which stands at `path`, has a name that is not `known`.
absl::Status CheckMembers(const JsonValue& object, absl::string_view path,
                          std::initializer_list<const char*> known);

// Members of `object`; what is absent (or, of the optional ones, null) leaves *out as it is. A
// `path` is that of the object, empty for the body.
absl::Status ReadString(const JsonValue& object, const char* name, std::string* out,
                        absl::string_view path = "");
absl::Status ReadNonNegative(const JsonValue& object, const char* name, std::optional<int64_t>* out,
                             absl::string_view path = "");
// Milliseconds since the epoch, or RFC 3339.
absl::Status ReadTime(const JsonValue& object, const char* name, std::optional<int64_t>* out);
absl::Status ReadBool(const JsonValue& object, const char* name, bool* out);
// The array member, at most 1,000 items; an empty span when it is absent.
absl::StatusOr<std::span<const JsonValue>> ReadArray(const JsonValue& object, const char* name);

// A scalar; absent for an array or an object.
std::optional<OwnedValue> ScalarOf(const JsonValue& value);

}  // namespace millrace

#endif  // MILLRACE_SERVING_JSON_MEMBERS_H_
