// Moments: variance, standard deviation, skewness and kurtosis, of a population and of a sample.
//
//   var_pop    M2 / n                                        n >= 1
//   var_samp   M2 / (n - 1)                                  n >= 2; std_* are the roots
//   skew_pop   g1 = sqrt(n) M3 / M2^1.5                      n >= 3, M2 > 0
//   skew_samp  g1 sqrt(n (n - 1)) / (n - 2)
//   kurtosis_pop   g2 = n M4 / M2^2 - 3                      n >= 4, M2 > 0
//   kurtosis_samp  (n - 1) / ((n - 2)(n - 3)) ((n + 1) g2 + 6)
//
// With fewer values, or none that differ, the answer is null. Merging: P. Pébay, "Formulas for
// Robust, One-Pass Parallel Computation of Covariances and Arbitrary-Order Statistical Moments",
// SAND2008-6212, equations 2.1 and 3.1. Deviation: means are kept relative to the first value of
// the state (the origin), so that values far from zero that lie close together lose nothing.
// A moment that overflows is null, `overflow`.
//
// Class R; a retraction folds its tile again.

#ifndef MILLRACE_STREAM_AGGREGATIONS_MOMENTS_H_
#define MILLRACE_STREAM_AGGREGATIONS_MOMENTS_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

absl::StatusOr<Aggregation> BindVarPop(const AggregationInput& input);
absl::StatusOr<Aggregation> BindVarSamp(const AggregationInput& input);
absl::StatusOr<Aggregation> BindStdPop(const AggregationInput& input);
absl::StatusOr<Aggregation> BindStdSamp(const AggregationInput& input);
absl::StatusOr<Aggregation> BindSkewPop(const AggregationInput& input);
absl::StatusOr<Aggregation> BindSkewSamp(const AggregationInput& input);
absl::StatusOr<Aggregation> BindKurtosisPop(const AggregationInput& input);
absl::StatusOr<Aggregation> BindKurtosisSamp(const AggregationInput& input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_MOMENTS_H_
