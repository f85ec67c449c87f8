#include "stream/aggregations/recency.h"

#include <algorithm>

#include "stream/state_limits.h"

namespace millrace {
namespace {

int64_t Time(const uint64_t* word) { return static_cast<int64_t>(*word); }

// words: the newest time, the oldest.
class Times final : public Accumulator {
 public:
  int words() const override { return 2; }
  StateClass state_class() const override { return StateClass::kExact; }
  void Add(const Sample& sample, int64_t n, uint64_t* words, StateParts*) const override {
    Offer(sample.time_ms(), sample.time_ms(), n, words);
  }
  void Merge(const StateRef& later, int64_t n, uint64_t* words, StateParts*) const override {
    Offer(Time(later.words), Time(later.words + 1), n, words);
  }
  void Encode(const StateRef& state, int64_t base_ms, std::string* out) const override {
    for (int i = 0; i < 2; ++i) PutStateTime(state.words[i], base_ms, out);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t base_ms, uint64_t* words,
              StateParts*) const override {
    for (int i = 0; i < 2; ++i) {
      if (!GetStateTime(in, base_ms, &words[i])) return false;
    }
    return true;
  }

 private:
  static void Offer(int64_t newest, int64_t oldest, int64_t n, uint64_t* words) {
    words[0] = static_cast<uint64_t>(n == 0 ? newest : std::max(newest, Time(words)));
    words[1] = static_cast<uint64_t>(n == 0 ? oldest : std::min(oldest, Time(words + 1)));
  }
};

Aggregation Bind(int word) {
  Aggregation bound;
  bound.result = Type::kInt;
  bound.state_key = "times";
  bound.accumulator = std::make_shared<Times>();
  bound.finalise = [word](const Folded& folded, Answer* answer) {
    answer->Set(Value::Int(folded.at_ms - Time(folded.words + word)));
  };
  return bound;
}

}  // namespace

absl::StatusOr<Aggregation> BindTimeSince(const AggregationInput&) { return Bind(0); }
absl::StatusOr<Aggregation> BindTimeSinceFirst(const AggregationInput&) { return Bind(1); }

}  // namespace millrace
