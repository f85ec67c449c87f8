#include "featurestore/entity_key.h"

#include <charconv>

#include "core/coding.h"
#include "core/hashing.h"

namespace millrace {

void AppendKeyField(const Value& value, std::string* key) {
  key->push_back(static_cast<char>(value.type()));
  switch (value.type()) {
    case Type::kString:
    case Type::kBytes: PutLengthPrefixed(key, value.string_value()); return;
    case Type::kBool:
      key->push_back(1);
      key->push_back(value.bool_value() ? 1 : 0);
      return;
    case Type::kDouble:
      key->push_back(8);
      PutDouble(key, value.double_value() == 0 ? 0.0 : value.double_value());
      return;
    default: key->push_back(8); PutOrdered64(key, value.int_value());
  }
}

bool TakeKeyField(absl::string_view* in, Value* value) {
  if (in->empty()) return false;
  const auto type = static_cast<Type>(in->front());
  in->remove_prefix(1);
  absl::string_view bytes;
  if (!GetLengthPrefixed(in, &bytes)) return false;
  int64_t integer = 0;
  double number = 0;
  switch (type) {
    case Type::kString: *value = Value::String(bytes); return true;
    case Type::kBytes: *value = Value::Bytes(bytes); return true;
    case Type::kBool:
      if (bytes.size() != 1) return false;
      *value = Value::Bool(bytes[0] != 0);
      return true;
    case Type::kDouble:
      if (bytes.size() != 8 || !GetDouble(&bytes, &number)) return false;
      *value = Value::Double(number);
      return true;
    case Type::kInt:
    case Type::kTimestamp:
    case Type::kDuration:
      if (bytes.size() != 8 || !GetOrdered64(&bytes, &integer)) return false;
      *value = type == Type::kInt         ? Value::Int(integer)
               : type == Type::kTimestamp ? Value::Timestamp(integer)
                                          : Value::Duration(integer);
      return true;
    default: return false;
  }
}

int32_t ShardOfEntity(std::span<const Value> fields, absl::string_view encoded, int32_t shards) {
  if (fields.size() == 1) {
    if (fields[0].type() == Type::kString || fields[0].type() == Type::kBytes) {
      return PartitionOfKey(fields[0].string_value(), shards);
    }
    if (fields[0].type() == Type::kInt) {
      char text[24];
      const auto end = std::to_chars(text, text + sizeof(text), fields[0].int_value()).ptr;
      return PartitionOfKey(absl::string_view(text, static_cast<size_t>(end - text)), shards);
    }
  }
  return PartitionOfKey(encoded, shards);
}

}  // namespace millrace
