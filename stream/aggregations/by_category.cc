#include "stream/aggregations/by_category.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/collection.h"
#include "core/type_words.h"
#include "stream/aggregations/values.h"
#include "stream/state_limits.h"

namespace millrace {
namespace {

struct Category {
  int64_t n = 0;
  std::vector<uint64_t> words;
  StateParts parts;

  StateRef state() const { return {n, words.data(), &parts}; }
  bool IsZero() const {
    return n == 0 && parts.empty() &&
           std::all_of(words.begin(), words.end(), [](uint64_t word) { return word == 0; });
  }
};

class CategoriesPart final : public StatePart {
 public:
  size_t MemoryBytes() const override {
    size_t bytes = sizeof(*this);
    for (const auto& [key, category] : categories) {
      bytes += sizeof(Category) + key.capacity() + category.words.capacity() * sizeof(uint64_t);
      for (const auto& part : category.parts) bytes += part->MemoryBytes();
    }
    return bytes;
  }
  absl::btree_map<std::string, Category> categories;
  bool more = false;  // there were others
};

// words: the part.
class Categories final : public Accumulator {
 public:
  // `inside` may be null: categories are only counted.
  Categories(std::shared_ptr<const Accumulator> inside, size_t limit)
      : inside_(std::move(inside)), limit_(limit) {}
  int words() const override { return 1; }
  StateClass state_class() const override {
    return inside_ == nullptr ? StateClass::kExact : inside_->state_class();
  }
  bool subtracts() const override { return inside_ == nullptr || inside_->subtracts(); }

  void Add(const Sample& sample, int64_t, uint64_t* words, StateParts* parts) const override {
    CategoriesPart& part = PartOf<CategoriesPart>(words, parts);
    const std::string key = ToString(sample.category);
    Category* const category = Find(key, &part);
    if (category == nullptr) return;
    if (inside_ != nullptr) {
      inside_->Add(sample, category->n, category->words.data(), &category->parts);
    }
    ++category->n;
    if (subtracts() && category->IsZero()) part.categories.erase(key);
  }
  void Subtract(const Sample& sample, uint64_t* words, StateParts* parts) const override {
    CategoriesPart& part = PartOf<CategoriesPart>(words, parts);
    const std::string key = ToString(sample.category);
    Category* const category = Find(key, &part);
    if (category == nullptr) return;
    if (inside_ != nullptr) {
      inside_->Subtract(sample, category->words.data(), &category->parts);
    }
    --category->n;
    if (category->IsZero()) part.categories.erase(key);
  }
  void Merge(const StateRef& later, int64_t, uint64_t* words, StateParts* parts) const override {
    const auto* from = FindPart<CategoriesPart>(*later.words, *later.parts);
    if (from == nullptr) return;
    CategoriesPart& to = PartOf<CategoriesPart>(words, parts);
    for (const auto& [key, other] : from->categories) {
      Category* const category = Find(key, &to);
      if (category == nullptr) continue;
      if (inside_ != nullptr) {
        inside_->Merge(other.state(), category->n, category->words.data(), &category->parts);
      }
      category->n += other.n;
      if (subtracts() && category->IsZero()) to.categories.erase(key);
    }
    to.more |= from->more;
  }
  void Encode(const StateRef& state, int64_t base_ms, std::string* out) const override {
    const auto* part = FindPart<CategoriesPart>(*state.words, *state.parts);
    PutVarint(out, part == nullptr ? 0 : part->categories.size() * 2 + (part->more ? 1 : 0));
    if (part == nullptr) return;
    for (const auto& [key, category] : part->categories) {
      PutLengthPrefixed(out, key);
      PutSignedVarint(out, category.n);
      if (inside_ != nullptr) inside_->Encode(category.state(), base_ms, out);
    }
  }
  bool Decode(absl::string_view* in, int64_t, int64_t base_ms, uint64_t* words,
              StateParts* parts) const override {
    uint64_t size = 0;
    if (!GetVarint(in, &size) || size / 2 > limit_ || size / 2 > in->size()) return false;
    if (size == 0) return true;
    CategoriesPart& part = PartOf<CategoriesPart>(words, parts);
    part.more = (size & 1) != 0;
    for (uint64_t i = 0; i < size / 2; ++i) {
      absl::string_view key;
      if (!GetLengthPrefixed(in, &key)) return false;
      Category category = Empty();
      if (!GetStateCount(in, &category.n) || (category.n <= 0 && !subtracts())) return false;
      if (inside_ != nullptr &&
          !inside_->Decode(in, category.n, base_ms, category.words.data(), &category.parts)) {
        return false;
      }
      part.categories.emplace_hint(part.categories.end(), std::string(key.data(), key.size()),
                                   std::move(category));
    }
    return part.categories.size() == size / 2;
  }

