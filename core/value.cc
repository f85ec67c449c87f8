#include "core/value.h"

#include <bit>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/double_text.h"

namespace millrace {

absl::string_view TypeName(Type type) {
  switch (type) {
    case Type::kNull: return "null";
    case Type::kBool: return "bool";
    case Type::kInt: return "int";
    case Type::kDouble: return "double";
    case Type::kString: return "string";
    case Type::kBytes: return "bytes";
    case Type::kTimestamp: return "timestamp";
    case Type::kDuration: return "duration";
  }
  return "unknown";
}

bool operator==(const Value& a, const Value& b) {
  if (a.type_ != b.type_) return false;
  switch (a.type_) {
    case Type::kNull: return true;
    case Type::kString:
    case Type::kBytes: return a.string_value() == b.string_value();
    case Type::kDouble:
      return std::bit_cast<uint64_t>(a.double_) == std::bit_cast<uint64_t>(b.double_);
    default: return a.int_ == b.int_;
  }
}

void OwnedValue::Assign(const Value& value) {
  if (value.type() == Type::kString || value.type() == Type::kBytes) {
    bytes_.assign(value.string_value().data(), value.string_value().size());
    value_ = value.type() == Type::kString ? Value::String({}) : Value::Bytes({});
  } else {
    bytes_.clear();
    value_ = value;
  }
}

Value OwnedValue::view() const {
  if (value_.type() == Type::kString) return Value::String(bytes_);
  if (value_.type() == Type::kBytes) return Value::Bytes(bytes_);
  return value_;
}

std::string ToString(const Value& value) {
  switch (value.type()) {
    case Type::kNull: return "null";
    case Type::kBool: return value.bool_value() ? "true" : "false";
    case Type::kInt: return absl::StrCat(value.int_value());
    case Type::kDouble: return DoubleText(value.double_value());
    case Type::kString:
    case Type::kBytes: return std::string(value.string_value());
    case Type::kTimestamp:
      return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixMillis(value.int_value()),
                              absl::UTCTimeZone());
    case Type::kDuration:
      return value.int_value() % 1000 == 0 ? absl::StrCat(value.int_value() / 1000, "s")
                                           : absl::StrCat(value.int_value(), "ms");
  }
  return "";
}

}  // namespace millrace
