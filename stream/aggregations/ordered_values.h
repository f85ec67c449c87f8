// Values by their place in the total order.
//
//   first, last     value of the oldest, newest record
//   nth: x, k       the k-th newest, 0 is the newest
//   first_k, last_k       the k oldest (oldest first), newest (newest first)
//   first_distinct, last_distinct   k different values by their first (oldest first), by their
//                                   latest occurrence (newest first)
//
// Too few values for `nth`: null. Of values at one place (items of one list) the later counts as
// newer. Class E; a retraction folds its tile again.

#ifndef MILLRACE_STREAM_AGGREGATIONS_ORDERED_VALUES_H_
#define MILLRACE_STREAM_AGGREGATIONS_ORDERED_VALUES_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

absl::StatusOr<Aggregation> BindFirst(const AggregationInput& input);
absl::StatusOr<Aggregation> BindLast(const AggregationInput& input);
absl::StatusOr<Aggregation> BindNth(const AggregationInput& input);
absl::StatusOr<Aggregation> BindFirstK(const AggregationInput& input);
absl::StatusOr<Aggregation> BindLastK(const AggregationInput& input);
absl::StatusOr<Aggregation> BindFirstDistinct(const AggregationInput& input);
absl::StatusOr<Aggregation> BindLastDistinct(const AggregationInput& input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_ORDERED_VALUES_H_
