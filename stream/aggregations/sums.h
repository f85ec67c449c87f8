// Sums: `sum` and `mean`. Integers and durations are summed in 128 bits: a sum outside of 64 is
// null, `overflow`. Doubles are summed exactly and rounded once, at the end
// (stream/aggregations/exact_sum.h); magnitudes above 2^960 count as null. A mean is the exact sum
// divided once.
//
// Class E, retracted by subtraction, also before the insertion: then a mean of n <= 0 is null.

#ifndef MILLRACE_STREAM_AGGREGATIONS_SUMS_H_
#define MILLRACE_STREAM_AGGREGATIONS_SUMS_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

absl::StatusOr<Aggregation> BindSum(const AggregationInput& input);
absl::StatusOr<Aggregation> BindMean(const AggregationInput& input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_SUMS_H_
