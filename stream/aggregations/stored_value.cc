#include "stream/aggregations/stored_value.h"

#include <string>
#include <utility>

#include "stream/aggregations/values.h"

namespace millrace {

Aggregation StoredValue(absl::string_view name, const ValueType& result,
                        std::shared_ptr<const Accumulator> accumulator, size_t word) {
  Aggregation bound;
  bound.result = result;
  bound.state_key = std::string(name);
  bound.accumulator = std::move(accumulator);
  bound.finalise = [type = result.type, word](const Folded& folded, Answer* answer) {
    answer->Set(LoadValue(type, folded.words[word], *folded.parts));
  };
  return bound;
}

}  // namespace millrace
