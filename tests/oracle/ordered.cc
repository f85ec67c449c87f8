// Aggregations that choose values: extremes, first and last, lists of k.

#include <algorithm>

#include "core/check.h"
#include "tests/oracle/aggregate.h"

namespace millrace::oracle {
namespace {

Answer Extreme(const Feature& feature, std::span<const Item> items) {
  const bool largest = feature.aggregation == "max";
  Datum best = items[0].x;
  for (const Item& item : items) {
    if (largest ? Less(best, item.x) : Less(item.x, best)) best = item.x;
  }
  return Present(best);
}

// x where y is extreme, the first in order among equals.
Answer ArgExtreme(const Feature& feature, std::span<const Item> items) {
  const bool largest = feature.aggregation == "arg_max";
  const Item* best = &items[0];
  for (const Item& item : items) {
    if (largest ? Less(best->y, item.y) : Less(item.y, best->y)) best = &item;
  }
  return Present(best->x);
}

Answer List(const std::vector<Datum>& ranked, int64_t k) {
  const auto count = std::min<size_t>(ranked.size(), static_cast<size_t>(k));
  return Present(Datum(DatumList(ranked.begin(), ranked.begin() + static_cast<int64_t>(count))));
}

std::vector<Datum> Values(std::span<const Item> items) {
  std::vector<Datum> values;
  for (const Item& item : items) values.push_back(item.x);
  return values;
}

std::vector<Datum> WithoutRepeats(const std::vector<Datum>& values) {
  std::vector<Datum> kept;
  for (const Datum& value : values) {
    if (std::find(kept.begin(), kept.end(), value) == kept.end()) kept.push_back(value);
  }
  return kept;
}

Answer Ranked(const Feature& feature, std::span<const Item> items) {
  const bool largest = feature.aggregation == "top_k";
  std::vector<Item> ranked(items.begin(), items.end());
  // Stable: of equal ranks the earlier record comes first.
  std::stable_sort(ranked.begin(), ranked.end(), [&](const Item& a, const Item& b) {
    const Datum& left = feature.order_by.empty() ? a.x : a.y;
    const Datum& right = feature.order_by.empty() ? b.x : b.y;
    return largest ? Less(right, left) : Less(left, right);
  });
  return List(Values(ranked), feature.k);
}

}  // namespace

Answer OrderFamily(const Feature& feature, std::span<const Item> items) {
  const std::string& name = feature.aggregation;
  if (name == "min" || name == "max") return Extreme(feature, items);
  if (name == "arg_min" || name == "arg_max") return ArgExtreme(feature, items);
  if (name == "top_k" || name == "bottom_k") return Ranked(feature, items);
  std::vector<Datum> values = Values(items);
  if (name == "first") return Present(values.front());
  if (name == "first_k") return List(values, feature.k);
  if (name == "first_distinct") return List(WithoutRepeats(values), feature.k);
  std::reverse(values.begin(), values.end());
  if (name == "last") return Present(values.front());
  if (name == "last_k") return List(values, feature.k);
  if (name == "last_distinct") return List(WithoutRepeats(values), feature.k);
  CHECK(name == "nth");
  if (feature.k >= static_cast<int64_t>(values.size())) return Undefined();
  return Present(values[static_cast<size_t>(feature.k)]);
}

}  // namespace millrace::oracle
