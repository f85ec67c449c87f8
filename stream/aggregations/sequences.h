// What depends on the sequence of the values.
//
//   ew_mean: x, alpha   sum of x_i (1 - alpha)^i / sum of (1 - alpha)^i, i = 0 the newest
//   drawdown            largest (x_i - x_j) / x_i over i before j with x_i > 0: how far it fell
//   from
//                       a peak. 0 if it never falls; null for fewer than 2 values or without a
//                       positive one
//
// Class S: only adjacent spans merge. A retraction folds its tile again.

#ifndef MILLRACE_STREAM_AGGREGATIONS_SEQUENCES_H_
#define MILLRACE_STREAM_AGGREGATIONS_SEQUENCES_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

absl::StatusOr<Aggregation> BindEwMean(const AggregationInput& input);
absl::StatusOr<Aggregation> BindDrawdown(const AggregationInput& input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_SEQUENCES_H_
