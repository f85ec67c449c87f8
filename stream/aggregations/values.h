// How aggregations look at the values of a column: as numbers, as words of a state, as keys with
// the order of the values. Pure functions; thread-safe.

#ifndef MILLRACE_STREAM_AGGREGATIONS_VALUES_H_
#define MILLRACE_STREAM_AGGREGATIONS_VALUES_H_

#include <bit>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/aggregations/accumulator.h"

namespace millrace {

inline constexpr double kLn2 = 0.693147180559945309417;

// InvalidArgument unless the type is int or double.
absl::Status RequireNumber(absl::string_view aggregation, const ValueType& type);
// InvalidArgument for lists, maps and vectors.
absl::Status RequireScalar(absl::string_view aggregation, const ValueType& type);

// REQUIRES: int, timestamp, duration or double.
inline double NumberOf(const Value& value) {
  return value.type() == Type::kDouble ? value.double_value()
                                       : static_cast<double>(value.int_value());
}

// a - b, rounded once. REQUIRES: both int or both double.
inline double Difference(const Value& a, const Value& b) {
  if (a.type() == Type::kDouble) return a.double_value() - b.double_value();
  return static_cast<double>(static_cast<__int128>(a.int_value()) - b.int_value());
}

// A value of a type without bytes as a word, and back.
inline uint64_t WordOf(const Value& value) {
  if (value.type() == Type::kDouble) return std::bit_cast<uint64_t>(value.double_value());
  if (value.type() == Type::kBool) return value.bool_value() ? 1 : 0;
  return static_cast<uint64_t>(value.int_value());
}
Value ValueOfWord(Type type, uint64_t word);

// Negative, zero or positive as a is less than, equal to or greater than b: numbers by value,
// strings and bytes bytewise, false before true. REQUIRES: equal types, scalars, no NaN.
int Compare(const Value& a, const Value& b);

// Bytes whose order is that of the values, and back. REQUIRES: a scalar.
void AppendOrderedKey(const Value& value, std::string* key);
// The value of a key of that type; views of strings point into the key. False when it is none.
bool ValueOfKey(Type type, absl::string_view key, Value* value);

// A hash with the type in it, with a fixed seed: it is stored.
uint64_t StateHashOf(const Value& value);

// A value of the state's type, in a word or, where it has bytes, in a part.
class TextPart final : public StatePart {
 public:
  size_t MemoryBytes() const override { return sizeof(*this) + bytes.capacity(); }
  std::string bytes;
};
void StoreValue(const Value& value, uint64_t* word, StateParts* parts);
Value LoadValue(Type type, uint64_t word, const StateParts& parts);

// The bytes of a value whose type is known.
void PutTypedValue(const Value& value, std::string* out);
// Takes one off the front of *in; the value points into it. False when it does not parse.
bool GetTypedValue(Type type, absl::string_view* in, Value* value);

// Places in the total order, relative to base_ms.
void PutSampleOrder(const uint64_t* order, int64_t base_ms, std::string* out);
bool GetSampleOrder(absl::string_view* in, int64_t base_ms, uint64_t* order);
// Whether a comes before b.
bool OrderBefore(const uint64_t* a, const uint64_t* b);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_VALUES_H_
