#include "stream/aggregations/distinct_values.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "core/value_coding.h"
#include "stream/aggregations/values.h"
#include "stream/sketches/hyper_log_log.h"
#include "stream/state_limits.h"

namespace millrace {
namespace {

// Key → how often it occurs; the smallest `limit` keys. No count is 0; a negative one was taken
// back before it came, and is not shown.
template <typename Key>
class CountsPart final : public StatePart {
 public:
  size_t MemoryBytes() const override {
    size_t bytes = sizeof(*this) + counts.size() * sizeof(std::pair<Key, int64_t>);
    if constexpr (std::is_same_v<Key, std::string>) {
      for (const auto& [key, count] : counts) bytes += key.capacity();
    }
    return bytes;
  }
  void Add(const Key& key, int64_t times, size_t limit) {
    const auto found = counts.find(key);
    const int64_t before = found == counts.end() ? 0 : found->second;
    const int64_t after = before + times;
    if (found == counts.end() && times < 0 && more) return;  // it was dropped
    if (after == 0) {
      if (found != counts.end()) counts.erase(found);
    } else {
      counts.insert_or_assign(key, after);
    }
    shown += (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
    if (shown > limit) {
      DropLargest([](int64_t count) { return count > 0; });
      --shown;
      more = true;
    } else if (counts.size() - shown > limit) {
      DropLargest([](int64_t count) { return count < 0; });
    }
  }
  int64_t Shown() const { return static_cast<int64_t>(shown); }

  absl::btree_map<Key, int64_t> counts;
  size_t shown = 0;   // of positive count
  bool more = false;  // there were others

 private:
  template <typename Which>
  void DropLargest(Which which) {
    auto entry = std::prev(counts.end());
    while (!which(entry->second)) --entry;
    counts.erase(entry);
  }
};

template <typename Key>
Key KeyOf(const Value& value) {
  if constexpr (std::is_same_v<Key, uint64_t>) {
    return StateHashOf(value);
  } else {
    std::string key;
    AppendOrderedKey(value, &key);
    return key;
  }
}

void PutKey(uint64_t key, std::string* out) { PutBig64(out, key); }
void PutKey(const std::string& key, std::string* out) { PutLengthPrefixed(out, key); }
bool GetKey(absl::string_view* in, uint64_t* key) { return GetBig64(in, key); }
bool GetKey(absl::string_view* in, std::string* key) {
  absl::string_view bytes;
  if (!GetLengthPrefixed(in, &bytes)) return false;
  key->assign(bytes.data(), bytes.size());
  return true;
}

// words: the part.
template <typename Key>
class KeyCounts final : public Accumulator {
 public:
  using Part = CountsPart<Key>;
  explicit KeyCounts(size_t limit) : limit_(limit) {}
  int words() const override { return 1; }
  StateClass state_class() const override { return StateClass::kExact; }
  bool subtracts() const override { return true; }

  void Add(const Sample& sample, int64_t, uint64_t* words, StateParts* parts) const override {
    PartOf<Part>(words, parts).Add(KeyOf<Key>(sample.value), 1, limit_);
  }
  void Subtract(const Sample& sample, uint64_t* words, StateParts* parts) const override {
    PartOf<Part>(words, parts).Add(KeyOf<Key>(sample.value), -1, limit_);
  }
  void Merge(const StateRef& later, int64_t, uint64_t* words, StateParts* parts) const override {
    const Part* from = FindPart<Part>(*later.words, *later.parts);
    if (from == nullptr) return;
    Part& to = PartOf<Part>(words, parts);
    for (const auto& [key, count] : from->counts) to.Add(key, count, limit_);
    to.more |= from->more;
  }
  void Encode(const StateRef& state, int64_t, std::string* out) const override {
    const Part* part = FindPart<Part>(*state.words, *state.parts);
    PutVarint(out, part == nullptr ? 0 : part->counts.size() * 2 + (part->more ? 1 : 0));
    if (part == nullptr) return;
    for (const auto& [key, count] : part->counts) {
      PutKey(key, out);
      PutSignedVarint(out, count);
    }
  }
  bool Decode(absl::string_view* in, int64_t, int64_t, uint64_t* words,
              StateParts* parts) const override {
    uint64_t size = 0;
    if (!GetVarint(in, &size) || size / 4 > limit_ || size / 2 > in->size()) return false;
    if (size == 0) return true;
    Part& part = PartOf<Part>(words, parts);
    part.more = (size & 1) != 0;
    for (uint64_t i = 0; i < size / 2; ++i) {
      Key key{};
      int64_t count = 0;
      if (!GetKey(in, &key) || !GetStateCount(in, &count) || count == 0) return false;
      if (!part.counts.empty() && !(part.counts.rbegin()->first < key)) return false;
      part.shown += count > 0 ? 1 : 0;
      part.counts.emplace_hint(part.counts.end(), std::move(key), count);
    }
    return true;
  }

