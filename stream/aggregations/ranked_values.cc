#include "stream/aggregations/ranked_values.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "stream/aggregations/placed_values.h"
#include "stream/aggregations/values.h"

namespace millrace {
namespace {

enum class Side : uint8_t { kSmallest, kLargest };

// words: the part of the k values, best first.
class Ranked final : public Accumulator {
 public:
  // `rank` is kNull where values are ranked by themselves.
  Ranked(Side side, Type type, Type rank, size_t k)
      : side_(side), type_(type), rank_(rank), k_(k) {}
  int words() const override { return 1; }
  StateClass state_class() const override { return StateClass::kExact; }

  void Add(const Sample& sample, int64_t, uint64_t* words, StateParts* parts) const override {
    const Value rank = rank_ == Type::kNull ? Value::Null() : sample.other;
    Insert(PlacedValue(sample.order, sample.value, rank),
           &PartOf<PlacedValues>(words, parts).items);
  }
  void Merge(const StateRef& later, int64_t, uint64_t* words, StateParts* parts) const override {
    auto& items = PartOf<PlacedValues>(words, parts).items;
    for (const PlacedValue& item : FindPart<PlacedValues>(*later.words, *later.parts)->items) {
      Insert(item, &items);
    }
  }
  void Encode(const StateRef& state, int64_t base_ms, std::string* out) const override {
    EncodePlacedValues(*FindPart<PlacedValues>(*state.words, *state.parts), base_ms, out);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t base_ms, uint64_t* words,
              StateParts* parts) const override {
    return DecodePlacedValues(type_, rank_, k_, base_ms, in, &PartOf<PlacedValues>(words, parts));
  }

 private:
  bool Better(const PlacedValue& a, const PlacedValue& b) const {
    const OwnedValue PlacedValue::*by =
        rank_ == Type::kNull ? &PlacedValue::value : &PlacedValue::rank;
    const int order = Compare((a.*by).view(), (b.*by).view());
    if (order != 0) return side_ == Side::kSmallest ? order < 0 : order > 0;
    return OrderBefore(a.order.data(), b.order.data());
  }
  void Insert(PlacedValue item, std::vector<PlacedValue>* items) const {
    if (items->size() == k_ && !Better(item, items->back())) return;
    const auto at = std::upper_bound(items->begin(), items->end(), item,
                                     [this](const auto& a, const auto& b) { return Better(a, b); });
    items->insert(at, std::move(item));
    if (items->size() > k_) items->pop_back();
  }

  Side side_;
  Type type_;
  Type rank_;
  size_t k_;
};

absl::StatusOr<Aggregation> Bind(absl::string_view name, Side side, const AggregationInput& input) {
  RETURN_IF_ERROR(RequireScalar(name, input.value));
  if (input.other != Type::kNull) RETURN_IF_ERROR(RequireScalar("order_by", input.other));
  const int64_t k = input.options.GetInt("k", 1);
  Aggregation bound;
  bound.result = ValueType(Type::kList, input.value.type);
  bound.state_key = absl::StrCat(name, k);
  bound.accumulator =
      std::make_shared<Ranked>(side, input.value.type, input.other.type, static_cast<size_t>(k));
  bound.finalise = [](const Folded& folded, Answer* answer) {
    answer->Set(ListOf(*FindPart<PlacedValues>(*folded.words, *folded.parts), ListOrder::kAsTheyAre,
                       &answer->bytes));
  };
  return bound;
}

}  // namespace

absl::StatusOr<Aggregation> BindTopK(const AggregationInput& input) {
  return Bind("top_k", Side::kLargest, input);
}
absl::StatusOr<Aggregation> BindBottomK(const AggregationInput& input) {
  return Bind("bottom_k", Side::kSmallest, input);
}

}  // namespace millrace
