#include "stream/aggregations/frequencies.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/collection.h"
#include "core/portable_math.h"
#include "core/status_macros.h"
#include "core/value_coding.h"
#include "stream/aggregations/values.h"
#include "stream/sketches/heavy_hitters.h"

namespace millrace {
namespace {

class FrequencyPart final : public StatePart {
 public:
  explicit FrequencyPart(size_t capacity) : sketch(capacity) {}
  size_t MemoryBytes() const override { return sizeof(*this) + sketch.MemoryBytes(); }
  HeavyHitters sketch;  // by ordered key
};

// words: the part.
class Frequencies final : public Accumulator {
 public:
  explicit Frequencies(size_t capacity) : capacity_(capacity) {}
  int words() const override { return 1; }
  StateClass state_class() const override { return StateClass::kRounded; }
  bool subtracts() const override { return true; }

  void Add(const Sample& sample, int64_t, uint64_t* words, StateParts* parts) const override {
    PartOf<FrequencyPart>(words, parts, capacity_).sketch.Add(KeyOf(sample), 1);
  }
  void Subtract(const Sample& sample, uint64_t* words, StateParts* parts) const override {
    PartOf<FrequencyPart>(words, parts, capacity_).sketch.Add(KeyOf(sample), -1);
  }
  void Merge(const StateRef& later, int64_t, uint64_t* words, StateParts* parts) const override {
    const auto* from = FindPart<FrequencyPart>(*later.words, *later.parts);
    if (from != nullptr) PartOf<FrequencyPart>(words, parts, capacity_).sketch.Merge(from->sketch);
  }
  void Encode(const StateRef& state, int64_t, std::string* out) const override {
    const auto* part = FindPart<FrequencyPart>(*state.words, *state.parts);
    (part == nullptr ? HeavyHitters(capacity_) : part->sketch).Encode(out);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t, uint64_t* words,
              StateParts* parts) const override {
    return PartOf<FrequencyPart>(words, parts, capacity_).sketch.Decode(in);
  }