 private:
  Category Empty() const {
    Category category;
    category.words.resize(inside_ == nullptr ? 0 : static_cast<size_t>(inside_->words()), 0);
    return category;
  }
  // The category, made if it is among the smallest; null when it is not kept.
  Category* Find(const std::string& key, CategoriesPart* part) const {
    auto& categories = part->categories;
    if (const auto found = categories.find(key); found != categories.end()) return &found->second;
    if (categories.size() >= limit_ && categories.rbegin()->first < key) {
      part->more = true;
      return nullptr;
    }
    if (categories.size() == limit_) {
      categories.erase(std::prev(categories.end()));
      part->more = true;
    }
    return &categories.emplace(key, Empty()).first->second;
  }

  std::shared_ptr<const Accumulator> inside_;
  size_t limit_;
};

using Shown = std::pair<absl::string_view, OwnedValue>;

void KeepTop(const ByCategoryOptions& options, std::vector<Shown>* shown) {
  if (!options.top || shown->size() <= *options.top) return;
  std::stable_sort(shown->begin(), shown->end(), [&](const Shown& a, const Shown& b) {
    if (options.top_by == ByCategoryOptions::Rank::kKey) return a.first > b.first;
    const Value x = a.second.view(), y = b.second.view();
    return Compare(x, y) > 0;
  });
  shown->resize(*options.top);
}

}  // namespace

absl::StatusOr<Aggregation> ByCategory(const Aggregation& inside,
                                       const ByCategoryOptions& options) {
  if (IsCollection(inside.result.type)) {
    return absl::InvalidArgumentError(
        absl::StrCat("an answer per category must be a scalar, not ", AValueType(inside.result)));
  }
  Aggregation bound;
  bound.result = ValueType(Type::kMap, inside.result.type);
  bound.when_empty = WhenEmpty::kZero;  // an empty map, where there are records
  bound.state_key = absl::StrCat("by ", options.max_keys, " ", inside.state_key);
  bound.accumulator = std::make_shared<Categories>(inside.accumulator, options.max_keys);
  bound.finalise = [inside, options](const Folded& folded, Answer* answer) {
    const auto* part = FindPart<CategoriesPart>(*folded.words, *folded.parts);
    std::vector<Shown> shown;
    Answer inner;
    bool truncated = part != nullptr && part->more;
    if (part != nullptr) {
      for (const auto& [key, category] : part->categories) {
        if (category.n <= 0) continue;
        Folded of = folded;
        of.records = of.n = category.n;
        of.words = category.words.data();
        of.parts = &category.parts;
        inner.state = ResultState::kPresent;
        inner.value = Value::Null();
        FinaliseFinite(inside, of, &inner);
        truncated |= inner.state == ResultState::kTruncated;
        if (inner.value.is_null()) continue;
        shown.emplace_back(absl::string_view(key), OwnedValue(inner.value));
      }
    }
    if (shown.empty() && folded.nothing()) return answer->Fail(ResultState::kMissing);
    KeepTop(options, &shown);
    MapBuilder map;
    for (const auto& [key, value] : shown) map.Add(key, value.view());
    const Value built = map.Finish();
    answer->bytes.assign(built.string_value().data(), built.string_value().size());
    answer->Set(Value::OfBytes(Type::kMap, answer->bytes));
    if (truncated) answer->state = ResultState::kTruncated;
  };
  return bound;
}

}  // namespace millrace
