// quantile and median: linear interpolation at (n − 1) q, exactly; beyond 256 values the interval
// that a KLL sketch of k = 200 must hit.

#include <algorithm>
#include <cmath>

#include "tests/oracle/aggregate.h"
#include "tests/oracle/exact.h"

namespace millrace::oracle {
namespace {

constexpr size_t kExactValues = 256;
// The published rank error, 1.33 % at 99 % confidence, is exceeded once in a hundred reads; three
// times it is not seen.
constexpr double kRankError = 3 * 0.0133;

double Interpolated(const std::vector<Datum>& sorted, double q) {
  const Exact position = ToExact({Datum(q)});
  // (n − 1) q = whole + part / unit, all integers.
  const Integer unit = Integer(1) << -position.exponent;
  const Integer scaled = position.values[0] * (sorted.size() - 1);
  const auto whole = static_cast<size_t>(Integer(scaled / unit));
  const Integer part = scaled % unit;
  const size_t next = std::min(whole + 1, sorted.size() - 1);
  const Exact ends = ToExact({sorted[whole], sorted[next]});
  return Rounded(ends.values[0] * (unit - part) + ends.values[1] * part, unit, ends.exponent);
}

double AsDouble(const Datum& number) {
  const auto* v = number.As<int64_t>();
  return v != nullptr ? static_cast<double>(*v) : *number.As<double>();
}

}  // namespace

Answer QuantileFamily(const Feature& feature, std::span<const Item> items) {
  const double q = feature.aggregation == "median" ? 0.5 : feature.q;
  std::vector<Datum> sorted;
  for (const Item& item : items) sorted.push_back(item.x);
  std::sort(sorted.begin(), sorted.end(), DatumLess());
  Answer answer = Present(Datum(Interpolated(sorted, q)));
  answer.scale = std::max(std::abs(AsDouble(sorted.front())), std::abs(AsDouble(sorted.back())));
  if (sorted.size() > kExactValues && q > 0 && q < 1) {
    const auto last = static_cast<double>(sorted.size() - 1);
    answer.match = Match::kInterval;
    const auto at = [&](double rank) {
      return AsDouble(sorted[static_cast<size_t>(std::clamp(rank, 0.0, last))]);
    };
    answer.low = at(std::floor(last * (q - kRankError)));
    answer.high = at(std::ceil(last * (q + kRankError)));
  }
  return answer;
}

}  // namespace millrace::oracle
