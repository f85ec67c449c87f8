// Quantiles: `quantile: x, q` and `median: x`. Exact up to 256 values: linear interpolation at
// (n - 1) q between the ordered values. Beyond, the sketch of Z. Karnin, K. Lang and E. Liberty,
// "Optimal Quantile Approximation in Streams", 2016, with k = 200, on doubles; smallest and largest
// value stay exact. Rank error about 2.296 / k^0.9723 = 1.33 % at 99 % (the fit of Apache
// DataSketches), returned with the value.
//
// Class R; a retraction folds its tile again.

#ifndef MILLRACE_STREAM_AGGREGATIONS_QUANTILES_H_
#define MILLRACE_STREAM_AGGREGATIONS_QUANTILES_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

absl::StatusOr<Aggregation> BindQuantile(const AggregationInput& input);
absl::StatusOr<Aggregation> BindMedian(const AggregationInput& input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_QUANTILES_H_
