// Extremes: `min`, `max` and, of another input at the extreme of `order_by`, `arg_min`, `arg_max`.
// Numbers by value, strings and bytes bytewise, false before true. On ties arg_min and arg_max take
// the first record in the total order.
//
// Class E; a retraction folds its tile again.

#ifndef MILLRACE_STREAM_AGGREGATIONS_EXTREMES_H_
#define MILLRACE_STREAM_AGGREGATIONS_EXTREMES_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

absl::StatusOr<Aggregation> BindMin(const AggregationInput& input);
absl::StatusOr<Aggregation> BindMax(const AggregationInput& input);
absl::StatusOr<Aggregation> BindArgMin(const AggregationInput& input);
absl::StatusOr<Aggregation> BindArgMax(const AggregationInput& input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_EXTREMES_H_
