#include "tests/stream/expr/conformance/value_text.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/collection.h"

namespace millrace {
namespace {

std::string Unescape(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x') {
      out.push_back(static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16)));
      i += 3;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::optional<TypedValue> Integer(absl::string_view text, Value (*make)(int64_t)) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) return std::nullopt;
  const Value value = make(number);
  return TypedValue{value.type(), OwnedValue(value)};
}

std::optional<TypedValue> Collection(Type type, absl::string_view items) {
  ListBuilder list;
  MapBuilder map;
  Type element = Type::kNull;
  for (absl::string_view item : absl::StrSplit(items, ", ", absl::SkipEmpty())) {
    std::string key;
    if (type == Type::kMap) {
      const std::pair<absl::string_view, absl::string_view> entry =
          absl::StrSplit(item, absl::MaxSplits(": ", 1));
      key = Unescape(entry.first);
      item = entry.second;
    }
    const std::optional<TypedValue> value = ReadValueText(item);
    if (!value.has_value()) return std::nullopt;
    if (value->type != Type::kNull) element = value->type.type;
    if (type == Type::kMap) {
      map.Add(key, value->value.view());
    } else {
      list.Add(value->value.view());
    }
  }
  const Value value = type == Type::kMap ? map.Finish() : list.value();
  return TypedValue{{type, element}, OwnedValue(value)};
}

}  // namespace

std::optional<TypedValue> ReadValueText(absl::string_view text) {
  if (text == "null") return TypedValue{};
  if (absl::ConsumePrefix(&text, "bool ")) {
    return TypedValue{Type::kBool, OwnedValue(Value::Bool(text == "true"))};
  }
  if (absl::ConsumePrefix(&text, "int ")) return Integer(text, Value::Int);
  if (absl::ConsumePrefix(&text, "timestamp ")) return Integer(text, Value::Timestamp);
  if (absl::ConsumePrefix(&text, "duration ")) return Integer(text, Value::Duration);
  if (absl::ConsumePrefix(&text, "double ")) {
    const double number = std::strtod(std::string(text).c_str(), nullptr);
    return TypedValue{Type::kDouble, OwnedValue(Value::Double(number))};
  }
  if (absl::ConsumePrefix(&text, "string ")) {
    return TypedValue{Type::kString, OwnedValue(Value::String(Unescape(text)))};
  }
  if (absl::ConsumePrefix(&text, "bytes ")) {
    return TypedValue{Type::kBytes, OwnedValue(Value::Bytes(Unescape(text)))};
  }
  for (const auto& [prefix, suffix, type] :
       {std::tuple("list [", "]", Type::kList), std::tuple("map {", "}", Type::kMap)}) {
    if (absl::ConsumePrefix(&text, prefix) && absl::ConsumeSuffix(&text, suffix)) {
      return Collection(type, text);
    }
  }
  return std::nullopt;
}

}  // namespace millrace
