// Aggregations whose answer is a value that their state keeps as it came.

#ifndef MILLRACE_STREAM_AGGREGATIONS_STORED_VALUE_H_
#define MILLRACE_STREAM_AGGREGATIONS_STORED_VALUE_H_

#include <cstddef>
#include <memory>

#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/aggregations/accumulator.h"
#include "stream/aggregations/aggregation.h"

namespace millrace {

// Answers with the value of type `result`, a scalar, at `word` of the state. `name` is its state's
// key too.
Aggregation StoredValue(absl::string_view name, const ValueType& result,
                        std::shared_ptr<const Accumulator> accumulator, size_t word);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_STORED_VALUE_H_
