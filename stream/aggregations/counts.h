// Counts: what needs no more than the numbers of records and values of a tile.
//
//   count: "*"   records that pass `where`
//   count: x     of them, with a value
//   ratio: "*"   records that pass `where` / all records
//   rate: "*"    count / length of the window in seconds; `rate: x` the same of values
//
// Class E, retracted by subtraction. An empty window counts 0 and has the rate 0.0; its ratio is
// missing. `rate` needs a window of a fixed length.

#ifndef MILLRACE_STREAM_AGGREGATIONS_COUNTS_H_
#define MILLRACE_STREAM_AGGREGATIONS_COUNTS_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

absl::StatusOr<Aggregation> BindCount(const AggregationInput& input);
absl::StatusOr<Aggregation> BindRatio(const AggregationInput& input);
absl::StatusOr<Aggregation> BindRate(const AggregationInput& input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_COUNTS_H_
