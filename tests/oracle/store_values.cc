#include "tests/oracle/store_values.h"

#include <string>
#include <utility>

#include "core/collection.h"

namespace millrace::oracle {

OwnedValue ToValue(const Datum& datum, const ValueType& type) {
  if (const bool* v = datum.As<bool>()) return OwnedValue(Value::Bool(*v));
  if (const int64_t* v = datum.As<int64_t>()) {
    if (type == Type::kDouble) return OwnedValue(Value::Double(static_cast<double>(*v)));
    if (type == Type::kTimestamp) return OwnedValue(Value::Timestamp(*v));
    if (type == Type::kDuration) return OwnedValue(Value::Duration(*v));
    return OwnedValue(Value::Int(*v));
  }
  if (const double* v = datum.As<double>()) return OwnedValue(Value::Double(*v));
  if (const std::string* v = datum.As<std::string>()) {
    return OwnedValue(type == Type::kBytes ? Value::Bytes(*v) : Value::String(*v));
  }
  if (const DatumList* v = datum.As<DatumList>()) {
    ListBuilder list;
    for (const Datum& item : *v) list.Add(ToValue(item, type.element).view());
    return OwnedValue(list.value());
  }
  if (const DatumMap* v = datum.As<DatumMap>()) {
    MapBuilder map;
    for (const auto& [key, item] : *v) map.Add(key, ToValue(item, type.element).view());
    return OwnedValue(map.Finish());
  }
  if (const DatumVector* v = datum.As<DatumVector>()) {
    std::string bytes;
    return OwnedValue(MakeVector(*v, &bytes));
  }
  return OwnedValue();
}

Datum ToDatum(const Value& value) {
  switch (value.type()) {
    case Type::kNull: return Datum();
    case Type::kBool: return Datum(value.bool_value());
    case Type::kInt:
    case Type::kTimestamp:
    case Type::kDuration: return Datum(value.int_value());
    case Type::kDouble: return Datum(value.double_value());
    case Type::kString:
    case Type::kBytes: return Datum(std::string(value.string_value()));
    case Type::kList: {
      DatumList list;
      ForEachItem(value, [&list](const Value& item) { list.push_back(ToDatum(item)); });
      return Datum(std::move(list));
    }
    case Type::kMap: {
      DatumMap map;
      ForEachEntry(value, [&map](absl::string_view key, const Value& item) {
        map[std::string(key)] = ToDatum(item);
      });
      return Datum(std::move(map));
    }
    case Type::kVector: {
      DatumVector vector;
      ForEachItem(value, [&vector](const Value& item) { vector.push_back(item.double_value()); });
      return Datum(std::move(vector));
    }
  }
  return Datum();
}

Status ToStatus(FeatureStatus status) {
  switch (status) {
    case FeatureStatus::kNull: return Status::kNull;
    case FeatureStatus::kMissing: return Status::kMissing;
    case FeatureStatus::kExpired: return Status::kExpired;
    case FeatureStatus::kTruncated: return Status::kTruncated;
    case FeatureStatus::kOverflow: return Status::kOverflow;
    default: return Status::kPresent;
  }
}

Row RowOf(const Schema& schema, const DatumMap& fields) {
  Row row;
  for (const Field& field : schema.fields) {
    const auto found = fields.find(field.name);
    row.owned.push_back(found == fields.end() ? OwnedValue() : ToValue(found->second, field.type));
  }
  for (const OwnedValue& value : row.owned) row.views.push_back(value.view());
  return row;
}

}  // namespace millrace::oracle
