// Aggregations that depend on when values came: decayed sums, exponential weights by rank, the
// drawdown and the time since. In long double, whose 64 bits leave 1e-12 a wide margin.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/check.h"
#include "tests/oracle/aggregate.h"

namespace millrace::oracle {
namespace {

long double Number(const Datum& datum) {
  if (const auto* v = datum.As<int64_t>()) return static_cast<long double>(*v);
  return static_cast<long double>(*datum.As<double>());
}

struct Weighted {
  long double sum = 0;       // Σ x w
  long double absolute = 0;  // Σ |x| w
  long double weights = 0;   // Σ w

  void Add(long double x, long double w) {
    sum += x * w;
    absolute += std::abs(x) * w;
    weights += w;
  }
};

Answer Scaled(long double value, long double scale) {
  if (std::abs(value) > std::numeric_limits<double>::max()) return Overflow();
  Answer answer = Present(Datum(static_cast<double>(value)));
  // Below 1e-280 a double has few digits left, and then none.
  answer.scale = static_cast<double>(std::max(scale, 1e-268L));
  return answer;
}

Answer Decayed(const Feature& feature, std::span<const Item> items, int64_t at_ms) {
  Weighted total;
  const auto half_life = static_cast<long double>(feature.half_life_ms);
  // A mean is the same for weights relative to the newest record, which never all vanish.
  const bool mean = feature.aggregation == "decay_mean";
  const int64_t from = mean ? items.back().order.event_time_ms : at_ms;
  const bool counts = feature.aggregation == "decay_count" || feature.aggregation == "decay_rate";
  for (const Item& item : items) {
    const auto age = static_cast<long double>(from - item.order.event_time_ms);
    total.Add(counts ? 1 : Number(item.x), std::exp2(-age / half_life));
  }
  if (feature.aggregation == "decay_sum") return Scaled(total.sum, total.absolute);
  if (feature.aggregation == "decay_count") return Scaled(total.weights, 0);
  if (mean) {
    return Scaled(total.sum / total.weights, total.absolute / total.weights);
  }
  const long double per_second = std::numbers::ln2_v<long double> * 1000 / half_life;
  return Scaled(total.weights * per_second, 0);
}

Answer ExponentialMean(const Feature& feature, std::span<const Item> items) {
  Weighted total;
  long double weight = 1;
  const long double keep = 1 - static_cast<long double>(feature.alpha);
  for (size_t i = items.size(); i > 0; --i) {
    total.Add(Number(items[i - 1].x), weight);
    weight *= keep;
  }
  return Scaled(total.sum / total.weights, total.absolute / total.weights);
}

// max over i < j of (x_i − x_j) / x_i with x_i > 0, at least 0.
Answer Drawdown(std::span<const Item> items) {
  if (items.size() < 2) return Undefined();
  bool peaked = false;
  long double deepest = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const long double peak = Number(items[i].x);
    if (peak <= 0) continue;
    peaked = true;
    for (size_t j = i + 1; j < items.size(); ++j) {
      deepest = std::max(deepest, (peak - Number(items[j].x)) / peak);
    }
  }
  if (!peaked) return Undefined();
  // A fall of a small part of the peak is known to within the rounding of the peak.
  return Scaled(deepest, 1);
}

}  // namespace

Answer DecayFamily(const Feature& feature, std::span<const Item> items, int64_t at_ms) {
  const std::string& name = feature.aggregation;
  if (name == "time_since") return Present(Datum(at_ms - items.back().order.event_time_ms));
  if (name == "time_since_first") {
    return Present(Datum(at_ms - items.front().order.event_time_ms));
  }
  if (name == "ew_mean") return ExponentialMean(feature, items);
  if (name == "drawdown") return Drawdown(items);
  CHECK(feature.half_life_ms > 0);
  return Decayed(feature, items, at_ms);
}

}  // namespace millrace::oracle
