#include "app/config/value_of.h"

#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "app/config/check.h"
#include "app/config/durations.h"

namespace millrace {

std::optional<OwnedValue> ValueOf(const ConfigNode& scalar, Type type) {
  int64_t integer = 0;
  double real = 0;
  absl::Time time;
  std::string error;
  switch (type) {
    case Type::kBool:
      if (IsBool(scalar)) return OwnedValue(Value::Bool(scalar.text == "true"));
      return std::nullopt;
    case Type::kInt:
      if (IsInt(scalar) && absl::SimpleAtoi(scalar.text, &integer))
        return OwnedValue(Value::Int(integer));
      return std::nullopt;
    case Type::kDouble:
      if (IsNumber(scalar) && absl::SimpleAtod(scalar.text, &real))
        return OwnedValue(Value::Double(real));
      return std::nullopt;
    case Type::kString:
      if (IsNumber(scalar) || IsBool(scalar)) return std::nullopt;
      return OwnedValue(Value::String(scalar.text));
    case Type::kTimestamp:
      if (!absl::ParseTime(absl::RFC3339_full, scalar.text, &time, &error)) return std::nullopt;
      return OwnedValue(Value::Timestamp(absl::ToUnixMillis(time)));
    case Type::kDuration:
      if (const std::optional<int64_t> ms = ParseDuration(scalar.text))
        return OwnedValue(Value::Duration(*ms));
      return std::nullopt;
    default: return std::nullopt;
  }
}

OwnedValue ValueOf(const ConfigNode& scalar) {
  if (!scalar.quoted) {
    for (Type type : {Type::kBool, Type::kInt, Type::kDouble, Type::kDuration}) {
      if (const std::optional<OwnedValue> value = ValueOf(scalar, type)) return *value;
    }
  }
  return OwnedValue(Value::String(scalar.text));
}

}  // namespace millrace
