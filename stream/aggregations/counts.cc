#include "stream/aggregations/counts.h"

namespace millrace {

absl::StatusOr<Aggregation> BindCount(const AggregationInput& input) {
  Aggregation bound;
  bound.result = Type::kInt;
  bound.when_empty = WhenEmpty::kZero;
  const bool records = input.value == Type::kNull;
  bound.finalise = [records](const Folded& folded, Answer* answer) {
    answer->Set(Value::Int(records ? folded.records : folded.n));
  };
  return bound;
}

absl::StatusOr<Aggregation> BindRatio(const AggregationInput& input) {
  if (input.value != Type::kNull) {
    return absl::InvalidArgumentError("'ratio' takes \"*\" only: its 'where' says what is counted");
  }
  Aggregation bound;
  bound.result = Type::kDouble;
  bound.when_empty = WhenEmpty::kZero;
  bound.counts_candidates = true;
  bound.finalise = [](const Folded& folded, Answer* answer) {
    if (folded.candidates == 0 && folded.live == 0) return answer->Fail(ResultState::kMissing);
    if (folded.candidates <= 0) return answer->Fail(ResultState::kNull);
    answer->Set(Value::Double(static_cast<double>(folded.records) /
                              static_cast<double>(folded.candidates)));
  };
  return bound;
}

absl::StatusOr<Aggregation> BindRate(const AggregationInput& input) {
  if (input.window_ms <= 0) {
    return absl::InvalidArgumentError("'rate' needs a window of a fixed length, such as 1h");
  }
  Aggregation bound;
  bound.result = Type::kDouble;
  bound.when_empty = WhenEmpty::kZero;
  const bool records = input.value == Type::kNull;
  const double seconds = static_cast<double>(input.window_ms) / 1000;
  bound.finalise = [records, seconds](const Folded& folded, Answer* answer) {
    answer->Set(Value::Double(static_cast<double>(records ? folded.records : folded.n) / seconds));
  };
  return bound;
}

}  // namespace millrace
