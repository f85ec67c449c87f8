#include "stream/aggregations/sequences.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "stream/aggregations/values.h"

namespace millrace {
namespace {

double Get(const uint64_t* words, int i) { return std::bit_cast<double>(words[i]); }
void Put(double v, uint64_t* words, int i) { words[i] = std::bit_cast<uint64_t>(v); }

void PutWords(const uint64_t* words, int n, std::string* out) {
  for (int i = 0; i < n; ++i) PutBig64(out, words[i]);
}
bool GetWords(absl::string_view* in, int n, uint64_t* words) {
  for (int i = 0; i < n; ++i) {
    if (!GetBig64(in, &words[i])) return false;
  }
  return true;
}

double Power(double base, int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1, base *= base) {
    if ((exponent & 1) != 0) result *= base;
  }
  return result;
}

// words: weighted values, weights.
class WeightedMean final : public Accumulator {
 public:
  explicit WeightedMean(double alpha) : keep_(1 - alpha) {}
  int words() const override { return 2; }
  StateClass state_class() const override { return StateClass::kSequence; }
  void Add(const Sample& sample, int64_t, uint64_t* words, StateParts*) const override {
    Put(NumberOf(sample.value) + keep_ * Get(words, 0), words, 0);
    Put(1 + keep_ * Get(words, 1), words, 1);
  }
  void Merge(const StateRef& later, int64_t, uint64_t* words, StateParts*) const override {
    const double faded = Power(keep_, later.n);
    for (int i = 0; i < 2; ++i) Put(Get(later.words, i) + Get(words, i) * faded, words, i);
  }
  void Encode(const StateRef& state, int64_t, std::string* out) const override {
    PutWords(state.words, 2, out);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t, uint64_t* words,
              StateParts*) const override {
    return GetWords(in, 2, words);
  }

 private:
  double keep_;
};

// words: the largest and the smallest positive value (0: none), the smallest value, the largest
// fall. A fall to a value below zero is largest from the smallest peak.
class Drawdown final : public Accumulator {
 public:
  int words() const override { return 4; }
  StateClass state_class() const override { return StateClass::kSequence; }
  void Add(const Sample& sample, int64_t n, uint64_t* words, StateParts*) const override {
    const double x = NumberOf(sample.value);
    const double fall = std::max(Get(words, 3), Fall(words, x));
    const bool peaks = x > 0;
    uint64_t one[4] = {};
    if (peaks) {
      Put(x, one, 0);
      Put(x, one, 1);
    }
    Put(x, one, 2);
    Combine(one, n, words);
    Put(fall, words, 3);
  }
  void Merge(const StateRef& later, int64_t n, uint64_t* words, StateParts*) const override {
    const double across = n == 0 ? 0 : Fall(words, Get(later.words, 2));
    const double fall = std::max({Get(words, 3), Get(later.words, 3), across});
    Combine(later.words, n, words);
    Put(fall, words, 3);
  }
  void Encode(const StateRef& state, int64_t, std::string* out) const override {
    PutWords(state.words, 4, out);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t, uint64_t* words,
              StateParts*) const override {
    return GetWords(in, 4, words);
  }

 private:
  // The largest fall from a peak of the state to x.
  static double Fall(const uint64_t* words, double x) {
    const double peak = Get(words, x < 0 ? 1 : 0);
    return peak > 0 && x < peak ? (peak - x) / peak : 0;
  }
  // The extremes of both.
  static void Combine(const uint64_t* later, int64_t n, uint64_t* words) {
    const double largest = std::max(Get(words, 0), Get(later, 0));
    const double a = Get(words, 1), b = Get(later, 1);
    const double least = a == 0 ? b : b == 0 ? a : std::min(a, b);
    const double lowest = n == 0 ? Get(later, 2) : std::min(Get(words, 2), Get(later, 2));
    Put(largest, words, 0);
    Put(least, words, 1);
    Put(lowest, words, 2);
  }
};

}  // namespace

absl::StatusOr<Aggregation> BindEwMean(const AggregationInput& input) {
  RETURN_IF_ERROR(RequireNumber("ew_mean", input.value));
  const double alpha = input.options.Get("alpha", 0.5);
  Aggregation bound;
  bound.result = Type::kDouble;
  bound.state_key = absl::StrCat("ew_mean", std::bit_cast<uint64_t>(alpha));
  bound.accumulator = std::make_shared<WeightedMean>(alpha);
  bound.finalise = [](const Folded& folded, Answer* answer) {
    answer->Set(Value::Double(Get(folded.words, 0) / Get(folded.words, 1)));
  };
  return bound;
}

absl::StatusOr<Aggregation> BindDrawdown(const AggregationInput& input) {
  RETURN_IF_ERROR(RequireNumber("drawdown", input.value));
  Aggregation bound;
  bound.result = Type::kDouble;
  bound.state_key = "drawdown";
  bound.accumulator = std::make_shared<Drawdown>();
  bound.finalise = [](const Folded& folded, Answer* answer) {
    if (folded.n < 2 || !(Get(folded.words, 0) > 0)) return answer->Fail(ResultState::kNull);
    answer->Set(Value::Double(Get(folded.words, 3)));
  };
  return bound;
}

}  // namespace millrace
