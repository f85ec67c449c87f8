#include "core/value_coding.h"

#include "core/coding.h"
#include "core/collection.h"

namespace millrace {

void PutValue(std::string* out, const Value& value) {
  out->push_back(static_cast<char>(value.type()));
  switch (value.type()) {
    case Type::kNull: return;
    case Type::kDouble: return PutDouble(out, value.double_value());
    case Type::kString:
    case Type::kBytes:
    case Type::kList:
    case Type::kMap:
    case Type::kVector: return PutLengthPrefixed(out, value.string_value());
    case Type::kBool:
    case Type::kInt:
    case Type::kTimestamp:
    case Type::kDuration: return PutSignedVarint(out, value.int_value());
  }
}

bool GetValueView(absl::string_view* in, Value* value) {
  if (in->empty()) return false;
  const auto type = static_cast<Type>(in->front());
  in->remove_prefix(1);
  int64_t integer = 0;
  double number = 0;
  absl::string_view bytes;
  switch (type) {
    case Type::kNull: *value = Value::Null(); return true;
    case Type::kDouble:
      if (!GetDouble(in, &number)) return false;
      *value = Value::Double(number);
      return true;
    case Type::kString:
    case Type::kBytes:
      if (!GetLengthPrefixed(in, &bytes)) return false;
      *value = Value::OfBytes(type, bytes);
      return true;
    case Type::kList:
    case Type::kMap:
    case Type::kVector:
      if (!GetLengthPrefixed(in, &bytes)) return false;
      *value = Value::OfBytes(type, bytes);
      return IsWellFormed(*value);
    case Type::kBool:
    case Type::kInt:
    case Type::kTimestamp:
    case Type::kDuration:
      if (!GetSignedVarint(in, &integer)) return false;
      if (type == Type::kBool) *value = Value::Bool(integer != 0);
      if (type == Type::kInt) *value = Value::Int(integer);
      if (type == Type::kTimestamp) *value = Value::Timestamp(integer);
      if (type == Type::kDuration) *value = Value::Duration(integer);
      return true;
  }
  return false;
}

bool GetValue(absl::string_view* in, OwnedValue* value) {
  Value view;
  if (!GetValueView(in, &view)) return false;
  value->Assign(view);
  return true;
}

}  // namespace millrace
