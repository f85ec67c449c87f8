#include "stream/aggregations/values.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/hashing.h"
#include "core/type_words.h"
#include "stream/state_limits.h"

namespace millrace {
namespace {

constexpr uint64_t kSignBit = uint64_t{1} << 63;

// Doubles in the order of their values as unsigned numbers, and back.
uint64_t OrderedBits(double v) {
  const auto bits = std::bit_cast<uint64_t>(v);
  return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}
double FromOrderedBits(uint64_t ordered) {
  return std::bit_cast<double>((ordered & kSignBit) != 0 ? ordered & ~kSignBit : ~ordered);
}

}  // namespace

absl::Status RequireNumber(absl::string_view aggregation, const ValueType& type) {
  if (type == Type::kInt || type == Type::kDouble) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("'", aggregation, "' takes an int or a double, not ", AValueType(type)));
}

absl::Status RequireScalar(absl::string_view aggregation, const ValueType& type) {
  if (type.type != Type::kNull && !IsCollection(type.type)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("'", aggregation, "' does not take ", AValueType(type)));
}

Value ValueOfWord(Type type, uint64_t word) {
  switch (type) {
    case Type::kBool: return Value::Bool(word != 0);
    case Type::kDouble: return Value::Double(std::bit_cast<double>(word));
    case Type::kTimestamp: return Value::Timestamp(static_cast<int64_t>(word));
    case Type::kDuration: return Value::Duration(static_cast<int64_t>(word));
    default: return Value::Int(static_cast<int64_t>(word));
  }
}

int Compare(const Value& a, const Value& b) {
  if (HasBytes(a.type())) return a.string_value().compare(b.string_value());
  if (a.type() == Type::kDouble) {
    return a.double_value() < b.double_value() ? -1 : a.double_value() > b.double_value() ? 1 : 0;
  }
  return a.int_value() < b.int_value() ? -1 : a.int_value() > b.int_value() ? 1 : 0;
}

void AppendOrderedKey(const Value& value, std::string* key) {
  if (HasBytes(value.type())) {
    key->append(value.string_value().data(), value.string_value().size());
  } else if (value.type() == Type::kDouble) {
    PutBig64(key, OrderedBits(value.double_value()));
  } else if (value.type() == Type::kBool) {
    key->push_back(value.bool_value() ? 1 : 0);
  } else {
    PutOrdered64(key, value.int_value());
  }
}

bool ValueOfKey(Type type, absl::string_view key, Value* value) {
  if (HasBytes(type)) {
    *value = Value::OfBytes(type, key);
    return true;
  }
  if (type == Type::kBool) {
    *value = Value::Bool(!key.empty() && key[0] != 0);
    return key.size() == 1;
  }
  if (type == Type::kDouble) {
    uint64_t bits = 0;
    if (!GetBig64(&key, &bits)) return false;
    *value = Value::Double(FromOrderedBits(bits));
    return key.empty();
  }
  int64_t integer = 0;
  if (!GetOrdered64(&key, &integer)) return false;
  *value = ValueOfWord(type, static_cast<uint64_t>(integer));
  return key.empty();
}

uint64_t StateHashOf(const Value& value) {
  const auto seed = static_cast<uint64_t>(value.type());
  if (HasBytes(value.type())) return Xxh3(value.string_value(), seed);
  const uint64_t word = WordOf(value);
  char bytes[sizeof(word)];
  for (size_t i = 0; i < sizeof(word); ++i) bytes[i] = static_cast<char>(word >> (8 * i));
  return Xxh3({bytes, sizeof(bytes)}, seed);
}

void StoreValue(const Value& value, uint64_t* word, StateParts* parts) {
  if (HasBytes(value.type())) {
    PartOf<TextPart>(word, parts)
        .bytes.assign(value.string_value().data(), value.string_value().size());
  } else {
    *word = WordOf(value);
  }
}

Value LoadValue(Type type, uint64_t word, const StateParts& parts) {
  if (!HasBytes(type)) return ValueOfWord(type, word);
  return Value::OfBytes(type, FindPart<TextPart>(word, parts)->bytes);
}

void PutTypedValue(const Value& value, std::string* out) {
  if (HasBytes(value.type())) {
    PutLengthPrefixed(out, value.string_value());
  } else if (value.type() == Type::kDouble) {
    PutDouble(out, value.double_value());
  } else {
    PutSignedVarint(out, static_cast<int64_t>(WordOf(value)));
  }
}

bool GetTypedValue(Type type, absl::string_view* in, Value* value) {
  if (HasBytes(type)) {
    absl::string_view bytes;
    if (!GetLengthPrefixed(in, &bytes)) return false;
    *value = Value::OfBytes(type, bytes);
    return true;
  }
  if (type == Type::kDouble) {
    double number = 0;
    // No aggregation is given others.
    if (!GetDouble(in, &number) || !std::isfinite(number)) return false;
    *value = Value::Double(number);
    return true;
  }
  int64_t integer = 0;
  if (!GetSignedVarint(in, &integer)) return false;
  *value = ValueOfWord(type, static_cast<uint64_t>(integer));
  return true;
}

void PutSampleOrder(const uint64_t* order, int64_t base_ms, std::string* out) {
  PutStateTime(order[0], base_ms, out);
  PutVarint(out, order[1] >> 32);
  PutVarint(out, order[1] & 0xffffffffu);
  PutSignedVarint(out, static_cast<int64_t>(order[2]));
}

bool GetSampleOrder(absl::string_view* in, int64_t base_ms, uint64_t* order) {
  int64_t offset;
  uint64_t source, partition;
  if (!GetStateTime(in, base_ms, &order[0]) || !GetVarint(in, &source) || source > 0x7fffffff ||
      !GetVarint(in, &partition) || partition > 0x7fffffff || !GetSignedVarint(in, &offset)) {
    return false;
  }
  order[1] = source << 32 | partition;
  order[2] = static_cast<uint64_t>(offset);
  return true;
}

bool OrderBefore(const uint64_t* a, const uint64_t* b) {
  if (a[0] != b[0]) return static_cast<int64_t>(a[0]) < static_cast<int64_t>(b[0]);
  if (a[1] != b[1]) return a[1] < b[1];
  return static_cast<int64_t>(a[2]) < static_cast<int64_t>(b[2]);
}

}  // namespace millrace
