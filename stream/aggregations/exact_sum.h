// Exact sums of doubles: the state is a bit-for-bit function of the multiset of addends, whatever
// their order, and is rounded once, at the end. Pure functions; thread-safe.
//
// A sum is kept as a list of doubles that add up to it exactly: J. R. Shewchuk, "Adaptive Precision
// Floating-Point Arithmetic and Fast Robust Geometric Predicates", 1997, Theorems 7 and 10, as in
// Python's math.fsum. Two components, Neumaier's pair, nearly always do; a longer list is needed
// when magnitudes differ by more than about 2^53. Deviation: lists are kept in canonical form, so
// that equal sums have equal components.
//
// REQUIRES throughout: addends are finite and at most kLargestAddend in magnitude.

#ifndef MILLRACE_STREAM_AGGREGATIONS_EXACT_SUM_H_
#define MILLRACE_STREAM_AGGREGATIONS_EXACT_SUM_H_

#include <cstdint>

#include "absl/container/inlined_vector.h"

namespace millrace {

// Larger addends count as null, so that no intermediate overflows.
inline constexpr double kLargestAddend = 0x1p960;

// Canonical form: component i is what remains after the components before it, rounded to nearest.
// Largest first, no zeros; empty for zero.
using Expansion = absl::InlinedVector<double, 8>;

// a + b = *sum + *error exactly, *sum rounded to nearest (Knuth).
inline void TwoSum(double a, double b, double* sum, double* error) {
  const double s = a + b;
  const double b_virtual = s - a;
  *error = (a - (s - b_virtual)) + (b - b_virtual);
  *sum = s;
}

// Adds x to the pair. False, and nothing changed, when two components cannot hold the result.
// Invariant: *high == *high + *low rounded, that is, the pair is canonical.
inline bool AddToPair(double x, double* high, double* low) {
  double sum, error, rest, residual;
  TwoSum(*high, x, &sum, &error);
  TwoSum(*low, error, &rest, &residual);
  if (residual != 0) return false;
  TwoSum(sum, rest, high, low);
  return true;
}

// Adds x to *sum and makes it canonical again.
void AddToExpansion(double x, Expansion* sum);

// (high + low) / n, rounded once but for ties that 106 bits cannot tell. REQUIRES: n > 0,
// canonical.
double DividePair(double high, double low, int64_t n);

// The integer as a canonical pair, exact up to 106 bits.
void PairOfInteger(__int128 v, double* high, double* low);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_EXACT_SUM_H_
