// The stored states of aggregations. The input: a byte that chooses the aggregation, one that
// chooses the type of its values and whether it is by category, the number of values less one, and
// the bytes of a state. What parses is written in one canonical way, merges, grows, and answers
// with something finite.

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "core/check.h"
#include "core/collection.h"
#include "stream/aggregations/aggregation_table.h"
#include "stream/aggregations/bind.h"
#include "tests/fuzz/input_parts.h"
#include "tests/fuzz/target.h"

namespace millrace {
namespace {

constexpr int64_t kBaseMs = 1'357'016'400'000;
constexpr int64_t kMinuteMs = 60'000;

constexpr Type kTypes[] = {Type::kInt,  Type::kDouble,    Type::kString,
                           Type::kBool, Type::kTimestamp, Type::kDuration};

Value SomeValue(Type type, int i) {
  switch (type) {
    case Type::kBool: return Value::Bool(i % 2 == 0);
    case Type::kInt: return Value::Int(i);
    case Type::kDouble: return Value::Double(0.5 + i);
    case Type::kTimestamp: return Value::Timestamp(kBaseMs + i);
    case Type::kDuration: return Value::Duration(i);
    case Type::kString: return Value::String(i % 2 == 0 ? "a" : "b");
    default: return Value::Null();
  }
}

AggregationOptions RequiredOptions(const AggregationType& type) {
  AggregationOptions options;
  for (const AggregationOption& option : type.options) {
    if (!option.required) continue;
    // Small enough for limits to be met.
    options.Set(option.name, option.kind == OptionKind::kDouble     ? 0.5
                             : option.kind == OptionKind::kDuration ? kMinuteMs
                                                                    : 3.0);
  }
  return options;
}

// Nullopt where the table has no such aggregation.
struct Bound {
  Aggregation aggregation;
  Type value = Type::kNull;
  Type other = Type::kNull;
  Type category = Type::kNull;
};
std::optional<Bound> Bind(uint8_t which, uint8_t how) {
  const AggregationType& type = AggregationTypes()[which % AggregationTypes().size()];
  Bound bound;
  bound.value =
      type.every_record == EveryRecord::kOnly ? Type::kNull : kTypes[how % std::size(kTypes)];
  if (type.second_required) bound.other = Type::kDouble;
  AggregationRequest request;
  request.type = &type;
  request.input = {bound.value, bound.other, RequiredOptions(type), 60 * kMinuteMs};
  if (how / std::size(kTypes) % 2 == 1) {
    bound.category = Type::kString;
    request.by.emplace();
  }
  auto aggregation = BindAggregationTo(request);
  if (!aggregation.ok() || aggregation->accumulator == nullptr) return std::nullopt;
  bound.aggregation = *std::move(aggregation);
  return bound;
}

struct State {
  explicit State(const Accumulator& accumulator)
      : words(static_cast<size_t>(accumulator.words())) {}
  StateRef ref() const { return {n, words.data(), &parts}; }

  int64_t n = 0;
  std::vector<uint64_t> words;
  StateParts parts;
};

bool Decode(const Accumulator& accumulator, absl::string_view bytes, int64_t n, State* state) {
  state->n = n;
  return accumulator.Decode(&bytes, n, kBaseMs, state->words.data(), &state->parts) &&
         bytes.empty();
}

std::string Encode(const Accumulator& accumulator, const State& state) {
  std::string bytes;
  accumulator.Encode(state.ref(), kBaseMs, &bytes);
  return bytes;
}

void CheckAnswer(const Aggregation& aggregation, const State& state) {
  Folded folded;
  folded.records = folded.live = folded.candidates = folded.n = state.n;
  folded.words = state.words.data();
  folded.parts = &state.parts;
  folded.at_ms = kBaseMs + 60 * kMinuteMs;
  folded.asked = {kBaseMs, folded.at_ms};
  Answer answer;
  Finalise(aggregation, folded, &answer);
  const Value value = answer.value;
  CHECK(value.is_null() || value.type() == aggregation.result.type);
  CHECK(value.type() != Type::kDouble || std::isfinite(value.double_value()));
  CHECK(!IsCollection(value.type()) || IsWellFormed(value));
  CHECK(!answer.error.has_value() || std::isfinite(*answer.error));
}

void AddSomeValues(const Bound& bound, State* state) {
  for (int i = 0; i < 4; ++i) {
    const std::array<uint64_t, 3> order = {static_cast<uint64_t>(kBaseMs + 50 * kMinuteMs + i), 0,
                                           static_cast<uint64_t>(1'000 + i)};
    const Sample sample = {order.data(), SomeValue(bound.value, i), SomeValue(bound.other, i),
                           SomeValue(bound.category, i)};
    bound.aggregation.accumulator->Add(sample, state->n, state->words.data(), &state->parts);
    ++state->n;
  }
}

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  InputParts parts(input);
  const uint8_t which = parts.Byte();
  const auto bound = Bind(which, parts.Byte());
  if (!bound.has_value()) return Verdict::kRefused;
  const Accumulator& accumulator = *bound->aggregation.accumulator;
  const int64_t n = parts.Byte() + 1;
  State state(accumulator);
  if (!Decode(accumulator, parts.rest(), n, &state)) return Verdict::kRefused;

  const std::string bytes = Encode(accumulator, state);
  State same(accumulator);
  CHECK(Decode(accumulator, bytes, n, &same));
  CHECK(Encode(accumulator, same) == bytes);
  CheckAnswer(bound->aggregation, state);

  State merged(accumulator);
  accumulator.Merge(state.ref(), 0, merged.words.data(), &merged.parts);
  merged.n = n;
  AddSomeValues(*bound, &same);
  accumulator.Merge(same.ref(), merged.n, merged.words.data(), &merged.parts);
  merged.n += same.n;
  CheckAnswer(bound->aggregation, merged);
  return Verdict::kAccepted;
}

}  // namespace millrace
