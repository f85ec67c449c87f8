// Variance, skewness, kurtosis, covariance, correlation and trend. Deviations from the mean, times
// n, are exact integers; so are their power sums. Only roots and the last quotient are rounded, in
// 100 digits.

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/oracle/aggregate.h"
#include "tests/oracle/exact.h"

namespace millrace::oracle {
namespace {

// Beyond this ratio of size to spread a formula with 53 bits has few digits left: agreement to
// 1e-9 is asked, and none beyond kHopeless.
constexpr double kIllConditioned = 100;
constexpr double kHopeless = 1e9;

struct Column {
  size_t n = 0;
  Exact exact;
  std::vector<Integer> deviations;  // n · (x − mean)

  explicit Column(const std::vector<Datum>& numbers)
      : n(numbers.size()), exact(ToExact(numbers)), deviations(ScaledDeviations(exact.values)) {}

  // Σ (x − mean)^power.
  Real Moment(int power) const {
    Integer sum = 0;
    Integer scale = 1;
    for (int i = 0; i < power; ++i) scale *= n;
    for (const Integer& d : deviations) sum += boost::multiprecision::pow(d, power);
    return ToReal(sum, power * exact.exponent) / Real(scale);
  }
  // Σ |x − mean|³.
  Real ThirdAbsolute() const {
    Integer sum = 0;
    for (const Integer& d : deviations) sum += boost::multiprecision::abs(Integer(d * d * d));
    return ToReal(sum, 3 * exact.exponent) / Real(Integer(n) * n * n);
  }
  // √(Σx² / M2): how much larger the numbers are than their spread.
  double Condition() const {
    Integer squares = 0;
    for (const Integer& v : exact.values) squares += v * v;
    const Real m2 = Moment(2);
    if (m2 == 0) return 1;
    return static_cast<double>(Real(sqrt(Real(ToReal(squares, 2 * exact.exponent) / m2))));
  }
};

std::vector<Datum> Xs(std::span<const Item> items) {
  std::vector<Datum> numbers;
  for (const Item& item : items) numbers.push_back(item.x);
  return numbers;
}

std::vector<Datum> Ys(std::span<const Item> items) {
  std::vector<Datum> numbers;
  for (const Item& item : items) numbers.push_back(item.y);
  return numbers;
}

std::vector<Datum> Times(std::span<const Item> items) {
  std::vector<Datum> numbers;
  for (const Item& item : items) numbers.push_back(Datum(item.order.event_time_ms));
  return numbers;
}

bool Overflows(const Real& moment) {
  return abs(moment) > Real(std::numeric_limits<double>::max());
}

Answer Rated(const Real& value, double scale, double condition) {
  Answer answer = Present(Datum(static_cast<double>(value)));
  answer.scale = scale;
  if (condition > kIllConditioned) answer.tolerance = 1e-9;
  if (condition > kHopeless) answer.match = Match::kIllPosed;
  return answer;
}

Answer Variance(const std::string& name, const Column& x) {
  const bool sample = name == "var_samp" || name == "std_samp";
  if (x.n < (sample ? 2U : 1U)) return Undefined();
  const Real m2 = x.Moment(2);
  if (Overflows(m2)) return Overflow();
  Real value = m2 / Real(sample ? x.n - 1 : x.n);
  if (name == "std_pop" || name == "std_samp") value = sqrt(value);
  return Rated(value, 0, x.Condition());
}

Answer Skewness(const std::string& name, const Column& x) {
  const Real n = x.n;
  const Real m2 = x.Moment(2);
  const Real m3 = x.Moment(3);
  if (x.n < 3) return Undefined();
  if (Overflows(m2) || Overflows(m3)) return Overflow();
  if (m2 == 0) return Undefined();
  const Real spread = m2 * sqrt(m2);
  Real factor = sqrt(n) / spread;
  if (name == "skew_samp") factor *= sqrt(Real(n * (n - 1))) / (n - 2);
  return Rated(factor * m3, static_cast<double>(Real(factor * x.ThirdAbsolute())), x.Condition());
}

Answer Kurtosis(const std::string& name, const Column& x) {
  const Real n = x.n;
  const Real m2 = x.Moment(2);
  const Real m4 = x.Moment(4);
  if (x.n < 4) return Undefined();
  if (Overflows(m2) || Overflows(m4)) return Overflow();
  if (m2 == 0) return Undefined();
  const Real g2 = n * m4 / (m2 * m2) - 3;
  if (name == "kurtosis_pop") {
    return Rated(g2, static_cast<double>(Real(abs(g2) + 3)), x.Condition());
  }
  const Real factor = (n - 1) / ((n - 2) * (n - 3));
  const Real value = factor * ((n + 1) * g2 + 6);
  const Real scale = factor * ((n + 1) * (abs(g2) + 3) + 6);
  return Rated(value, static_cast<double>(scale), x.Condition());
}

// Σ (x − mean x)(y − mean y).
Real Comoment(const Column& x, const Column& y) {
  Integer sum = 0;
  for (size_t i = 0; i < x.n; ++i) sum += x.deviations[i] * y.deviations[i];
  return ToReal(sum, x.exact.exponent + y.exact.exponent) / Real(Integer(x.n) * x.n);
}

Answer Covariance(const std::string& name, const Column& x, const Column& y) {
  const Real n = x.n;
  const Real m2x = x.Moment(2);
  const Real m2y = y.Moment(2);
  const Real c = Comoment(x, y);
  const double condition = std::max(x.Condition(), y.Condition());
  if (x.n < (name == "cov_pop" ? 1U : 2U)) return Undefined();
  if (Overflows(m2x) || Overflows(m2y) || Overflows(c)) return Overflow();
  const Real product = sqrt(m2x) * sqrt(m2y);
  if (name == "corr") {
    if (product == 0) return Undefined();
    return Rated(c / product, 1, condition);
  }
  const Real divisor = name == "cov_pop" ? n : Real(n - 1);
  return Rated(c / divisor, static_cast<double>(Real(product / divisor)), condition);
}

Answer Trend(const Column& x, const Column& t) {
  const Real m2t = t.Moment(2);
  const Real m2x = x.Moment(2);
  if (m2t == 0) return Undefined();
  if (Overflows(m2x)) return Overflow();
  // Times are in milliseconds, the slope is per second. Times are whole numbers whatever the era,
  // so only the conditioning of x may cost the engine its answer.
  Answer answer = Rated(1000 * Comoment(x, t) / m2t,
                        static_cast<double>(Real(1000 * sqrt(Real(m2x / m2t)))), x.Condition());
  if (t.Condition() > kIllConditioned) answer.tolerance = 1e-9;
  return answer;
}

}  // namespace

Answer MomentFamily(const Feature& feature, std::span<const Item> items) {
  const std::string& name = feature.aggregation;
  const Column x(Xs(items));
  if (name == "trend") return Trend(x, Column(Times(items)));
  if (name == "cov_pop" || name == "cov_samp" || name == "corr") {
    return Covariance(name, x, Column(Ys(items)));
  }
  if (name.starts_with("skew")) return Skewness(name, x);
  if (name.starts_with("kurtosis")) return Kurtosis(name, x);
  return Variance(name, x);
}

}  // namespace millrace::oracle
