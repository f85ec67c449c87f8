// The aggregations there are, as a table: name, inputs, options, and how each is bound. One row
// here, one pair of files, one line of docs/reference/aggregations.md each. Thread-safe: constant
// data.

#ifndef MILLRACE_STREAM_AGGREGATIONS_AGGREGATION_TABLE_H_
#define MILLRACE_STREAM_AGGREGATIONS_AGGREGATION_TABLE_H_

#include <cstdint>
#include <optional>
#include <span>

#include "absl/strings/string_view.h"
#include "stream/aggregations/aggregation.h"

namespace millrace {

enum class OptionKind : uint8_t { kInt, kDouble, kDuration };

struct AggregationOption {
  absl::string_view name;
  OptionKind kind = OptionKind::kInt;
  bool required = false;
  double least = 0;  // inclusive, in ms for durations
  double most = 0;
  bool above = false;  // `least` itself is too little
};

enum class EveryRecord : uint8_t {
  kRefused,   // "*" is no input of it
  kCounted,   // "*" stands for the records themselves
  kOnly,      // the same, and nothing else will do; which of them count says the feature's `where`
  kAsValues,  // "*" stands for a value that every record has
};

struct AggregationType {
  absl::string_view name;
  BindAggregation bind = nullptr;
  EveryRecord every_record = EveryRecord::kRefused;
  absl::string_view second_input;  // its key: "with", "order_by"; empty: there is none
  bool second_required = false;
  std::span<const AggregationOption> options;
  absl::string_view meaning;  // one sentence, for documents
};

std::span<const AggregationType> AggregationTypes();
// Null for an unknown name.
const AggregationType* FindAggregationType(absl::string_view name);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_AGGREGATION_TABLE_H_
