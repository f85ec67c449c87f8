// Comoments: covariance, correlation and trend.
//
//   cov_pop    C / n                      pairs of `x` and `with: y`, both not null; n >= 1
//   cov_samp   C / (n - 1)                n >= 2
//   corr       C / sqrt(M2x M2y)          n >= 2 and both vary, else null; within [-1, 1]
//   trend      least-squares slope of x over event time, per second; 2 different times or more
//
// Merging: Pébay, SAND2008-6212, equation 3.6; means relative to the first pair of the state, as in
// moments.h. A result that overflows is null, `overflow`.
//
// Class R; a retraction folds its tile again.

#ifndef MILLRACE_STREAM_AGGREGATIONS_COMOMENTS_H_
#define MILLRACE_STREAM_AGGREGATIONS_COMOMENTS_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

absl::StatusOr<Aggregation> BindCovPop(const AggregationInput& input);
absl::StatusOr<Aggregation> BindCovSamp(const AggregationInput& input);
absl::StatusOr<Aggregation> BindCorr(const AggregationInput& input);
absl::StatusOr<Aggregation> BindTrend(const AggregationInput& input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_COMOMENTS_H_
