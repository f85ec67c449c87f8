// Exponential decay: a record at t weighs 2^(-(T - t) / half_life) at the read time T, whatever the
// window's lag.
//
//   decay_count  sum of the weights of the values (`"*"`: of the records)
//   decay_sum    sum of weight times value
//   decay_mean   decay_sum / decay_count
//   decay_rate   decay_count ln 2 / half_life, per second
//
// Nothing: decay_count and decay_rate are 0.0, the others missing. The sums stand at a reference
// time of the state and move on with it; merging scales the older by 2^(-d / half_life).
//
// Class R; a retraction folds its tile again. Sums that overflow are null, `overflow`.

#ifndef MILLRACE_STREAM_AGGREGATIONS_DECAY_H_
#define MILLRACE_STREAM_AGGREGATIONS_DECAY_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

absl::StatusOr<Aggregation> BindDecaySum(const AggregationInput& input);
absl::StatusOr<Aggregation> BindDecayCount(const AggregationInput& input);
absl::StatusOr<Aggregation> BindDecayMean(const AggregationInput& input);
absl::StatusOr<Aggregation> BindDecayRate(const AggregationInput& input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_DECAY_H_
