#include "serving/typed_value.h"

#include <cmath>

#include "absl/strings/escaping.h"
#include "stream/expr/time_text.h"

namespace millrace {
namespace {

// 2^53: up to here every integer has its own double.
constexpr int64_t kExactInDouble = int64_t{1} << 53;

std::optional<int64_t> IntegerOf(const Value& value) {
  if (value.type() == Type::kInt) return value.int_value();
  if (value.type() != Type::kDouble) return std::nullopt;
  const double v = value.double_value();
  if (!(std::abs(v) <= static_cast<double>(kExactInDouble)) || v != std::floor(v)) {
    return std::nullopt;
  }
  return static_cast<int64_t>(v);
}

std::optional<OwnedValue> Fit(const Value& value, Type type) {
  switch (type) {
    case Type::kInt:
      if (const auto i = IntegerOf(value)) return OwnedValue(Value::Int(*i));
      return std::nullopt;
    case Type::kDouble: {
      if (value.type() != Type::kInt) return std::nullopt;
      const int64_t i = value.int_value();
      if (i > kExactInDouble || i < -kExactInDouble) return std::nullopt;
      return OwnedValue(Value::Double(static_cast<double>(i)));
    }
    case Type::kTimestamp:
      if (const auto i = IntegerOf(value)) return OwnedValue(Value::Timestamp(*i));
      if (value.type() == Type::kString) {
        if (const auto ms = ParseRfc3339(value.string_value())) {
          return OwnedValue(Value::Timestamp(*ms));
        }
      }
      return std::nullopt;
    case Type::kDuration:
      if (const auto i = IntegerOf(value)) return OwnedValue(Value::Duration(*i));
      if (value.type() == Type::kString) {
        if (const auto ms = ParseDurationText(value.string_value())) {
          return OwnedValue(Value::Duration(*ms));
        }
      }
      return std::nullopt;
    case Type::kBytes: {
      std::string bytes;
      if (value.type() == Type::kString && absl::Base64Unescape(value.string_value(), &bytes)) {
        return OwnedValue(Value::Bytes(bytes));
      }
      return std::nullopt;
    }
    default: return std::nullopt;
  }
}

}  // namespace

std::optional<OwnedValue> FitValue(const Value& value, Type type) {
  if (value.is_null()) return OwnedValue();
  if (value.type() == Type::kDouble && !std::isfinite(value.double_value())) return std::nullopt;
  if (value.type() == type) return OwnedValue(value);
  return Fit(value, type);
}

}  // namespace millrace
