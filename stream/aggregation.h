// Aggregation: what a feature computes over the records of its window. Each is a set of pure
// functions over a flat state; classes E (exact), R (rounded) and S (sequence) are those of
// docs/windows.md. Thread-safe: no state of its own.

#ifndef MILLRACE_STREAM_AGGREGATION_H_
#define MILLRACE_STREAM_AGGREGATION_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "core/value.h"

namespace millrace {

// The numbers are stored on disk: append only.
enum class AggregationKind : uint8_t {
  kCount = 0,
  kSum = 1,
  kMean = 2,
  kMin = 3,
  kMax = 4,
  kLast = 5,
};

// "count", "sum", …; and back, nullopt for an unknown word.
absl::string_view AggregationName(AggregationKind kind);
std::optional<AggregationKind> FindAggregation(absl::string_view name);

// The type of the answer for an input type; nullopt when the aggregation does not take it.
// For `count: "*"` the input type is kNull.
std::optional<Type> ResultType(AggregationKind kind, Type input);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATION_H_
