// Values by rank: `top_k` (largest first) and `bottom_k` (smallest first), with repeats; ranked by
// themselves or by `order_by`. Ties: the earlier record first.
//
// Class E; a retraction folds its tile again.

#ifndef MILLRACE_STREAM_AGGREGATIONS_RANKED_VALUES_H_
#define MILLRACE_STREAM_AGGREGATIONS_RANKED_VALUES_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

absl::StatusOr<Aggregation> BindTopK(const AggregationInput& input);
absl::StatusOr<Aggregation> BindBottomK(const AggregationInput& input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_RANKED_VALUES_H_