 private:
  size_t limit_;
};

class HashesPart final : public StatePart {
 public:
  size_t MemoryBytes() const override {
    return sizeof(*this) + hashes.capacity() * sizeof(uint64_t);
  }
  void Add(uint64_t hash, size_t limit) {
    const auto at = std::lower_bound(hashes.begin(), hashes.end(), hash);
    if (at != hashes.end() && *at == hash) return;
    if (hashes.size() == limit && at == hashes.end()) return;
    hashes.insert(at, hash);
    if (hashes.size() > limit) hashes.pop_back();
  }
  std::vector<uint64_t> hashes;  // ascending
};

// words: the part of the k smallest hashes.
class SmallestHashes final : public Accumulator {
 public:
  explicit SmallestHashes(size_t k) : k_(k) {}
  int words() const override { return 1; }
  StateClass state_class() const override { return StateClass::kExact; }
  void Add(const Sample& sample, int64_t, uint64_t* words, StateParts* parts) const override {
    PartOf<HashesPart>(words, parts).Add(StateHashOf(sample.value), k_);
  }
  void Merge(const StateRef& later, int64_t, uint64_t* words, StateParts* parts) const override {
    HashesPart& to = PartOf<HashesPart>(words, parts);
    for (const uint64_t hash : FindPart<HashesPart>(*later.words, *later.parts)->hashes) {
      to.Add(hash, k_);
    }
  }
  void Encode(const StateRef& state, int64_t, std::string* out) const override {
    const auto& hashes = FindPart<HashesPart>(*state.words, *state.parts)->hashes;
    PutVarint(out, hashes.size());
    for (const uint64_t hash : hashes) PutBig64(out, hash);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t, uint64_t* words,
              StateParts* parts) const override {
    uint64_t size = 0;
    if (!GetVarint(in, &size) || size > k_ || size > in->size() / 8) return false;
    auto& hashes = PartOf<HashesPart>(words, parts).hashes;
    hashes.resize(size);
    for (uint64_t& hash : hashes) {
      if (!GetBig64(in, &hash)) return false;
    }
    return std::is_sorted(hashes.begin(), hashes.end());
  }

 private:
  size_t k_;
};

class SketchPart final : public StatePart {
 public:
  explicit SketchPart(int precision) : sketch(precision) {}
  size_t MemoryBytes() const override { return sizeof(*this) + sketch.MemoryBytes(); }
  HyperLogLog sketch;
};

// words: the part.
class Cardinality final : public Accumulator {
 public:
  explicit Cardinality(int precision) : precision_(precision) {}
  int words() const override { return 1; }
  StateClass state_class() const override { return StateClass::kExact; }
  void Add(const Sample& sample, int64_t, uint64_t* words, StateParts* parts) const override {
    PartOf<SketchPart>(words, parts, precision_).sketch.Add(StateHashOf(sample.value));
  }
  void Merge(const StateRef& later, int64_t, uint64_t* words, StateParts* parts) const override {
    PartOf<SketchPart>(words, parts, precision_)
        .sketch.Merge(FindPart<SketchPart>(*later.words, *later.parts)->sketch);
  }
  void Encode(const StateRef& state, int64_t, std::string* out) const override {
    FindPart<SketchPart>(*state.words, *state.parts)->sketch.Encode(out);
  }
  bool Decode(absl::string_view* in, int64_t, int64_t, uint64_t* words,
              StateParts* parts) const override {
    return PartOf<SketchPart>(words, parts, precision_).sketch.Decode(in);
  }

