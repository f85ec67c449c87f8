#include "serving/json_members.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/closest_name.h"
#include "serving/errors.h"
#include "stream/expr/time_text.h"

namespace millrace {
namespace {

constexpr size_t kMaxRows = 1000;

std::string PathOf(absl::string_view path, absl::string_view name) {
  return path.empty() ? std::string(name) : absl::StrCat(path, ".", name);
}

}  // namespace

absl::Status BadMember(absl::string_view field, std::string detail, std::string did_you_mean) {
  return RequestFault(ErrorCode::kBadField, std::string(field), std::move(detail),
                      std::move(did_you_mean));
}

absl::Status WrongMemberType(absl::string_view field, absl::string_view expected,
                             const JsonValue& got) {
  return BadMember(
      field, absl::StrCat("'", field, "' must be ", expected, ", not ", JsonKindName(got.kind())));
}

absl::StatusOr<JsonValue> ParseBody(absl::string_view body, const JsonLimits& limits) {
  absl::StatusOr<JsonValue> root = ParseJson(body, limits);
  ApiError error;
  if (!root.ok()) {
    error.code =
        absl::IsResourceExhausted(root.status()) ? ErrorCode::kTooLarge : ErrorCode::kMalformed;
    error.detail = std::string(root.status().message());
    return error.ToStatus();
  }
  if (root->kind() != JsonKind::kObject) {
    error.code = ErrorCode::kMalformed;
    error.detail = "the body must be a JSON object";
    return error.ToStatus();
  }
  return root;
}

absl::Status CheckMembers(const JsonValue& object, absl::string_view path,
                          std::initializer_list<const char*> known) {
  for (const JsonMember& member : object.members()) {
    if (std::find(known.begin(), known.end(), member.name) != known.end()) continue;
    const std::vector<std::string> names(known.begin(), known.end());
    const std::string field = PathOf(path, member.name);
    return BadMember(field, absl::StrCat("unknown member '", field, "'"),
                     ClosestName(member.name, names));
  }
  return absl::OkStatus();
}

absl::Status ReadString(const JsonValue& object, const char* name, std::string* out,
                        absl::string_view path) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr) return absl::OkStatus();
  if (value->kind() != JsonKind::kString) {
    return WrongMemberType(PathOf(path, name), "a string", *value);
  }
  *out = std::string(value->string_value());
  return absl::OkStatus();
}

absl::Status ReadNonNegative(const JsonValue& object, const char* name, std::optional<int64_t>* out,
                             absl::string_view path) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr || value->is_null()) return absl::OkStatus();
  const std::string field = PathOf(path, name);
  if (value->kind() != JsonKind::kInt) return WrongMemberType(field, "an integer", *value);
  if (value->int_value() < 0) return BadMember(field, absl::StrCat("'", field, "' must be >= 0"));
  *out = value->int_value();
  return absl::OkStatus();
}

absl::Status ReadTime(const JsonValue& object, const char* name, std::optional<int64_t>* out) {
  // Year 9999; beyond it sums with windows could overflow.
  constexpr int64_t kLatestMs = 253'402'300'799'999;
  const JsonValue* value = object.Find(name);
  if (value == nullptr || value->is_null()) return absl::OkStatus();
  if (value->kind() == JsonKind::kInt) {
    *out = value->int_value();
  } else if (value->kind() == JsonKind::kString) {
    *out = ParseRfc3339(value->string_value());
    if (!*out) {
      constexpr size_t kShown = 40;
      return BadMember(
          name, absl::StrCat("'", name, "' cannot be '", value->string_value().substr(0, kShown),
                             "': it is milliseconds since the epoch, or RFC 3339 such as "
                             "2013-01-01T10:00:00Z"));
    }
  } else {
    return WrongMemberType(name, "milliseconds since the epoch or an RFC 3339 string", *value);
  }
  if (**out > kLatestMs || **out < -kLatestMs) {
    return BadMember(name, absl::StrCat("'", name, "' is out of range"));
  }
  return absl::OkStatus();
}

// The array member, or an empty span when it is absent.
absl::StatusOr<std::span<const JsonValue>> ReadArray(const JsonValue& object, const char* name) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr) return std::span<const JsonValue>();
  if (value->kind() != JsonKind::kArray) return WrongMemberType(name, "an array", *value);
  if (value->items().size() > kMaxRows) {
    return BadMember(name, absl::StrCat("'", name, "' has ", value->items().size(),
                                        " items, at most ", kMaxRows));
  }
  return value->items();
}

absl::Status ReadBool(const JsonValue& object, const char* name, bool* out) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr) return absl::OkStatus();
  if (value->kind() != JsonKind::kBool) return WrongMemberType(name, "a boolean", *value);
  *out = value->bool_value();
  return absl::OkStatus();
}

std::optional<OwnedValue> ScalarOf(const JsonValue& value) {
  switch (value.kind()) {
    case JsonKind::kNull: return OwnedValue();
    case JsonKind::kBool: return OwnedValue(Value::Bool(value.bool_value()));
    case JsonKind::kInt: return OwnedValue(Value::Int(value.int_value()));
    case JsonKind::kDouble: return OwnedValue(Value::Double(value.double_value()));
    case JsonKind::kString: return OwnedValue(Value::String(value.string_value()));
    default: return std::nullopt;
  }
}

}  // namespace millrace
