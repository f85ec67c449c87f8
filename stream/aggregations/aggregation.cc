#include "stream/aggregations/aggregation.h"

#include <cmath>

namespace millrace {

void Finalise(const Aggregation& aggregation, const Folded& folded, Answer* answer) {
  answer->state = ResultState::kPresent;
  answer->error.reset();
  answer->value = Value::Null();
  if (aggregation.when_empty == WhenEmpty::kNothing) {
    if (folded.nothing()) return answer->Fail(ResultState::kMissing);
    if (folded.n <= 0) return answer->Fail(ResultState::kNull);
  }
  FinaliseFinite(aggregation, folded, answer);
}

void FinaliseFinite(const Aggregation& aggregation, const Folded& folded, Answer* answer) {
  aggregation.finalise(folded, answer);
  if (answer->value.type() == Type::kDouble && !std::isfinite(answer->value.double_value())) {
    answer->Fail(ResultState::kOverflow);
  }
}

}  // namespace millrace
