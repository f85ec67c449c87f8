// JsonValue: a small immutable JSON tree (RFC 8259), for requests and other documents that are read
// whole. Bounded and strict: what is not UTF-8, has duplicate names, is too deep, too wide or too
// large is refused with the place of the fault. Thread-compatible; owns its bytes.

#ifndef MILLRACE_STREAM_DECODE_JSON_DOCUMENT_H_
#define MILLRACE_STREAM_DECODE_JSON_DOCUMENT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

struct JsonMember;

enum class JsonKind : uint8_t { kNull, kBool, kInt, kDouble, kString, kArray, kObject };
// "null", "boolean", "integer", "number", "string", "array", "object".
absl::string_view JsonKindName(JsonKind kind);

class JsonValue {
 public:
  using Array = std::vector<JsonValue>;
  using Object = std::vector<JsonMember>;

  JsonValue();
  explicit JsonValue(bool v);
  explicit JsonValue(int64_t v);
  explicit JsonValue(double v);
  explicit JsonValue(std::string v);
  explicit JsonValue(Array v);
  explicit JsonValue(Object v);
  JsonValue(JsonValue&&) noexcept;
  JsonValue& operator=(JsonValue&&) noexcept;
  JsonValue(const JsonValue&) = delete;
  JsonValue& operator=(const JsonValue&) = delete;
  ~JsonValue();

  JsonKind kind() const { return static_cast<JsonKind>(value_.index()); }
  bool is_null() const { return kind() == JsonKind::kNull; }

  // REQUIRES: the matching kind().
  bool bool_value() const { return std::get<bool>(value_); }
  int64_t int_value() const { return std::get<int64_t>(value_); }
  double double_value() const { return std::get<double>(value_); }
  absl::string_view string_value() const { return std::get<std::string>(value_); }
  std::span<const JsonValue> items() const;
  std::span<const JsonMember> members() const;

  // The member of an object, or null when there is none or this is no object.
  const JsonValue* Find(absl::string_view name) const;

 private:
  // In the order of JsonKind.
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> value_;
};

struct JsonMember {
  std::string name;
  JsonValue value;
};

// What becomes of integers that do not fit int64.
enum class BigIntegers : uint8_t { kRefuse, kNearestDouble };

struct JsonLimits {
  size_t max_bytes = 1 << 20;
  int max_depth = 32;           // an object in an object has depth 2
  int max_members = 1024;       // of one object
  size_t max_values = 100'000;  // of the whole document: bounds its memory to about 10 MB
  BigIntegers big_integers = BigIntegers::kRefuse;
};

// Parses one object or array. Numbers without fraction and exponent are integers and must fit
// int64, unless big_integers says otherwise; the others are doubles and must be finite. Never
// crashes on any input. Errors: InvalidArgument, one sentence with the byte offset and, within
// objects, the path
// ("byte 17: $.keys[0].origin: …"); ResourceExhausted when larger than max_bytes.
absl::StatusOr<JsonValue> ParseJson(absl::string_view text, const JsonLimits& limits = {});

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_JSON_DOCUMENT_H_
