#include "stream/aggregations/comoments.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/coding.h"
#include "core/status_macros.h"
#include "stream/aggregations/values.h"
#include "stream/state_limits.h"

namespace millrace {
namespace {

struct Sums {
  double n = 0;
  double x = 0, y = 0;            // means relative to the origin
  double xx = 0, yy = 0, xy = 0;  // central sums
};

Sums Combine(const Sums& a, const Sums& b, double dx, double dy) {
  Sums out;
  out.n = a.n + b.n;
  const double part = b.n / out.n;
  out.x = a.x + dx * part;
  out.y = a.y + dy * part;
  const double weight = a.n * part;
  out.xx = a.xx + b.xx + dx * dx * weight;
  out.yy = a.yy + b.yy + dy * dy * weight;
  out.xy = a.xy + b.xy + dx * dy * weight;
  return out;
}

enum class Second : uint8_t { kInput, kTime };

// words: the origins of x and y, their means less these, M2x, M2y, C.
class Comoments final : public Accumulator {
 public:
  Comoments(Type x, Type y, Second second) : x_(x), y_(y), second_(second) {}
  int words() const override { return 7; }
  StateClass state_class() const override { return StateClass::kRounded; }

  void Add(const Sample& sample, int64_t n, uint64_t* words, StateParts*) const override {
    const Value y = second_ == Second::kTime ? Value::Timestamp(sample.time_ms()) : sample.other;
    if (n == 0) {
      words[0] = WordOf(sample.value);
      words[1] = WordOf(y);
      return;
    }
    const Sums state = Load(n, words);
    Sums one;
    one.n = 1;
    Store(Combine(state, one, Difference(sample.value, ValueOfWord(x_, words[0])) - state.x,
                  Difference(y, ValueOfWord(y_, words[1])) - state.y),
          words);
  }
  void Merge(const StateRef& later, int64_t n, uint64_t* words, StateParts*) const override {
    if (n == 0) {
      std::copy_n(later.words, 7, words);
      return;
    }
    const Sums a = Load(n, words), b = Load(later.n, later.words);
    const double dx = Difference(ValueOfWord(x_, later.words[0]), ValueOfWord(x_, words[0]));
    const double dy = Difference(ValueOfWord(y_, later.words[1]), ValueOfWord(y_, words[1]));
    Store(Combine(a, b, dx + (b.x - a.x), dy + (b.y - a.y)), words);
  }
  void Encode(const StateRef& state, int64_t base_ms, std::string* out) const override {
    PutTypedValue(ValueOfWord(x_, state.words[0]), out);
    if (second_ == Second::kTime) {
      PutStateTime(state.words[1], base_ms, out);
    } else {
      PutTypedValue(ValueOfWord(y_, state.words[1]), out);
    }
    for (int i = 2; i < 7; ++i) PutBig64(out, state.words[i]);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t base_ms, uint64_t* words,
              StateParts*) const override {
    Value x, y;
    if (!GetTypedValue(x_, in, &x)) return false;
    words[0] = WordOf(x);
    if (second_ == Second::kTime) {
      if (!GetStateTime(in, base_ms, &words[1])) return false;
    } else {
      if (!GetTypedValue(y_, in, &y)) return false;
      words[1] = WordOf(y);
    }
    for (int i = 2; i < 7; ++i) {
      if (!GetBig64(in, &words[i])) return false;
    }
    return true;
  }

  static Sums Load(int64_t n, const uint64_t* words) {
    const auto number = [words](int i) { return std::bit_cast<double>(words[i]); };
    return {static_cast<double>(n), number(2), number(3), number(4), number(5), number(6)};
  }

 private:
  static void Store(const Sums& sums, uint64_t* words) {
    const double numbers[] = {sums.x, sums.y, sums.xx, sums.yy, sums.xy};
    for (int i = 0; i < 5; ++i) words[2 + i] = std::bit_cast<uint64_t>(numbers[i]);
  }

  Type x_, y_;
  Second second_;
};

bool Finite(const Sums& s) {
  return std::isfinite(s.xx) && std::isfinite(s.yy) && std::isfinite(s.xy);
}

Aggregation Bound(std::shared_ptr<const Accumulator> accumulator, std::string key, int64_t least,
                  bool (*defined)(const Sums&), double (*statistic)(const Sums&)) {
  Aggregation bound;
  bound.result = Type::kDouble;
  bound.state_key = std::move(key);
  bound.accumulator = std::move(accumulator);
  bound.finalise = [=](const Folded& folded, Answer* answer) {
    if (folded.n < least) return answer->Fail(ResultState::kNull);
    const Sums sums = Comoments::Load(folded.n, folded.words);
    if (!Finite(sums)) return answer->Fail(ResultState::kOverflow);
    if (!defined(sums)) return answer->Fail(ResultState::kNull);
    answer->Set(Value::Double(statistic(sums)));
  };
  return bound;
}

absl::StatusOr<Aggregation> BindPair(absl::string_view name, const AggregationInput& input,
                                     int64_t least, bool (*defined)(const Sums&),
                                     double (*statistic)(const Sums&)) {
  RETURN_IF_ERROR(RequireNumber(name, input.value));
  RETURN_IF_ERROR(RequireNumber("with", input.other));
  return Bound(std::make_shared<Comoments>(input.value.type, input.other.type, Second::kInput),
               "comoments", least, defined, statistic);
}

bool Always(const Sums&) { return true; }
bool BothVary(const Sums& s) { return s.xx > 0 && s.yy > 0; }
bool TimeVaries(const Sums& s) { return s.yy > 0; }

}  // namespace

absl::StatusOr<Aggregation> BindCovPop(const AggregationInput& input) {
  return BindPair("cov_pop", input, 1, Always, [](const Sums& s) { return s.xy / s.n; });
}
absl::StatusOr<Aggregation> BindCovSamp(const AggregationInput& input) {
  return BindPair("cov_samp", input, 2, Always, [](const Sums& s) { return s.xy / (s.n - 1); });
}
absl::StatusOr<Aggregation> BindCorr(const AggregationInput& input) {
  return BindPair("corr", input, 2, BothVary, [](const Sums& s) {
    // The product's root is exact where both vary alike; the roots' product does not overflow.
    const double product = s.xx * s.yy;
    const double root = product > 1e-290 && product < 1e290 ? std::sqrt(product)
                                                            : std::sqrt(s.xx) * std::sqrt(s.yy);
    return std::clamp(s.xy / root, -1.0, 1.0);
  });
}
absl::StatusOr<Aggregation> BindTrend(const AggregationInput& input) {
  RETURN_IF_ERROR(RequireNumber("trend", input.value));
  return Bound(std::make_shared<Comoments>(input.value.type, Type::kTimestamp, Second::kTime),
               "trend", 2, TimeVaries, [](const Sums& s) { return s.xy / s.yy * 1000; });
}

}  // namespace millrace
