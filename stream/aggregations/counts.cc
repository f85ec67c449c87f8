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
  Aggregation bound;
  bound.result = Type::kDouble;
  bound.when_empty = WhenEmpty::kZero;
  bound.counts_candidates = true;
  const bool records = input.value == Type::kNull;
  bound.finalise = [records](const Folded& folded, Answer* answer) {
    if (folded.candidates == 0) return answer->Fail(ResultState::kMissing);
    if (folded.candidates < 0) return answer->Fail(ResultState::kNull);
    const int64_t part = records ? folded.records : folded.n;
    answer->Set(Value::Double(static_cast<double>(part) / static_cast<double>(folded.candidates)));
  };
  return bound;
}

absl::StatusOr<Aggregation> BindRate(const AggregationInput& input) {
  if (input.window_ms <= 0) {
    return absl::InvalidArgumentError("'rate' needs a window of a fixed length");
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
