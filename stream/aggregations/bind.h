// BindAggregationTo: an aggregation of the table, as a feature asks for it: over scalars, over the
// items of a list, per key of a map, per category of another field, or element by element over
// vectors. Pure function; thread-safe.

#ifndef MILLRACE_STREAM_AGGREGATIONS_BIND_H_
#define MILLRACE_STREAM_AGGREGATIONS_BIND_H_

#include <optional>

#include "absl/status/statusor.h"
#include "stream/aggregations/aggregation.h"
#include "stream/aggregations/aggregation_table.h"
#include "stream/aggregations/by_category.h"

namespace millrace {

struct AggregationRequest {
  const AggregationType* type = nullptr;
  AggregationInput input;
  // The second input is a category: an answer for each.
  std::optional<ByCategoryOptions> by;
  bool elementwise = false;
};

// Errors (InvalidArgument): one sentence without position, about types or what does not go
// together. REQUIRES: options within the bounds of the table.
absl::StatusOr<Aggregation> BindAggregationTo(const AggregationRequest& request);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_BIND_H_
