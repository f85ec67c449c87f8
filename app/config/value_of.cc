#include "app/config/value_of.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "app/config/check.h"
#include "app/config/durations.h"
#include "core/collection.h"

namespace millrace {
namespace {

std::optional<OwnedValue> ScalarOf(const ConfigNode& scalar, Type type) {
  int64_t integer = 0;
  double real = 0;
  absl::Time time;
  std::string error;
  switch (type) {
    case Type::kBool:
      if (IsBool(scalar)) return OwnedValue(Value::Bool(scalar.text == "true"));
      return std::nullopt;
    case Type::kInt:
      if (IsInt(scalar) && absl::SimpleAtoi(scalar.text, &integer)) {
        return OwnedValue(Value::Int(integer));
      }
      return std::nullopt;
    case Type::kDouble:
      if (IsNumber(scalar) && absl::SimpleAtod(scalar.text, &real)) {
        return OwnedValue(Value::Double(real));
      }
      return std::nullopt;
    case Type::kString:
      if (IsNumber(scalar) || IsBool(scalar)) return std::nullopt;
      return OwnedValue(Value::String(scalar.text));
    case Type::kTimestamp:
      if (!absl::ParseTime(absl::RFC3339_full, scalar.text, &time, &error)) return std::nullopt;
      return OwnedValue(Value::Timestamp(absl::ToUnixMillis(time)));
    case Type::kDuration:
      if (const std::optional<int64_t> ms = ParseDuration(scalar.text)) {
        return OwnedValue(Value::Duration(*ms));
      }
      return std::nullopt;
    default: return std::nullopt;
  }
}

bool FitsInside(const ConfigNode& node, const ValueType& type) {
  if (node.kind == ConfigNode::Kind::kNull) return type != Type::kVector;
  return node.is_scalar() && ScalarOf(node, ElementOf(type)).has_value();
}

OwnedValue ItemOf(const ConfigNode& node, const ValueType& type) {
  if (node.kind == ConfigNode::Kind::kNull) return OwnedValue();
  return *ScalarOf(node, ElementOf(type));
}

OwnedValue ListOf(const ConfigNode& node, const ValueType& type) {
  ListBuilder list;
  for (const ConfigNode& item : node.items) list.Add(ItemOf(item, type).view());
  return OwnedValue(list.value());
}

OwnedValue MapOf(const ConfigNode& node, const ValueType& type) {
  MapBuilder map;
  for (const ConfigMember& entry : node.members) {
    map.Add(entry.key.text, ItemOf(entry.value, type).view());
  }
  return OwnedValue(map.Finish());
}

OwnedValue VectorOf(const ConfigNode& node, const ValueType& type) {
  std::vector<double> components;
  for (const ConfigNode& item : node.items) {
    components.push_back(ItemOf(item, type).view().double_value());
  }
  std::string bytes;
  return OwnedValue(MakeVector(components, &bytes));
}

}  // namespace

Type ElementOf(const ValueType& collection) {
  return collection == Type::kVector ? Type::kDouble : collection.element;
}

std::optional<OwnedValue> ValueOf(const ConfigNode& node, const ValueType& type) {
  if (!IsCollection(type.type)) {
    return node.is_scalar() ? ScalarOf(node, type.type) : std::nullopt;
  }
  if (FindMisfit(node, type) != nullptr) return std::nullopt;
  if (type == Type::kMap) return MapOf(node, type);
  return type == Type::kVector ? VectorOf(node, type) : ListOf(node, type);
}

const ConfigNode* FindMisfit(const ConfigNode& node, const ValueType& type) {
  if (type == Type::kMap ? !node.is_map() : !node.is_list()) return &node;
  for (const ConfigNode& item : node.items) {
    if (!FitsInside(item, type)) return &item;
  }
  for (const ConfigMember& entry : node.members) {
    if (!FitsInside(entry.value, type)) return &entry.value;
  }
  const bool sized = type != Type::kVector || node.items.size() == static_cast<size_t>(type.dim);
  return sized ? nullptr : &node;
}

OwnedValue ValueOf(const ConfigNode& scalar) {
  if (!scalar.quoted) {
    for (Type type : {Type::kBool, Type::kInt, Type::kDouble, Type::kDuration}) {
      if (const std::optional<OwnedValue> value = ScalarOf(scalar, type)) return *value;
    }
  }
  return OwnedValue(Value::String(scalar.text));
}

}  // namespace millrace
