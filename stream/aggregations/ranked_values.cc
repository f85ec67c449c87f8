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

// The k values, best first.
class Ranked final : public PlacedValuesAccumulator {
 public:
  // `rank` is kNull where values are ranked by themselves.
  Ranked(Side side, Type type, Type rank, size_t k)
      : PlacedValuesAccumulator(type, rank, k), side_(side) {}

 private:
  bool Better(const PlacedValue& a, const PlacedValue& b) const {
    const OwnedValue PlacedValue::*by =
        ranked_by_another() ? &PlacedValue::rank : &PlacedValue::value;
    const int order = Compare((a.*by).view(), (b.*by).view());
    if (order != 0) return side_ == Side::kSmallest ? order < 0 : order > 0;
    return OrderBefore(a.order.data(), b.order.data());
  }
  void Insert(PlacedValue item, std::vector<PlacedValue>* items) const override {
    if (items->size() == limit() && !Better(item, items->back())) return;
    const auto at = std::upper_bound(items->begin(), items->end(), item,
                                     [this](const auto& a, const auto& b) { return Better(a, b); });
    items->insert(at, std::move(item));
    if (items->size() > limit()) items->pop_back();
  }

  Side side_;
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
