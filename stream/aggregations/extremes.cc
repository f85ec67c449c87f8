#include "stream/aggregations/extremes.h"

#include <cstring>

#include "core/status_macros.h"
#include "stream/aggregations/stored_value.h"
#include "stream/aggregations/values.h"

namespace millrace {
namespace {

enum class Side : uint8_t { kSmallest, kLargest };

bool Beats(Side side, const Value& a, const Value& b) {
  const int order = Compare(a, b);
  return side == Side::kSmallest ? order < 0 : order > 0;
}

// words: the value, or its part.
class Extreme final : public Accumulator {
 public:
  Extreme(Side side, Type type) : side_(side), type_(type) {}
  int words() const override { return 1; }
  StateClass state_class() const override { return StateClass::kExact; }

  void Add(const Sample& sample, int64_t n, uint64_t* words, StateParts* parts) const override {
    Offer(sample.value, n, words, parts);
  }
  void Merge(const StateRef& later, int64_t n, uint64_t* words, StateParts* parts) const override {
    Offer(LoadValue(type_, later.words[0], *later.parts), n, words, parts);
  }
  void Encode(const StateRef& state, int64_t, std::string* out) const override {
    PutTypedValue(LoadValue(type_, state.words[0], *state.parts), out);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t, uint64_t* words,
              StateParts* parts) const override {
    Value value;
    if (!GetTypedValue(type_, in, &value)) return false;
    StoreValue(value, words, parts);
    return true;
  }

 private:
  void Offer(const Value& value, int64_t n, uint64_t* words, StateParts* parts) const {
    if (n > 0 && !Beats(side_, value, LoadValue(type_, *words, *parts))) return;
    StoreValue(value, words, parts);
  }

  Side side_;
  Type type_;
};

// words: the place of the record (3), its rank, its value.
class ArgExtreme final : public Accumulator {
 public:
  ArgExtreme(Side side, Type value, Type rank) : side_(side), value_(value), rank_(rank) {}
  int words() const override { return 5; }
  StateClass state_class() const override { return StateClass::kExact; }

  void Add(const Sample& sample, int64_t n, uint64_t* words, StateParts* parts) const override {
    Offer(sample.order, sample.other, sample.value, n, words, parts);
  }
  void Merge(const StateRef& later, int64_t n, uint64_t* words, StateParts* parts) const override {
    Offer(later.words, Rank(later), ValueOf(later), n, words, parts);
  }
  void Encode(const StateRef& state, int64_t base_ms, std::string* out) const override {
    PutSampleOrder(state.words, base_ms, out);
    PutTypedValue(Rank(state), out);
    PutTypedValue(ValueOf(state), out);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t base_ms, uint64_t* words,
              StateParts* parts) const override {
    Value rank, value;
    if (!GetSampleOrder(in, base_ms, words) || !GetTypedValue(rank_, in, &rank) ||
        !GetTypedValue(value_, in, &value)) {
      return false;
    }
    StoreValue(rank, words + 3, parts);
    StoreValue(value, words + 4, parts);
    return true;
  }

 private:
  Value Rank(const StateRef& state) const { return LoadValue(rank_, state.words[3], *state.parts); }
  Value ValueOf(const StateRef& state) const {
    return LoadValue(value_, state.words[4], *state.parts);
  }
  void Offer(const uint64_t* order, const Value& rank, const Value& value, int64_t n,
             uint64_t* words, StateParts* parts) const {
    if (n > 0) {
      const int compared = Compare(rank, LoadValue(rank_, words[3], *parts));
      const bool better = side_ == Side::kSmallest ? compared < 0 : compared > 0;
      if (!better && (compared != 0 || !OrderBefore(order, words))) return;
    }
    std::memcpy(words, order, 3 * sizeof(uint64_t));
    StoreValue(rank, words + 3, parts);
    StoreValue(value, words + 4, parts);
  }

  Side side_;
  Type value_;
  Type rank_;
};

absl::StatusOr<Aggregation> BindExtreme(absl::string_view name, Side side,
                                        const AggregationInput& input) {
  RETURN_IF_ERROR(RequireScalar(name, input.value));
  return StoredValue(name, input.value, std::make_shared<Extreme>(side, input.value.type), 0);
}

absl::StatusOr<Aggregation> BindArgExtreme(absl::string_view name, Side side,
                                           const AggregationInput& input) {
  RETURN_IF_ERROR(RequireScalar(name, input.value));
  RETURN_IF_ERROR(RequireScalar("order_by", input.other));
  return StoredValue(name, input.value,
                     std::make_shared<ArgExtreme>(side, input.value.type, input.other.type), 4);
}

}  // namespace

absl::StatusOr<Aggregation> BindMin(const AggregationInput& input) {
  return BindExtreme("min", Side::kSmallest, input);
}
absl::StatusOr<Aggregation> BindMax(const AggregationInput& input) {
  return BindExtreme("max", Side::kLargest, input);
}
absl::StatusOr<Aggregation> BindArgMin(const AggregationInput& input) {
  return BindArgExtreme("arg_min", Side::kSmallest, input);
}
absl::StatusOr<Aggregation> BindArgMax(const AggregationInput& input) {
  return BindArgExtreme("arg_max", Side::kLargest, input);
}

}  // namespace millrace
