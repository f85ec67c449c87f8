#include "stream/aggregations/moments.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "stream/aggregations/values.h"

namespace millrace {
namespace {

// The mean relative to the origin, and the central sums of the 2nd to 4th power.
struct Sums {
  double n = 0;
  double mean = 0;
  double m2 = 0, m3 = 0, m4 = 0;
};

// The sums of both; `delta` is the mean of b less that of a, in any common origin.
Sums Combine(const Sums& a, const Sums& b, double delta, int order) {
  const double n = a.n + b.n;
  const double part = b.n / n;  // of b
  const double d2 = delta * delta;
  Sums out;
  out.n = n;
  out.mean = a.mean + delta * part;
  out.m2 = a.m2 + b.m2 + d2 * a.n * part;
  if (order >= 3) {
    out.m3 = a.m3 + b.m3 + d2 * delta * a.n * part * ((a.n - b.n) / n) +
             3 * delta * (a.n * b.m2 - b.n * a.m2) / n;
  }
  if (order >= 4) {
    out.m4 = a.m4 + b.m4 + d2 * d2 * a.n * part * ((a.n * a.n - a.n * b.n + b.n * b.n) / (n * n)) +
             6 * d2 * (a.n * a.n * b.m2 + b.n * b.n * a.m2) / (n * n) +
             4 * delta * (a.n * b.m3 - b.n * a.m3) / n;
  }
  return out;
}

// words: the origin, the mean less the origin, M2, M3, M4 as far as `order` asks.
class Moments final : public Accumulator {
 public:
  Moments(Type type, int order) : type_(type), order_(order) {}
  int words() const override { return order_ + 1; }
  StateClass state_class() const override { return StateClass::kRounded; }

  void Add(const Sample& sample, int64_t n, uint64_t* words, StateParts*) const override {
    if (n == 0) {
      words[0] = WordOf(sample.value);
      return;
    }
    const Sums state = Load(n, words);
    Sums one;
    one.n = 1;
    const double value = Difference(sample.value, ValueOfWord(type_, words[0]));
    Store(Combine(state, one, value - state.mean, order_), words);
  }
  void Merge(const StateRef& later, int64_t n, uint64_t* words, StateParts*) const override {
    if (n == 0) {
      std::copy_n(later.words, this->words(), words);
      return;
    }
    const Sums a = Load(n, words), b = Load(later.n, later.words);
    const double origins =
        Difference(ValueOfWord(type_, later.words[0]), ValueOfWord(type_, words[0]));
    Store(Combine(a, b, origins + (b.mean - a.mean), order_), words);
  }
  void Encode(const StateRef& state, int64_t, std::string* out) const override {
    PutTypedValue(ValueOfWord(type_, state.words[0]), out);
    for (int i = 1; i < words(); ++i) PutBig64(out, state.words[i]);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t, uint64_t* words,
              StateParts*) const override {
    Value origin;
    if (!GetTypedValue(type_, in, &origin)) return false;
    words[0] = WordOf(origin);
    for (int i = 1; i < this->words(); ++i) {
      if (!GetBig64(in, &words[i])) return false;
    }
    return true;
  }

  Sums Load(int64_t n, const uint64_t* words) const {
    Sums sums;
    sums.n = static_cast<double>(n);
    sums.mean = std::bit_cast<double>(words[1]);
    sums.m2 = std::bit_cast<double>(words[2]);
    if (order_ >= 3) sums.m3 = std::bit_cast<double>(words[3]);
    if (order_ >= 4) sums.m4 = std::bit_cast<double>(words[4]);
    return sums;
  }

 private:
  void Store(const Sums& sums, uint64_t* words) const {
    words[1] = std::bit_cast<uint64_t>(sums.mean);
    words[2] = std::bit_cast<uint64_t>(sums.m2);
    if (order_ >= 3) words[3] = std::bit_cast<uint64_t>(sums.m3);
    if (order_ >= 4) words[4] = std::bit_cast<uint64_t>(sums.m4);
  }

  Type type_;
  int order_;
};

using Statistic = double (*)(const Sums&);

absl::StatusOr<Aggregation> Bind(absl::string_view name, const AggregationInput& input, int order,
                                 int64_t least, bool needs_spread, Statistic statistic) {
  RETURN_IF_ERROR(RequireNumber(name, input.value));
  Aggregation bound;
  bound.result = Type::kDouble;
  bound.state_key = absl::StrCat("moments", order);
  const auto accumulator = std::make_shared<const Moments>(input.value.type, order);
  bound.accumulator = accumulator;
  bound.finalise = [=](const Folded& folded, Answer* answer) {
    if (folded.n < least) return answer->Fail(ResultState::kNull);
    const Sums sums = accumulator->Load(folded.n, folded.words);
    if (!std::isfinite(sums.m2) || !std::isfinite(sums.m3) || !std::isfinite(sums.m4)) {
      return answer->Fail(ResultState::kOverflow);
    }
    if (needs_spread && !(sums.m2 > 0)) return answer->Fail(ResultState::kNull);
    answer->Set(Value::Double(statistic(sums)));
  };
  return bound;
}

double VarPop(const Sums& s) { return s.m2 / s.n; }
double VarSamp(const Sums& s) { return s.m2 / (s.n - 1); }
double SkewPop(const Sums& s) { return std::sqrt(s.n) * (s.m3 / s.m2) / std::sqrt(s.m2); }
double SkewSamp(const Sums& s) { return SkewPop(s) * std::sqrt(s.n * (s.n - 1)) / (s.n - 2); }
double KurtosisPop(const Sums& s) { return s.n * (s.m4 / s.m2) / s.m2 - 3; }
double KurtosisSamp(const Sums& s) {
  return (s.n - 1) / ((s.n - 2) * (s.n - 3)) * ((s.n + 1) * KurtosisPop(s) + 6);
}

}  // namespace

absl::StatusOr<Aggregation> BindVarPop(const AggregationInput& input) {
  return Bind("var_pop", input, 2, 1, false, VarPop);
}
absl::StatusOr<Aggregation> BindVarSamp(const AggregationInput& input) {
  return Bind("var_samp", input, 2, 2, false, VarSamp);
}
absl::StatusOr<Aggregation> BindStdPop(const AggregationInput& input) {
  return Bind("std_pop", input, 2, 1, false, [](const Sums& s) { return std::sqrt(VarPop(s)); });
}
absl::StatusOr<Aggregation> BindStdSamp(const AggregationInput& input) {
  return Bind("std_samp", input, 2, 2, false, [](const Sums& s) { return std::sqrt(VarSamp(s)); });
}
absl::StatusOr<Aggregation> BindSkewPop(const AggregationInput& input) {
  return Bind("skew_pop", input, 3, 3, true, SkewPop);
}
absl::StatusOr<Aggregation> BindSkewSamp(const AggregationInput& input) {
  return Bind("skew_samp", input, 3, 3, true, SkewSamp);
}
absl::StatusOr<Aggregation> BindKurtosisPop(const AggregationInput& input) {
  return Bind("kurtosis_pop", input, 4, 4, true, KurtosisPop);
}
absl::StatusOr<Aggregation> BindKurtosisSamp(const AggregationInput& input) {
  return Bind("kurtosis_samp", input, 4, 4, true, KurtosisSamp);
}

}  // namespace millrace
