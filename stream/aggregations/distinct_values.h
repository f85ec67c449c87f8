// Different values.
//
//   distinct                the values, ascending; at most `max_values` (1,024)
//   count_distinct          how many, exactly; at most `max_values` (4,096)
//   bounded_count_distinct  min(k, how many)
//   approx_count_distinct   an estimate of how many: exact up to 256, then HyperLogLog of precision
//                           p (12) with the estimator of O. Ertl, "New cardinality estimation
//                           algorithms for HyperLogLog sketches", 2017; standard
//                           error 1.04/sqrt(2^p)
//
// Beyond `max_values` the answer is `truncated`: the smallest of the values (of their hashes, where
// they are only counted) are kept, so it is the same whatever the order of arrival. Counting rests
// on 64-bit hashes (xxh3, with the type). None: 0 for the counts; `distinct` is missing.
//
// Class E. `distinct` and `count_distinct` count every value, so that a retraction subtracts; the
// others fold their tile again.

#ifndef MILLRACE_STREAM_AGGREGATIONS_DISTINCT_VALUES_H_
#define MILLRACE_STREAM_AGGREGATIONS_DISTINCT_VALUES_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

absl::StatusOr<Aggregation> BindDistinct(const AggregationInput& input);
absl::StatusOr<Aggregation> BindCountDistinct(const AggregationInput& input);
absl::StatusOr<Aggregation> BindBoundedCountDistinct(const AggregationInput& input);
absl::StatusOr<Aggregation> BindApproxCountDistinct(const AggregationInput& input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_DISTINCT_VALUES_H_