 private:
  static std::string KeyOf(const Sample& sample) {
    std::string key;
    AppendOrderedKey(sample.value, &key);
    return key;
  }
  size_t capacity_;
};

struct Counted {
  absl::string_view key;
  int64_t count = 0;
};

// What there is to show, most frequent first, ties by value.
std::vector<Counted> MostFrequent(const HeavyHitters& sketch, size_t k) {
  std::vector<Counted> shown;
  for (const auto& [key, count] : sketch.counts()) {
    if (count > 0) shown.push_back({key, count});
  }
  std::stable_sort(shown.begin(), shown.end(),
                   [](const Counted& a, const Counted& b) { return a.count > b.count; });
  if (shown.size() > k) shown.resize(k);
  return shown;
}

absl::StatusOr<Aggregation> Bind(absl::string_view name, const AggregationInput& input, int64_t k) {
  RETURN_IF_ERROR(RequireScalar(name, input.value));
  const int64_t capacity =
      input.options.GetInt("max_keys", k == 0 ? 1'024 : std::max<int64_t>(64, 10 * k));
  Aggregation bound;
  bound.state_key = absl::StrCat("frequencies", capacity);
  bound.when_empty = WhenEmpty::kZero;  // what was taken back too early hides nothing else
  bound.accumulator = std::make_shared<Frequencies>(static_cast<size_t>(capacity));
  return bound;
}

// The sketch of the state; null, and the answer failed, where it shows nothing.
const HeavyHitters* SketchOf(const Folded& folded, Answer* answer) {
  const auto* part = FindPart<FrequencyPart>(*folded.words, *folded.parts);
  const bool shows =
      part != nullptr && std::any_of(part->sketch.counts().begin(), part->sketch.counts().end(),
                                     [](const auto& entry) { return entry.second > 0; });
  if (!shows) {
    answer->Fail(folded.nothing() ? ResultState::kMissing : ResultState::kNull);
    return nullptr;
  }
  if (!part->sketch.exact()) {
    answer->state = ResultState::kTruncated;
    answer->error = static_cast<double>(part->sketch.error());
  }
  return &part->sketch;
}

}  // namespace

absl::StatusOr<Aggregation> BindHistogram(const AggregationInput& input) {
  const int64_t k = input.options.GetInt("k", 0);
  absl::StatusOr<Aggregation> bound = Bind("histogram", input, k);
  if (!bound.ok()) return bound;
  bound->result = ValueType(Type::kMap, Type::kInt);
  const size_t shown = k == 0 ? SIZE_MAX : static_cast<size_t>(k);
  bound->finalise = [type = input.value.type, shown](const Folded& folded, Answer* answer) {
    const HeavyHitters* sketch = SketchOf(folded, answer);
    if (sketch == nullptr) {
      // Records, but none of their values is left to show.
      if (folded.nothing()) return;
      answer->state = ResultState::kPresent;
      return answer->Set(Value::OfBytes(Type::kMap, {}));
    }
    MapBuilder map;
    for (const Counted& entry : MostFrequent(*sketch, shown)) {
      Value value;
      if (ValueOfKey(type, entry.key, &value)) map.Add(ToString(value), Value::Int(entry.count));
    }
    const Value built = map.Finish();
    answer->bytes.assign(built.string_value().data(), built.string_value().size());
    answer->Set(Value::OfBytes(Type::kMap, answer->bytes));
  };
  return bound;
}

absl::StatusOr<Aggregation> BindTopFrequency(const AggregationInput& input) {
  const int64_t k = input.options.GetInt("k", 1);
  absl::StatusOr<Aggregation> bound = Bind("top_frequency", input, k);
  if (!bound.ok()) return bound;
  bound->result = ValueType(Type::kList, input.value.type);
  bound->finalise = [type = input.value.type, k](const Folded& folded, Answer* answer) {
    const HeavyHitters* sketch = SketchOf(folded, answer);
    if (sketch == nullptr) return;
    answer->bytes.clear();
    for (const Counted& entry : MostFrequent(*sketch, static_cast<size_t>(k))) {
      Value value;
      if (ValueOfKey(type, entry.key, &value)) PutValue(&answer->bytes, value);
    }
    answer->Set(Value::OfBytes(Type::kList, answer->bytes));
  };
  return bound;
}

absl::StatusOr<Aggregation> BindTop1Ratio(const AggregationInput& input) {
  absl::StatusOr<Aggregation> bound = Bind("top1_ratio", input, 0);
  if (!bound.ok()) return bound;
  bound->result = Type::kDouble;
  bound->finalise = [](const Folded& folded, Answer* answer) {
    const HeavyHitters* sketch = SketchOf(folded, answer);
    if (sketch == nullptr) return;
    int64_t largest = 0, all = 0;
    for (const auto& [key, count] : sketch->counts()) {
      largest = std::max(largest, count);
      all += std::max<int64_t>(count, 0);
    }
    // Fewer than are shown where more was taken back than ever came.
    if (!sketch->exact()) all = std::max(all, sketch->n());
    answer->Set(Value::Double(static_cast<double>(largest) / static_cast<double>(all)));
  };
  return bound;
}

absl::StatusOr<Aggregation> BindEntropy(const AggregationInput& input) {
  absl::StatusOr<Aggregation> bound = Bind("entropy", input, 0);
  if (!bound.ok()) return bound;
  bound->result = Type::kDouble;
  bound->finalise = [](const Folded& folded, Answer* answer) {
    const HeavyHitters* sketch = SketchOf(folded, answer);
    if (sketch == nullptr) return;
    if (!sketch->exact()) return answer->Fail(ResultState::kTruncated);
    double n = 0, entropy = 0;
    for (const auto& [key, count] : sketch->counts()) {
      n += static_cast<double>(std::max<int64_t>(count, 0));
    }
    for (const auto& [key, count] : sketch->counts()) {
      if (count <= 0) continue;
      const double p = static_cast<double>(count) / n;
      entropy -= p * (PortableLog(p) / kLn2);
    }
    answer->Set(Value::Double(entropy == 0 ? 0.0 : entropy));
  };
  return bound;
}

}  // namespace millrace
