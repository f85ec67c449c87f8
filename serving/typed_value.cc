#include "serving/typed_value.h"

#include <cmath>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/collection.h"
#include "core/type_words.h"
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

std::optional<OwnedValue> FitScalar(const Value& value, Type type) {
  if (value.is_null()) return OwnedValue();
  if (value.type() == Type::kDouble && !std::isfinite(value.double_value())) return std::nullopt;
  if (value.type() == type) return OwnedValue(value);
  return Fit(value, type);
}

std::optional<OwnedValue> FitList(const Value& list, Type element) {
  ListBuilder fitted;
  bool fits = true;
  ForEachItem(list, [&](const Value& item) {
    const std::optional<OwnedValue> typed = FitScalar(item, element);
    fits = fits && typed.has_value();
    if (fits) fitted.Add(typed->view());
  });
  if (!fits) return std::nullopt;
  return OwnedValue(fitted.value());
}

std::optional<OwnedValue> FitMap(const Value& map, Type element) {
  MapBuilder fitted;
  bool fits = true;
  ForEachEntry(map, [&](absl::string_view key, const Value& item) {
    const std::optional<OwnedValue> typed = FitScalar(item, element);
    fits = fits && typed.has_value();
    if (fits) fitted.Add(key, typed->view());
  });
  if (!fits) return std::nullopt;
  return OwnedValue(fitted.Finish());
}

// Of a list of numbers, or of another vector.
std::optional<OwnedValue> FitVector(const Value& items, int32_t dim) {
  std::vector<double> components;
  bool fits = true;
  ForEachItem(items, [&](const Value& item) {
    const std::optional<OwnedValue> typed = FitScalar(item, Type::kDouble);
    fits = fits && typed.has_value() && !typed->is_null();
    if (fits) components.push_back(typed->view().double_value());
  });
  if (!fits || components.size() != static_cast<size_t>(dim)) return std::nullopt;
  std::string bytes;
  return OwnedValue(MakeVector(components, &bytes));
}

}  // namespace

std::optional<OwnedValue> FitValue(const Value& value, const ValueType& type) {
  if (!IsCollection(type.type) || value.is_null()) return FitScalar(value, type.type);
  const bool sequence = value.type() == Type::kList || value.type() == Type::kVector;
  if (type == Type::kVector) return sequence ? FitVector(value, type.dim) : std::nullopt;
  if (value.type() != type.type) return std::nullopt;
  return type == Type::kList ? FitList(value, type.element) : FitMap(value, type.element);
}

std::string Misfit(const Value& value, const ValueType& type) {
  const bool alike = IsCollection(type.type) && IsCollection(value.type());
  return alike ? absl::StrCat("is ", AValueType(type), ", and this ", TypeName(value.type()),
                              " does not fit")
               : absl::StrCat("is ", AValueType(type), ", not ", AValueType(value.type()));
}

}  // namespace millrace
