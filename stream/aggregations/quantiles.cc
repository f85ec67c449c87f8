#include "stream/aggregations/quantiles.h"

#include <memory>

#include "core/status_macros.h"
#include "stream/aggregations/values.h"
#include "stream/sketches/kll.h"

namespace millrace {
namespace {

constexpr double kRankError = 0.0133;

class KllPart final : public StatePart {
 public:
  size_t MemoryBytes() const override { return sizeof(*this) + sketch.MemoryBytes(); }
  Kll sketch;
};

// words: the part.
class Quantiles final : public Accumulator {
 public:
  int words() const override { return 1; }
  StateClass state_class() const override { return StateClass::kRounded; }
  void Add(const Sample& sample, int64_t, uint64_t* words, StateParts* parts) const override {
    PartOf<KllPart>(words, parts).sketch.Add(NumberOf(sample.value));
  }
  void Merge(const StateRef& later, int64_t, uint64_t* words, StateParts* parts) const override {
    PartOf<KllPart>(words, parts)
        .sketch.Merge(FindPart<KllPart>(*later.words, *later.parts)->sketch);
  }
  void Encode(const StateRef& state, int64_t, std::string* out) const override {
    FindPart<KllPart>(*state.words, *state.parts)->sketch.Encode(out);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t, uint64_t* words,
              StateParts* parts) const override {
    return PartOf<KllPart>(words, parts).sketch.Decode(in);
  }
};

absl::StatusOr<Aggregation> Bind(absl::string_view name, const AggregationInput& input, double q) {
  RETURN_IF_ERROR(RequireNumber(name, input.value));
  Aggregation bound;
  bound.result = Type::kDouble;
  bound.state_key = "quantiles";
  bound.accumulator = std::make_shared<Quantiles>();
  bound.finalise = [q](const Folded& folded, Answer* answer) {
    const Kll& sketch = FindPart<KllPart>(*folded.words, *folded.parts)->sketch;
    answer->Set(Value::Double(*sketch.Quantile(q)));
    if (!sketch.exact()) answer->error = kRankError;
  };
  return bound;
}

}  // namespace

absl::StatusOr<Aggregation> BindQuantile(const AggregationInput& input) {
  return Bind("quantile", input, input.options.Get("q", 0.5));
}
absl::StatusOr<Aggregation> BindMedian(const AggregationInput& input) {
  return Bind("median", input, 0.5);
}

}  // namespace millrace
