// PlacedValues: a short list of values, each with its place in the total order, as a part of a
// state. Thread-compatible.

#ifndef MILLRACE_STREAM_AGGREGATIONS_PLACED_VALUES_H_
#define MILLRACE_STREAM_AGGREGATIONS_PLACED_VALUES_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/aggregations/accumulator.h"

namespace millrace {

struct PlacedValue {
  PlacedValue() = default;
  PlacedValue(const uint64_t* at, const Value& v, const Value& by = Value::Null())
      : order{at[0], at[1], at[2]}, value(v), rank(by) {}

  std::array<uint64_t, 3> order{};
  OwnedValue value;
  OwnedValue rank;  // what it is ranked by, where that is another input
};

class PlacedValues final : public StatePart {
 public:
  size_t MemoryBytes() const override;
  std::vector<PlacedValue> items;
};

// `rank` is kNull where items have none. Times are relative to base_ms.
void EncodePlacedValues(const PlacedValues& values, int64_t base_ms, std::string* out);
// Takes them off the front of *in. False when they do not parse or are more than `limit`.
bool DecodePlacedValues(Type value, Type rank, size_t limit, int64_t base_ms, absl::string_view* in,
                        PlacedValues* values);

// An accumulator whose whole state is such a list; which values stay is up to Insert. Class E where
// that does not depend on the order of insertion. words: the part.
class PlacedValuesAccumulator : public Accumulator {
 public:
  // `rank` is kNull where values are ranked by themselves; at most `limit` values stay.
  PlacedValuesAccumulator(Type value, Type rank, size_t limit)
      : value_(value), rank_(rank), limit_(limit) {}

  int words() const final { return 1; }
  StateClass state_class() const final { return StateClass::kExact; }
  void Add(const Sample& sample, int64_t n, uint64_t* words, StateParts* parts) const final;
  void Merge(const StateRef& later, int64_t n, uint64_t* words, StateParts* parts) const final;
  void Encode(const StateRef& state, int64_t base_ms, std::string* out) const final;
  bool Decode(absl::string_view* in, int64_t n, int64_t base_ms, uint64_t* words,
              StateParts* parts) const final;

 protected:
  // Puts the item where it belongs, or leaves it out.
  virtual void Insert(PlacedValue item, std::vector<PlacedValue>* items) const = 0;
  size_t limit() const { return limit_; }
  bool ranked_by_another() const { return rank_ != Type::kNull; }

 private:
  Type value_;
  Type rank_;
  size_t limit_;
};

// The values as a list whose bytes lie in *bytes, in order or reversed.
enum class ListOrder : uint8_t { kAsTheyAre, kReversed };
Value ListOf(const PlacedValues& values, ListOrder order, std::string* bytes);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_PLACED_VALUES_H_
