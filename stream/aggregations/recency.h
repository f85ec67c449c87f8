// Recency: `time_since` and `time_since_first`, T less the event time of the newest or the oldest
// record with a value (`"*"`: any record), in milliseconds.
//
// Class E; a retraction folds its tile again.

#ifndef MILLRACE_STREAM_AGGREGATIONS_RECENCY_H_
#define MILLRACE_STREAM_AGGREGATIONS_RECENCY_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

absl::StatusOr<Aggregation> BindTimeSince(const AggregationInput& input);
absl::StatusOr<Aggregation> BindTimeSinceFirst(const AggregationInput& input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_RECENCY_H_
