// Value: one typed field of a record, an input of a learner or the answer of a feature.
//
// A Value is 16 bytes and trivially copyable. Strings, bytes and collections are views: whoever
// made the Value keeps their bytes alive (a record's buffer, a row's arena). OwnedValue owns its
// bytes.

#ifndef MILLRACE_CORE_VALUE_H_
#define MILLRACE_CORE_VALUE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// The numbers are stored on disk: append only.
enum class Type : uint8_t {
  kNull = 0,
  kBool = 1,
  kInt = 2,     // int64
  kDouble = 3,  // IEEE 754 binary64
  kString = 4,  // UTF-8
  kBytes = 5,
  kTimestamp = 6,  // int64 milliseconds since the epoch, UTC
  kDuration = 7,   // int64 milliseconds
  // Bytes in the form of core/collection.h.
  kList = 8,
  kMap = 9,      // from strings
  kVector = 10,  // of doubles
};

constexpr bool IsCollection(Type type) { return type >= Type::kList && type <= Type::kVector; }
// Whether a Value of the type is a view of bytes.
constexpr bool HasBytes(Type type) {
  return type == Type::kString || type == Type::kBytes || IsCollection(type);
}

// The word of the configuration: "bool", "int", "double", "string", "bytes", "timestamp", …
absl::string_view TypeName(Type type);

// A type with what it is made of.
struct ValueType {
  Type type = Type::kNull;
  Type element = Type::kNull;  // of a list's items or a map's values; never a collection
  int32_t dim = 0;             // of a vector

  constexpr ValueType() = default;
  constexpr ValueType(Type type) : type(type) {}  // NOLINT: a type is one without a detail
  constexpr ValueType(Type type, Type element, int32_t dim = 0)
      : type(type), element(element), dim(dim) {}
  friend bool operator==(const ValueType&, const ValueType&) = default;
  // Whether it is of that type, whatever it is made of.
  friend bool operator==(const ValueType& a, Type b) { return a.type == b; }
};
// "int", "list<int>", "map<double>", "vector<8>"; and back, nullopt for another word.
std::string ValueTypeName(const ValueType& type);
std::optional<ValueType> ParseValueType(absl::string_view text);

class Value {
 public:
  constexpr Value() : int_(0), size_(0), type_(Type::kNull) {}
  static constexpr Value Null() { return Value(); }
  static constexpr Value Bool(bool v) { return Value(Type::kBool, static_cast<int64_t>(v)); }
  static constexpr Value Int(int64_t v) { return Value(Type::kInt, v); }
  static constexpr Value Timestamp(int64_t epoch_ms) { return Value(Type::kTimestamp, epoch_ms); }
  static constexpr Value Duration(int64_t ms) { return Value(Type::kDuration, ms); }
  static constexpr Value Double(double v) {
    Value value;
    value.double_ = v;
    value.type_ = Type::kDouble;
    return value;
  }
  static Value String(absl::string_view v) { return Value(Type::kString, v); }
  static Value Bytes(absl::string_view v) { return Value(Type::kBytes, v); }
  // Of kString, kBytes or a collection, whose bytes core/collection.h makes.
  static Value OfBytes(Type type, absl::string_view v) { return Value(type, v); }

  Type type() const { return type_; }
  bool is_null() const { return type_ == Type::kNull; }

  // REQUIRES: the matching type().
  bool bool_value() const { return int_ != 0; }
  // Also of kTimestamp and kDuration, in milliseconds.
  int64_t int_value() const { return int_; }
  double double_value() const { return double_; }
  // Of types that have bytes; valid as long as the bytes it was made from.
  absl::string_view string_value() const { return {data_, size_}; }

  // Equal type and equal content; doubles by bits, so NaN equals itself and -0.0 differs from 0.0.
  friend bool operator==(const Value& a, const Value& b);

 private:
  constexpr Value(Type type, int64_t v) : int_(v), size_(0), type_(type) {}
  Value(Type type, absl::string_view v)
      : data_(v.data()), size_(static_cast<uint32_t>(v.size())), type_(type) {}

  union {
    int64_t int_;  // bool, int, timestamp, duration
    double double_;
    const char* data_;
  };
  uint32_t size_;
  Type type_;
};
static_assert(sizeof(Value) == 16);

// A Value with its own bytes.
class OwnedValue {
 public:
  OwnedValue() = default;
  explicit OwnedValue(const Value& value) { Assign(value); }

  void Assign(const Value& value);
  // The view is valid until this object is assigned, moved or destroyed.
  Value view() const;
  bool is_null() const { return value_.is_null(); }

  friend bool operator==(const OwnedValue& a, const OwnedValue& b) { return a.view() == b.view(); }

 private:
  Value value_;  // of types that have bytes only the type
  std::string bytes_;
};

// "null", "true", "12", "1.5" (see core/double_text.h), "JFK" (no quotes), timestamps as RFC 3339
// UTC, durations as "90s", or "1500ms" where seconds do not do, lists and vectors as "[1, 2]", maps
// as "{a: 1}".
std::string ToString(const Value& value);

}  // namespace millrace

#endif  // MILLRACE_CORE_VALUE_H_
