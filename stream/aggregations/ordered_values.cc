#include "stream/aggregations/ordered_values.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "stream/aggregations/placed_values.h"
#include "stream/aggregations/stored_value.h"
#include "stream/aggregations/values.h"

namespace millrace {
namespace {

enum class End : uint8_t { kOldest, kNewest };

// words: the place of the value (3), the value.
class OneEnd final : public Accumulator {
 public:
  OneEnd(End end, Type type) : end_(end), type_(type) {}
  int words() const override { return 4; }
  StateClass state_class() const override { return StateClass::kExact; }

  void Add(const Sample& sample, int64_t n, uint64_t* words, StateParts* parts) const override {
    Offer(sample.order, sample.value, n, words, parts);
  }
  void Merge(const StateRef& later, int64_t n, uint64_t* words, StateParts* parts) const override {
    Offer(later.words, LoadValue(type_, later.words[3], *later.parts), n, words, parts);
  }
  void Encode(const StateRef& state, int64_t base_ms, std::string* out) const override {
    PutSampleOrder(state.words, base_ms, out);
    PutTypedValue(LoadValue(type_, state.words[3], *state.parts), out);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t base_ms, uint64_t* words,
              StateParts* parts) const override {
    Value value;
    if (!GetSampleOrder(in, base_ms, words) || !GetTypedValue(type_, in, &value)) return false;
    StoreValue(value, words + 3, parts);
    return true;
  }

 private:
  void Offer(const uint64_t* order, const Value& value, int64_t n, uint64_t* words,
             StateParts* parts) const {
    if (n > 0 && (end_ == End::kNewest ? OrderBefore(order, words) : !OrderBefore(order, words))) {
      return;
    }
    std::memcpy(words, order, 3 * sizeof(uint64_t));
    StoreValue(value, words + 3, parts);
  }

  End end_;
  Type type_;
};

// The k values, oldest first.
class KeptValues final : public PlacedValuesAccumulator {
 public:
  KeptValues(End end, Type type, size_t k)
      : PlacedValuesAccumulator(type, Type::kNull, k), end_(end) {}

 private:
  void Insert(PlacedValue item, std::vector<PlacedValue>* items) const override {
    const auto at = std::upper_bound(items->begin(), items->end(), item,
                                     [](const PlacedValue& a, const PlacedValue& b) {
                                       return OrderBefore(a.order.data(), b.order.data());
                                     });
    if (items->size() == limit()) {
      if (end_ == End::kOldest) {
        if (at == items->end()) return;
        items->insert(at, std::move(item));
        items->pop_back();
        return;
      }
      if (at == items->begin()) return;
      // Shifts the older ones down by one: the oldest goes.
      std::move(items->begin() + 1, at, items->begin());
      *(at - 1) = std::move(item);
      return;
    }
    items->insert(at, std::move(item));
  }

  End end_;
};

// The k different values, oldest occurrence first.
class KeptDistinct final : public PlacedValuesAccumulator {
 public:
  KeptDistinct(End end, Type type, size_t k)
      : PlacedValuesAccumulator(type, Type::kNull, k), end_(end) {}

 private:
  void Insert(PlacedValue item, std::vector<PlacedValue>* items) const override {
    const auto same = std::find_if(items->begin(), items->end(), [&](const PlacedValue& known) {
      return known.value == item.value;
    });
    if (same != items->end()) {
      const bool earlier = OrderBefore(item.order.data(), same->order.data());
      if (earlier != (end_ == End::kOldest)) return;
      items->erase(same);
    }
    const auto at = std::upper_bound(items->begin(), items->end(), item,
                                     [](const PlacedValue& a, const PlacedValue& b) {
                                       return OrderBefore(a.order.data(), b.order.data());
                                     });
    items->insert(at, std::move(item));
    if (items->size() <= limit()) return;
    items->erase(end_ == End::kOldest ? items->end() - 1 : items->begin());
  }

  End end_;
};

absl::StatusOr<Aggregation> BindEnd(absl::string_view name, End end,
                                    const AggregationInput& input) {
  RETURN_IF_ERROR(RequireScalar(name, input.value));
  return StoredValue(name, input.value, std::make_shared<OneEnd>(end, input.value.type), 3);
}

// A list of the part, newest first for the newest.
template <typename Kept>
absl::StatusOr<Aggregation> BindList(absl::string_view name, End end,
                                     const AggregationInput& input) {
  RETURN_IF_ERROR(RequireScalar(name, input.value));
  const int64_t k = input.options.GetInt("k", 1);
  Aggregation bound;
  bound.result = ValueType(Type::kList, input.value.type);
  bound.state_key = absl::StrCat(name, k);
  bound.accumulator = std::make_shared<Kept>(end, input.value.type, static_cast<size_t>(k));
  const ListOrder order = end == End::kNewest ? ListOrder::kReversed : ListOrder::kAsTheyAre;
  bound.finalise = [order](const Folded& folded, Answer* answer) {
    answer->Set(
        ListOf(*FindPart<PlacedValues>(*folded.words, *folded.parts), order, &answer->bytes));
  };
  return bound;
}

}  // namespace

absl::StatusOr<Aggregation> BindFirst(const AggregationInput& input) {
  return BindEnd("first", End::kOldest, input);
}
absl::StatusOr<Aggregation> BindLast(const AggregationInput& input) {
  return BindEnd("last", End::kNewest, input);
}
absl::StatusOr<Aggregation> BindNth(const AggregationInput& input) {
  RETURN_IF_ERROR(RequireScalar("nth", input.value));
  const auto k = static_cast<size_t>(input.options.GetInt("k", 0));
  Aggregation bound;
  bound.result = input.value;
  bound.state_key = absl::StrCat("last_k", k + 1);
  bound.accumulator = std::make_shared<KeptValues>(End::kNewest, input.value.type, k + 1);
  bound.finalise = [k](const Folded& folded, Answer* answer) {
    const auto& items = FindPart<PlacedValues>(*folded.words, *folded.parts)->items;
    if (items.size() <= k) return answer->Fail(ResultState::kNull);
    answer->Set(items[items.size() - 1 - k].value.view());
  };
  return bound;
}
absl::StatusOr<Aggregation> BindFirstK(const AggregationInput& input) {
  return BindList<KeptValues>("first_k", End::kOldest, input);
}
absl::StatusOr<Aggregation> BindLastK(const AggregationInput& input) {
  return BindList<KeptValues>("last_k", End::kNewest, input);
}
absl::StatusOr<Aggregation> BindFirstDistinct(const AggregationInput& input) {
  return BindList<KeptDistinct>("first_distinct", End::kOldest, input);
}
absl::StatusOr<Aggregation> BindLastDistinct(const AggregationInput& input) {
  return BindList<KeptDistinct>("last_distinct", End::kNewest, input);
}

}  // namespace millrace
