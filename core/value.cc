#include "core/value.h"

#include <bit>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "core/collection.h"
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
    case Type::kList: return "list";
    case Type::kMap: return "map";
    case Type::kVector: return "vector";
  }
  return "unknown";
}

std::string ValueTypeName(const ValueType& type) {
  const std::string name(TypeName(type.type));
  if (type.type == Type::kVector) return absl::StrCat(name, "<", type.dim, ">");
  if (type.type == Type::kList || type.type == Type::kMap) {
    return absl::StrCat(name, "<", TypeName(type.element), ">");
  }
  return name;
}

std::optional<ValueType> ParseValueType(absl::string_view text) {
  constexpr Type kScalars[] = {Type::kBool,  Type::kInt,       Type::kDouble,  Type::kString,
                               Type::kBytes, Type::kTimestamp, Type::kDuration};
  const auto scalar = [&](absl::string_view word) -> std::optional<Type> {
    for (const Type type : kScalars) {
      if (word == TypeName(type)) return type;
    }
    return std::nullopt;
  };
  if (const auto type = scalar(text)) return ValueType(*type);
  absl::string_view inside = text;
  if (!absl::ConsumeSuffix(&inside, ">")) return std::nullopt;
  if (absl::ConsumePrefix(&inside, "vector<")) {
    int32_t dim = 0;
    if (!absl::SimpleAtoi(inside, &dim) || dim < 1) return std::nullopt;
    return ValueType(Type::kVector, Type::kDouble, dim);
  }
  const Type type = absl::ConsumePrefix(&inside, "list<")  ? Type::kList
                    : absl::ConsumePrefix(&inside, "map<") ? Type::kMap
                                                           : Type::kNull;
  const auto element = scalar(inside);
  if (type == Type::kNull || !element) return std::nullopt;
  return ValueType(type, *element);
}

bool operator==(const Value& a, const Value& b) {
  if (a.type_ != b.type_) return false;
  switch (a.type_) {
    case Type::kNull: return true;
    case Type::kString:
    case Type::kBytes:
    case Type::kList:
    case Type::kMap:
    case Type::kVector: return a.string_value() == b.string_value();
    case Type::kDouble:
      return std::bit_cast<uint64_t>(a.double_) == std::bit_cast<uint64_t>(b.double_);
    default: return a.int_ == b.int_;
  }
}

void OwnedValue::Assign(const Value& value) {
  if (HasBytes(value.type())) {
    bytes_.assign(value.string_value().data(), value.string_value().size());
    value_ = Value::OfBytes(value.type(), {});
  } else {
    bytes_.clear();
    value_ = value;
  }
}

Value OwnedValue::view() const {
  return HasBytes(value_.type()) ? Value::OfBytes(value_.type(), bytes_) : value_;
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
    case Type::kList:
    case Type::kVector: {
      std::string out = "[";
      ForEachItem(value, [&out](const Value& item) {
        absl::StrAppend(&out, out.size() > 1 ? ", " : "", ToString(item));
      });
      return out + "]";
    }
    case Type::kMap: {
      std::string out = "{";
      ForEachEntry(value, [&out](absl::string_view key, const Value& item) {
        absl::StrAppend(&out, out.size() > 1 ? ", " : "", key, ": ", ToString(item));
      });
      return out + "}";
    }
  }
  return "";
}

}  // namespace millrace
