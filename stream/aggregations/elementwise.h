// Elementwise: an aggregation of each component of vectors of one length. The answer is a vector of
// the answers; where one of them is undefined, so is the whole.
//
// Class, merging and retraction are those of the aggregation inside.

#ifndef MILLRACE_STREAM_AGGREGATIONS_ELEMENTWISE_H_
#define MILLRACE_STREAM_AGGREGATIONS_ELEMENTWISE_H_

#include "stream/aggregations/aggregation.h"

namespace millrace {

// `inside` is bound to doubles. Errors (InvalidArgument): its answer is no number.
absl::StatusOr<Aggregation> Elementwise(const Aggregation& inside, int32_t dim);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_ELEMENTWISE_H_
