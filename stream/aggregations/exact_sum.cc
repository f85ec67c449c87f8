#include "stream/aggregations/exact_sum.h"

#include <cmath>
#include <cstddef>

namespace millrace {
namespace {

// Shewchuk's GROW-EXPANSION with zero elimination: partials stay non-overlapping, smallest first.
void Grow(double x, Expansion* partials) {
  size_t kept = 0;
  for (size_t i = 0; i < partials->size(); ++i) {
    double sum, error;
    TwoSum((*partials)[i], x, &sum, &error);
    if (error != 0) (*partials)[kept++] = error;
    x = sum;
  }
  partials->resize(kept);
  if (x != 0) partials->push_back(x);
}

// The sum of non-overlapping partials, smallest first, rounded to nearest even (math.fsum).
double Round(const Expansion& partials) {
  if (partials.empty()) return 0;
  size_t n = partials.size();
  double high = partials[--n];
  double low = 0;
  while (n > 0) {
    const double x = high;
    const double y = partials[--n];
    high = x + y;
    low = y - (high - x);
    if (low != 0) break;
  }
  // Half-way cases are decided by the sign of what lies below.
  if (n > 0 && ((low < 0 && partials[n - 1] < 0) || (low > 0 && partials[n - 1] > 0))) {
    const double y = low * 2;
    const double x = high + y;
    if (y == x - high) high = x;
  }
  return high;
}

}  // namespace

void AddToExpansion(double x, Expansion* sum) {
  Expansion partials;
  for (size_t i = sum->size(); i > 0; --i) Grow((*sum)[i - 1], &partials);
  Grow(x, &partials);
  sum->clear();
  while (!partials.empty()) {
    const double component = Round(partials);
    sum->push_back(component);
    Grow(-component, &partials);
  }
}

double DividePair(double high, double low, int64_t n) {
  const auto divisor = static_cast<double>(n);
  const double quotient = high / divisor;
  if (!std::isfinite(quotient)) return quotient;
  const double remainder = std::fma(-quotient, divisor, high);  // exact
  return quotient + (remainder + low) / divisor;
}

void PairOfInteger(__int128 v, double* high, double* low) {
  *high = static_cast<double>(v);
  *low = static_cast<double>(v - static_cast<__int128>(*high));
}

}  // namespace millrace
