#include "tests/oracle/aggregate.h"

#include <cmath>
#include <map>
#include <set>
#include <string>

#include "core/check.h"

namespace millrace::oracle {
namespace {

enum class Family : uint8_t { kSum, kMoment, kOrder, kFrequency, kQuantile, kDecay };

Family FamilyOf(const std::string& aggregation) {
  static const std::map<std::string, Family> kFamilies = {
      {"count", Family::kSum},
      {"sum", Family::kSum},
      {"mean", Family::kSum},
      {"ratio", Family::kSum},
      {"rate", Family::kSum},
      {"var_pop", Family::kMoment},
      {"var_samp", Family::kMoment},
      {"std_pop", Family::kMoment},
      {"std_samp", Family::kMoment},
      {"skew_pop", Family::kMoment},
      {"skew_samp", Family::kMoment},
      {"kurtosis_pop", Family::kMoment},
      {"kurtosis_samp", Family::kMoment},
      {"cov_pop", Family::kMoment},
      {"cov_samp", Family::kMoment},
      {"corr", Family::kMoment},
      {"trend", Family::kMoment},
      {"distinct", Family::kFrequency},
      {"count_distinct", Family::kFrequency},
      {"bounded_count_distinct", Family::kFrequency},
      {"approx_count_distinct", Family::kFrequency},
      {"histogram", Family::kFrequency},
      {"top_frequency", Family::kFrequency},
      {"top1_ratio", Family::kFrequency},
      {"entropy", Family::kFrequency},
      {"quantile", Family::kQuantile},
      {"median", Family::kQuantile},
      {"decay_sum", Family::kDecay},
      {"decay_count", Family::kDecay},
      {"decay_mean", Family::kDecay},
      {"decay_rate", Family::kDecay},
      {"ew_mean", Family::kDecay},
      {"drawdown", Family::kDecay},
      {"time_since", Family::kDecay},
      {"time_since_first", Family::kDecay}};
  const auto family = kFamilies.find(aggregation);
  return family == kFamilies.end() ? Family::kOrder : family->second;
}

// Sums of doubles count inputs beyond 2^960 as null (§3.3).
bool AddsDoubles(const std::string& aggregation) {
  static const std::set<std::string> kAdding = {"sum",        "mean",    "decay_sum",
                                                "decay_mean", "ew_mean", "trend"};
  return kAdding.contains(aggregation) ||
         (FamilyOf(aggregation) == Family::kMoment && aggregation != "ratio");
}

bool TooLarge(const Datum& datum) {
  const auto* v = datum.As<double>();
  return v != nullptr && std::abs(*v) > std::ldexp(1.0, 960);
}

bool NeedsPairs(const Feature& feature) {
  return !feature.with.empty() || !feature.order_by.empty();
}

std::vector<Item> NotNull(const Feature& feature, std::span<const Item> items) {
  std::vector<Item> kept;
  for (Item item : items) {
    item.x = Normalised(item.x);
    item.y = Normalised(item.y);
    if (item.x.is_null()) continue;
    if (NeedsPairs(feature) && item.y.is_null()) continue;
    if (AddsDoubles(feature.aggregation) && (TooLarge(item.x) || TooLarge(item.y))) continue;
    kept.push_back(item);
  }
  return kept;
}

}  // namespace

Answer OfNothing(const Feature& feature) {
  static const std::set<std::string> kWholeZero = {
      "count", "count_distinct", "bounded_count_distinct", "approx_count_distinct"};
  static const std::set<std::string> kZero = {"decay_count", "rate", "decay_rate"};
  if (kWholeZero.contains(feature.aggregation)) return Present(Datum(int64_t{0}));
  if (kZero.contains(feature.aggregation)) return Present(Datum(0.0));
  return Missing();
}

Answer Aggregate(const Feature& feature, std::span<const Item> items, int64_t at_ms) {
  CHECK(!items.empty());
  const std::vector<Item> kept = NotNull(feature, items);
  if (kept.empty()) {
    if (feature.aggregation == "histogram") return Present(Datum(DatumMap()));
    // A count of nothing is 0 also where the records are there and only their values are null.
    const Answer nothing = OfNothing(feature);
    return nothing.status == Status::kMissing ? Undefined() : nothing;
  }
  switch (FamilyOf(feature.aggregation)) {
    case Family::kSum: return SumFamily(feature, kept);
    case Family::kMoment: return MomentFamily(feature, kept);
    case Family::kOrder: return OrderFamily(feature, kept);
    case Family::kFrequency: return FrequencyFamily(feature, kept);
    case Family::kQuantile: return QuantileFamily(feature, kept);
    case Family::kDecay: return DecayFamily(feature, kept, at_ms);
  }
  return Undefined();
}

}  // namespace millrace::oracle
