#include "stream/aggregations/aggregation.h"

namespace millrace {

void Finalise(const Aggregation& aggregation, const Folded& folded, Answer* answer) {
  answer->state = ResultState::kPresent;
  answer->error.reset();
  answer->value = Value::Null();
  if (aggregation.when_empty == WhenEmpty::kNothing) {
    if (folded.records == 0 && folded.n == 0) return answer->Fail(ResultState::kMissing);
    if (folded.n <= 0) return answer->Fail(ResultState::kNull);
  }
  aggregation.finalise(folded, answer);
}

}  // namespace millrace
