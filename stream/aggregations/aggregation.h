// Aggregation: what a feature computes over the records of its window, bound to the types of its
// inputs and to its options: the accumulator that keeps the state of a tile, and the function that
// makes the answer of a state. Immutable; thread-safe.
//
// Which there are stands in aggregation_table.h, what each means in the header of its family and in
// docs/reference/aggregations.md.

#ifndef MILLRACE_STREAM_AGGREGATIONS_AGGREGATION_H_
#define MILLRACE_STREAM_AGGREGATIONS_AGGREGATION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/aggregations/accumulator.h"
#include "stream/window.h"

namespace millrace {

enum class ResultState : uint8_t { kPresent, kNull, kMissing, kOverflow, kTruncated };

// The answer of a feature.
struct Answer {
  Value value;        // its bytes lie in the state or in `bytes`
  std::string bytes;  // reused from answer to answer
  ResultState state = ResultState::kPresent;
  // How far off the value may be where it is estimated: relative standard error (distinct counts),
  // rank error at 99 % (quantiles), largest undercount (frequencies).
  std::optional<double> error;

  void Set(const Value& v) { value = v; }
  void Fail(ResultState why) {
    value = Value::Null();
    state = why;
  }
};

// What an answer is made of: the fold of the records of a window that pass the feature's `where`.
struct Folded {
  int64_t records = 0;     // that pass `where`; negative where more were taken back than came
  int64_t live = 0;        // of them, without those that were taken back before they came
  int64_t candidates = 0;  // whether they pass or not
  int64_t n = 0;           // of them, with a value
  const uint64_t* words = nullptr;
  const StateParts* parts = nullptr;
  int64_t at_ms = 0;  // T
  Span asked;

  // No record is in the window.
  bool nothing() const { return records == 0 && live == 0; }
  StateRef state() const { return {n, words, parts}; }
};

// What a window without records, or without values, answers.
enum class WhenEmpty : uint8_t { kNothing, kZero };

struct Aggregation {
  ValueType result;
  // Null where the numbers of records and values suffice.
  std::shared_ptr<const Accumulator> accumulator;
  // Aggregations of equal keys over one column share one state.
  std::string state_key;
  WhenEmpty when_empty = WhenEmpty::kNothing;
  // It needs Folded::candidates.
  bool counts_candidates = false;
  // A double may turn out not finite: callers use the functions below. REQUIRES of the caller:
  // n > 0, unless when_empty is kZero.
  std::function<void(const Folded&, Answer*)> finalise;
};

// The answer with the rules that hold for all aggregations: nothing in the window is missing, no
// value in it is null.
void Finalise(const Aggregation& aggregation, const Folded& folded, Answer* answer);
// Calls aggregation.finalise and makes of a number that is not finite an overflow. For aggregations
// inside others.
void FinaliseFinite(const Aggregation& aggregation, const Folded& folded, Answer* answer);

// The options of a feature, by name, as numbers; durations in ms.
class AggregationOptions {
 public:
  void Set(absl::string_view name, double value) { values_[std::string(name)] = value; }
  std::optional<double> Find(absl::string_view name) const {
    const auto found = values_.find(std::string(name));
    return found == values_.end() ? std::nullopt : std::optional<double>(found->second);
  }
  double Get(absl::string_view name, double otherwise) const {
    return Find(name).value_or(otherwise);
  }
  int64_t GetInt(absl::string_view name, int64_t otherwise) const {
    const auto found = Find(name);
    return found ? static_cast<int64_t>(*found) : otherwise;
  }

 private:
  std::map<std::string, double> values_;
};

// What an aggregation is asked to work on.
struct AggregationInput {
  ValueType value;  // kNull: every record ("*")
  ValueType other;  // of the second input; kNull: none
  AggregationOptions options;
  // Length of the window in ms; 0: it has none that is fixed.
  int64_t window_ms = 0;
};

// Errors (InvalidArgument): one sentence without position, about the types.
using BindAggregation = absl::StatusOr<Aggregation> (*)(const AggregationInput&);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATIONS_AGGREGATION_H_
