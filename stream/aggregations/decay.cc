#include "stream/aggregations/decay.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/portable_math.h"
#include "core/status_macros.h"
#include "stream/aggregations/exact_sum.h"
#include "stream/aggregations/values.h"
#include "stream/state_limits.h"

namespace millrace {
namespace {

// The reference moves on when records are this many half-lives ahead of it, so that weights stay
// small and old sums are seldom scaled.
constexpr double kAheadHalfLives = 8;

// 2^x, to a unit in the last place or two; beyond the doubles zero or infinite.
double PowerOfTwo(double x) {
  x = std::clamp(x, -1100.0, 1100.0);
  const double whole = std::floor(x);
  return std::ldexp(PortableExp((x - whole) * kLn2), static_cast<int>(whole));
}

// words: the reference time, sum of weights (high, low), sum of weighted values (high, low).
class DecayedSums final : public Accumulator {
 public:
  DecayedSums(Type type, double half_life_ms) : type_(type), half_life_ms_(half_life_ms) {}
  int words() const override { return 5; }
  StateClass state_class() const override { return StateClass::kRounded; }

  void Add(const Sample& sample, int64_t n, uint64_t* words, StateParts*) const override {
    const int64_t time = sample.time_ms();
    if (n == 0) words[0] = static_cast<uint64_t>(time);
    if (HalfLives(Reference(words), time) > kAheadHalfLives) MoveTo(time, words);
    const double weight = PowerOfTwo(HalfLives(Reference(words), time));
    AddTo(weight, words + 1);
    if (type_ == Type::kInt || type_ == Type::kDouble) {
      AddTo(weight * NumberOf(sample.value), words + 3);
    }
  }
  void Merge(const StateRef& later, int64_t n, uint64_t* words, StateParts*) const override {
    if (n == 0) {
      std::copy_n(later.words, 5, words);
      return;
    }
    const int64_t to = std::max(Reference(words), Reference(later.words));
    uint64_t other[5];
    std::copy_n(later.words, 5, other);
    MoveTo(to, words);
    MoveTo(to, other);
    for (int i = 1; i < 5; ++i) AddTo(std::bit_cast<double>(other[i]), words + (i < 3 ? 1 : 3));
  }
  void Encode(const StateRef& state, int64_t base_ms, std::string* out) const override {
    PutStateTime(state.words[0], base_ms, out);
    for (int i = 1; i < 5; ++i) PutBig64(out, state.words[i]);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t base_ms, uint64_t* words,
              StateParts*) const override {
    if (!GetStateTime(in, base_ms, &words[0])) return false;
    for (int i = 1; i < 5; ++i) {
      if (!GetBig64(in, &words[i])) return false;
    }
    return true;
  }

  // The sums as of T.
  double Weights(const uint64_t* words, int64_t at_ms) const { return At(words, 1, at_ms); }
  double WeightedValues(const uint64_t* words, int64_t at_ms) const { return At(words, 3, at_ms); }

 private:
  static int64_t Reference(const uint64_t* words) { return static_cast<int64_t>(words[0]); }
  double HalfLives(int64_t from_ms, int64_t to_ms) const {
    return static_cast<double>(to_ms - from_ms) / half_life_ms_;
  }
  double At(const uint64_t* words, int first, int64_t at_ms) const {
    const double sum =
        std::bit_cast<double>(words[first]) + std::bit_cast<double>(words[first + 1]);
    return sum * PowerOfTwo(HalfLives(at_ms, Reference(words)));
  }
  void MoveTo(int64_t time, uint64_t* words) const {
    if (time == Reference(words)) return;
    const double factor = PowerOfTwo(HalfLives(time, Reference(words)));
    words[0] = static_cast<uint64_t>(time);
    for (int i = 1; i < 5; ++i) {
      words[i] = std::bit_cast<uint64_t>(std::bit_cast<double>(words[i]) * factor);
    }
  }
  // Neumaier's sum: the low word gathers what the high one rounds away.
  static void AddTo(double x, uint64_t* pair) {
    double sum, error;
    TwoSum(std::bit_cast<double>(pair[0]), x, &sum, &error);
    pair[0] = std::bit_cast<uint64_t>(sum);
    pair[1] = std::bit_cast<uint64_t>(std::bit_cast<double>(pair[1]) + error);
  }

  Type type_;
  double half_life_ms_;
};

enum class Statistic : uint8_t { kSum, kCount, kMean, kRate };

absl::StatusOr<Aggregation> Bind(const AggregationInput& input, Statistic statistic) {
  const double half_life_ms = input.options.Get("half_life", 1);
  const auto accumulator = std::make_shared<const DecayedSums>(input.value.type, half_life_ms);
  Aggregation bound;
  bound.result = Type::kDouble;
  bound.state_key = absl::StrCat("decay", static_cast<int64_t>(half_life_ms));
  bound.accumulator = accumulator;
  const bool counts = statistic == Statistic::kCount || statistic == Statistic::kRate;
  if (counts) bound.when_empty = WhenEmpty::kZero;
  bound.finalise = [=](const Folded& folded, Answer* answer) {
    if (folded.n <= 0) return answer->Set(Value::Double(0));
    double value = 0;
    switch (statistic) {
      case Statistic::kSum: value = accumulator->WeightedValues(folded.words, folded.at_ms); break;
      case Statistic::kCount: value = accumulator->Weights(folded.words, folded.at_ms); break;
      case Statistic::kMean: {
        // At the state's own time, where neither has shrunk to nothing.
        const auto reference = static_cast<int64_t>(folded.words[0]);
        value = accumulator->WeightedValues(folded.words, reference) /
                accumulator->Weights(folded.words, reference);
        break;
      }
      case Statistic::kRate:
        value = accumulator->Weights(folded.words, folded.at_ms) * kLn2 / (half_life_ms / 1000);
        break;
    }
    answer->Set(Value::Double(value));
  };
  return bound;
}

}  // namespace

absl::StatusOr<Aggregation> BindDecaySum(const AggregationInput& input) {
  RETURN_IF_ERROR(RequireNumber("decay_sum", input.value));
  return Bind(input, Statistic::kSum);
}
absl::StatusOr<Aggregation> BindDecayCount(const AggregationInput& input) {
  RETURN_IF_ERROR(RequireScalar("decay_count", input.value));
  return Bind(input, Statistic::kCount);
}
absl::StatusOr<Aggregation> BindDecayMean(const AggregationInput& input) {
  RETURN_IF_ERROR(RequireNumber("decay_mean", input.value));
  return Bind(input, Statistic::kMean);
}
absl::StatusOr<Aggregation> BindDecayRate(const AggregationInput& input) {
  RETURN_IF_ERROR(RequireScalar("decay_rate", input.value));
  return Bind(input, Statistic::kRate);
}

}  // namespace millrace
