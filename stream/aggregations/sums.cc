#include "stream/aggregations/sums.h"

#include <bit>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/type_words.h"
#include "stream/aggregations/expansion_words.h"
#include "stream/aggregations/values.h"
#include "stream/state_limits.h"

namespace millrace {
namespace {

constexpr size_t kMaxComponents = 64;
// What 2^40 of the largest addends come to; the sum of many such sums is still finite.
constexpr double kLargestSum = kLargestAddend * 0x1p40;

__int128 GetInt128(const uint64_t* words) {
  return static_cast<__int128>(static_cast<unsigned __int128>(words[1]) << 64 | words[0]);
}
void AddInt128(__int128 v, uint64_t* words) {
  const auto sum =
      static_cast<unsigned __int128>(GetInt128(words)) + static_cast<unsigned __int128>(v);
  words[0] = static_cast<uint64_t>(sum);
  words[1] = static_cast<uint64_t>(sum >> 64);
}

void PutVarint128(std::string* out, unsigned __int128 v) {
  while (v >= 0x80) {
    out->push_back(static_cast<char>(static_cast<unsigned char>(v) | 0x80));
    v >>= 7;
  }
  out->push_back(static_cast<char>(v));
}

bool GetVarint128(absl::string_view* in, unsigned __int128* v) {
  *v = 0;
  for (unsigned shift = 0; shift < 128; shift += 7) {
    if (in->empty()) return false;
    const auto byte = static_cast<unsigned char>(in->front());
    in->remove_prefix(1);
    if (shift == 126 && byte > 3) return false;
    *v |= static_cast<unsigned __int128>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

// words: the sum's low and high half.
class IntSum final : public Accumulator {
 public:
  int words() const override { return 2; }
  StateClass state_class() const override { return StateClass::kExact; }
  bool subtracts() const override { return true; }
  void Add(const Sample& sample, int64_t, uint64_t* words, StateParts*) const override {
    AddInt128(sample.value.int_value(), words);
  }
  void Subtract(const Sample& sample, uint64_t* words, StateParts*) const override {
    AddInt128(-static_cast<__int128>(sample.value.int_value()), words);
  }
  void Merge(const StateRef& later, int64_t, uint64_t* words, StateParts*) const override {
    AddInt128(GetInt128(later.words), words);
  }
  void Encode(const StateRef& state, int64_t, std::string* out) const override {
    const __int128 v = GetInt128(state.words);
    const auto bits = static_cast<unsigned __int128>(v);
    PutVarint128(out, (bits << 1) ^ (v < 0 ? ~static_cast<unsigned __int128>(0) : 0));
  }
  bool Decode(absl::string_view* in, int64_t, int64_t, uint64_t* words,
              StateParts*) const override {
    unsigned __int128 zigzag;
    if (!GetVarint128(in, &zigzag)) return false;
    const unsigned __int128 v =
        (zigzag >> 1) ^ ((zigzag & 1) != 0 ? ~static_cast<unsigned __int128>(0) : 0);
    words[0] = static_cast<uint64_t>(v);
    words[1] = static_cast<uint64_t>(v >> 64);
    return true;
  }
};

// Fails the answer where a sum of doubles has no addends.
bool HasAddends(const Folded& folded, Answer* answer) {
  if (static_cast<int64_t>(folded.words[0]) > 0) return true;
  answer->Fail(folded.nothing() ? ResultState::kMissing : ResultState::kNull);
  return false;
}

// words: those of expansion_words.h.
class DoubleSum final : public Accumulator {
 public:
  int words() const override { return kExpansionWords; }
  StateClass state_class() const override { return StateClass::kExact; }
  bool subtracts() const override { return true; }
  void Add(const Sample& sample, int64_t, uint64_t* words, StateParts* parts) const override {
    AddDouble(sample.value.double_value(), words, parts);
  }
  void Subtract(const Sample& sample, uint64_t* words, StateParts* parts) const override {
    SubtractDouble(sample.value.double_value(), words, parts);
  }
  void Merge(const StateRef& later, int64_t, uint64_t* words, StateParts* parts) const override {
    MergeDoubleSum(later.words, *later.parts, words, parts);
  }
  void Encode(const StateRef& state, int64_t, std::string* out) const override {
    PutSignedVarint(out, static_cast<int64_t>(state.words[0]));
    Expansion sum;
    LoadExpansion(state.words, *state.parts, &sum);
    PutVarint(out, sum.size());
    for (const double component : sum) PutDouble(out, component);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t, uint64_t* words,
              StateParts* parts) const override {
    int64_t addends;
    uint64_t components;
    if (!GetStateCount(in, &addends) || !GetVarint(in, &components)) return false;
    if (components > kMaxComponents) return false;
    words[0] = static_cast<uint64_t>(addends);
    Expansion sum(components);
    for (double& component : sum) {
      if (!GetDouble(in, &component) || !(std::fabs(component) <= kLargestSum)) return false;
    }
    StoreExpansion(sum, words, parts);
    return true;
  }
};

absl::StatusOr<Aggregation> BindOver(absl::string_view name, const AggregationInput& input) {
  const Type type = input.value.type;
  if (type != Type::kInt && type != Type::kDouble && type != Type::kDuration) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", name, "' takes an int, a double or a duration, not ", AValueType(input.value)));
  }
  Aggregation bound;
  bound.state_key = "sum";
  if (type == Type::kDouble) {
    bound.accumulator = std::make_shared<DoubleSum>();
    bound.when_empty = WhenEmpty::kZero;  // it counts its addends itself
  } else {
    bound.accumulator = std::make_shared<IntSum>();
  }
  return bound;
}

void FinaliseIntSum(Type type, const Folded& folded, Answer* answer) {
  const __int128 sum = GetInt128(folded.words);
  if (sum > std::numeric_limits<int64_t>::max() || sum < std::numeric_limits<int64_t>::min()) {
    return answer->Fail(ResultState::kOverflow);
  }
  answer->Set(ValueOfWord(type, static_cast<uint64_t>(sum)));
}

}  // namespace

absl::StatusOr<Aggregation> BindSum(const AggregationInput& input) {
  absl::StatusOr<Aggregation> bound = BindOver("sum", input);
  if (!bound.ok()) return bound;
  bound->result = input.value;
  if (input.value != Type::kDouble) {
    bound->finalise = [type = input.value.type](const Folded& folded, Answer* answer) {
      FinaliseIntSum(type, folded, answer);
    };
    return bound;
  }
  bound->finalise = [](const Folded& folded, Answer* answer) {
    if (!HasAddends(folded, answer)) return;
    double high = 0, low = 0;
    LoadRounded(folded.words, *folded.parts, &high, &low);
    answer->Set(Value::Double(high));
  };
  return bound;
}

absl::StatusOr<Aggregation> BindMean(const AggregationInput& input) {
  absl::StatusOr<Aggregation> bound = BindOver("mean", input);
  if (!bound.ok()) return bound;
  bound->result = Type::kDouble;
  const bool doubles = input.value == Type::kDouble;
  bound->finalise = [doubles](const Folded& folded, Answer* answer) {
    double high = 0, low = 0;
    int64_t n = folded.n;
    if (doubles) {
      if (!HasAddends(folded, answer)) return;
      n = static_cast<int64_t>(folded.words[0]);
      LoadRounded(folded.words, *folded.parts, &high, &low);
    } else {
      PairOfInteger(GetInt128(folded.words), &high, &low);
    }
    answer->Set(Value::Double(DividePair(high, low, n)));
  };
  return bound;
}

}  // namespace millrace
