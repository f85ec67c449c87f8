#include "app/workers/inputs_codec.h"

#include <string>

#include "core/collection.h"

namespace millrace {

void EncodeInputs(std::span<const Value> values, std::span<const FeatureStatus> statuses,
                  v1::Inputs* out) {
  std::string& types = *out->mutable_types();
  std::string& codes = *out->mutable_statuses();
  for (size_t i = 0; i < values.size(); ++i) {
    const Value& value = values[i];
    types.push_back(static_cast<char>(value.type()));
    codes.push_back(static_cast<char>(statuses[i]));
    switch (value.type()) {
      case Type::kNull: break;
      case Type::kDouble: out->add_doubles(value.double_value()); break;
      case Type::kString:
      case Type::kBytes:
      case Type::kList:
      case Type::kMap:
      case Type::kVector:
        out->add_strings(value.string_value().data(), value.string_value().size());
        break;
      case Type::kBool:
      case Type::kInt:
      case Type::kTimestamp:
      case Type::kDuration: out->add_ints(value.int_value()); break;
    }
  }
}

bool DecodeInputs(const v1::Inputs& in, std::vector<Value>* values) {
  int ints = 0, doubles = 0, strings = 0;
  values->clear();
  for (const char code : in.types()) {
    const auto type = static_cast<Type>(code);
    switch (type) {
      case Type::kNull: values->push_back(Value::Null()); break;
      case Type::kDouble:
        if (doubles == in.doubles_size()) return false;
        values->push_back(Value::Double(in.doubles(doubles++)));
        break;
      case Type::kString:
      case Type::kBytes:
      case Type::kList:
      case Type::kMap:
      case Type::kVector: {
        if (strings == in.strings_size()) return false;
        const std::string& bytes = in.strings(strings++);
        values->push_back(Value::OfBytes(type, bytes));
        if (IsCollection(type) && !IsWellFormed(values->back())) return false;
        break;
      }
      case Type::kBool:
      case Type::kInt:
      case Type::kTimestamp:
      case Type::kDuration: {
        if (ints == in.ints_size()) return false;
        const int64_t v = in.ints(ints++);
        values->push_back(type == Type::kBool        ? Value::Bool(v != 0)
                          : type == Type::kInt       ? Value::Int(v)
                          : type == Type::kTimestamp ? Value::Timestamp(v)
                                                     : Value::Duration(v));
        break;
      }
      default: return false;
    }
  }
  return ints == in.ints_size() && doubles == in.doubles_size() && strings == in.strings_size();
}

}  // namespace millrace
