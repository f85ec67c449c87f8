// ByCategory: an aggregation per category of another field (`by: field`), or per key of a map. The
// answer is a map from the category's text to the answer of its values.
//
// Categories that are null are skipped. At most `max_keys` (1,024) are kept, the bytewise smallest;
// beyond, the answer is `truncated`. `top: n` shows only n of them: with `top_by: key` those with
// the largest keys, with `top_by: value` (the default) the largest values, ties by the smaller key.
//
// Class, merging and retraction are those of the aggregation inside.

#ifndef MILLRACE_STREAM_AGGREGATIONS_BY_CATEGORY_H_
#define MILLRACE_STREAM_AGGREGATIONS_BY_CATEGORY_H_

#include <cstddef>
#include <optional>

#include "stream/aggregations/aggregation.h"

namespace millrace {

struct ByCategoryOptions {
  size_t max_keys = 1'024;
  std::optional<size_t> top;
  enum class Rank : uint8_t { kValue, kKey } top_by = Rank::kValue;
};

// `inside` is bound to the value; the second input of the samples is the category.
// Errors (InvalidArgument): its answer is no scalar.
absl::StatusOr<Aggregation> ByCategory(const Aggregation& inside, const ByCategoryOptions& options);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_BY_CATEGORY_H_