 private:
  int precision_;
};

size_t Capacity(int64_t max_values) { return static_cast<size_t>(2 * max_values + 16); }

}  // namespace

absl::StatusOr<Aggregation> BindDistinct(const AggregationInput& input) {
  RETURN_IF_ERROR(RequireScalar("distinct", input.value));
  const int64_t limit = input.options.GetInt("max_values", 1'024);
  Aggregation bound;
  bound.result = ValueType(Type::kList, input.value.type);
  bound.state_key = absl::StrCat("distinct", limit);
  bound.when_empty = WhenEmpty::kZero;  // what was taken back too early hides nothing else
  bound.accumulator = std::make_shared<KeyCounts<std::string>>(Capacity(limit));
  bound.finalise = [type = input.value.type, limit](const Folded& folded, Answer* answer) {
    answer->bytes.clear();
    int64_t room = limit;
    const auto* part = FindPart<CountsPart<std::string>>(*folded.words, *folded.parts);
    if (part == nullptr || part->Shown() == 0) {
      return answer->Fail(folded.nothing() ? ResultState::kMissing : ResultState::kNull);
    }
    for (const auto& [key, count] : part->counts) {
      Value value;
      if (count <= 0 || room-- <= 0) continue;
      if (ValueOfKey(type, key, &value)) PutValue(&answer->bytes, value);
    }
    answer->Set(Value::OfBytes(Type::kList, answer->bytes));
    if (part->more || part->Shown() > limit) answer->state = ResultState::kTruncated;
  };
  return bound;
}

absl::StatusOr<Aggregation> BindCountDistinct(const AggregationInput& input) {
  RETURN_IF_ERROR(RequireScalar("count_distinct", input.value));
  const int64_t limit = input.options.GetInt("max_values", 4'096);
  Aggregation bound;
  bound.result = Type::kInt;
  bound.state_key = absl::StrCat("count_distinct", limit);
  bound.when_empty = WhenEmpty::kZero;
  bound.accumulator = std::make_shared<KeyCounts<uint64_t>>(Capacity(limit));
  bound.finalise = [limit](const Folded& folded, Answer* answer) {
    const auto* part = FindPart<CountsPart<uint64_t>>(*folded.words, *folded.parts);
    const int64_t shown = part == nullptr ? 0 : part->Shown();
    answer->Set(Value::Int(std::min(shown, limit)));
    if (part != nullptr && (part->more || shown > limit)) answer->state = ResultState::kTruncated;
  };
  return bound;
}

absl::StatusOr<Aggregation> BindBoundedCountDistinct(const AggregationInput& input) {
  RETURN_IF_ERROR(RequireScalar("bounded_count_distinct", input.value));
  const int64_t k = input.options.GetInt("k", 1);
  Aggregation bound;
  bound.result = Type::kInt;
  bound.state_key = absl::StrCat("bounded_count_distinct", k);
  bound.when_empty = WhenEmpty::kZero;
  bound.accumulator = std::make_shared<SmallestHashes>(static_cast<size_t>(k));
  bound.finalise = [](const Folded& folded, Answer* answer) {
    const auto* part = FindPart<HashesPart>(*folded.words, *folded.parts);
    answer->Set(Value::Int(part == nullptr ? 0 : static_cast<int64_t>(part->hashes.size())));
  };
  return bound;
}

absl::StatusOr<Aggregation> BindApproxCountDistinct(const AggregationInput& input) {
  RETURN_IF_ERROR(RequireScalar("approx_count_distinct", input.value));
  const auto precision = static_cast<int>(input.options.GetInt("p", 12));
  Aggregation bound;
  bound.result = Type::kInt;
  bound.state_key = absl::StrCat("approx_count_distinct", precision);
  bound.when_empty = WhenEmpty::kZero;
  bound.accumulator = std::make_shared<Cardinality>(precision);
  const double error = 1.04 / std::sqrt(std::ldexp(1.0, precision));
  bound.finalise = [error](const Folded& folded, Answer* answer) {
    const auto* part = FindPart<SketchPart>(*folded.words, *folded.parts);
    answer->Set(Value::Int(part == nullptr ? 0 : part->sketch.Estimate()));
    if (part != nullptr && !part->sketch.exact()) answer->error = error;
  };
  return bound;
}

}  // namespace millrace
