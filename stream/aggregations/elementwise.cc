#include "stream/aggregations/elementwise.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/collection.h"
#include "stream/aggregations/values.h"

namespace millrace {
namespace {

class ElementsPart final : public StatePart {
 public:
  ElementsPart(size_t dim, size_t stride) : words(dim * stride, 0), parts(dim) {}
  size_t MemoryBytes() const override {
    size_t bytes = sizeof(*this) + words.capacity() * sizeof(uint64_t);
    for (const StateParts& element : parts) {
      for (const auto& part : element) bytes += part->MemoryBytes();
    }
    return bytes;
  }
  std::vector<uint64_t> words;    // by element
  std::vector<StateParts> parts;  // by element
};

// words: the part.
class Elements final : public Accumulator {
 public:
  Elements(std::shared_ptr<const Accumulator> inside, size_t dim)
      : inside_(std::move(inside)), dim_(dim), stride_(static_cast<size_t>(inside_->words())) {}
  int words() const override { return 1; }
  StateClass state_class() const override { return inside_->state_class(); }
  bool subtracts() const override { return inside_->subtracts(); }

  void Add(const Sample& sample, int64_t n, uint64_t* words, StateParts* parts) const override {
    ElementsPart& part = PartOf<ElementsPart>(words, parts, dim_, stride_);
    for (size_t i = 0; i < dim_; ++i) {
      inside_->Add(Component(sample, i), n, &part.words[i * stride_], &part.parts[i]);
    }
  }
  void Subtract(const Sample& sample, uint64_t* words, StateParts* parts) const override {
    ElementsPart& part = PartOf<ElementsPart>(words, parts, dim_, stride_);
    for (size_t i = 0; i < dim_; ++i) {
      inside_->Subtract(Component(sample, i), &part.words[i * stride_], &part.parts[i]);
    }
  }
  void Merge(const StateRef& later, int64_t n, uint64_t* words, StateParts* parts) const override {
    const auto* from = FindPart<ElementsPart>(*later.words, *later.parts);
    if (from == nullptr) return;
    ElementsPart& to = PartOf<ElementsPart>(words, parts, dim_, stride_);
    for (size_t i = 0; i < dim_; ++i) {
      inside_->Merge({later.n, &from->words[i * stride_], &from->parts[i]}, n,
                     &to.words[i * stride_], &to.parts[i]);
    }
  }
  void Encode(const StateRef& state, int64_t base_ms, std::string* out) const override {
    const auto* part = FindPart<ElementsPart>(*state.words, *state.parts);
    out->push_back(part == nullptr ? 0 : 1);
    for (size_t i = 0; part != nullptr && i < dim_; ++i) {
      inside_->Encode({state.n, &part->words[i * stride_], &part->parts[i]}, base_ms, out);
    }
  }
  bool Decode(absl::string_view* in, int64_t n, int64_t base_ms, uint64_t* words,
              StateParts* parts) const override {
    if (in->empty() || in->front() > 1) return false;
    const bool any = in->front() == 1;
    in->remove_prefix(1);
    if (!any) return subtracts();
    ElementsPart& part = PartOf<ElementsPart>(words, parts, dim_, stride_);
    for (size_t i = 0; i < dim_; ++i) {
      if (!inside_->Decode(in, n, base_ms, &part.words[i * stride_], &part.parts[i])) {
        return false;
      }
    }
    return true;
  }

  Folded ElementOf(const Folded& folded, const ElementsPart& part, size_t i) const {
    Folded element = folded;
    element.words = &part.words[i * stride_];
    element.parts = &part.parts[i];
    return element;
  }

 private:
  static Sample Component(const Sample& sample, size_t i) {
    absl::string_view rest = sample.value.string_value().substr(i * sizeof(double));
    Sample component = sample;
    NextItem(Type::kVector, &rest, &component.value);
    return component;
  }

  std::shared_ptr<const Accumulator> inside_;
  size_t dim_;
  size_t stride_;
};

}  // namespace

absl::StatusOr<Aggregation> Elementwise(const Aggregation& inside, int32_t dim) {
  if (inside.accumulator == nullptr ||
      (inside.result != Type::kDouble && inside.result != Type::kInt)) {
    return absl::InvalidArgumentError("elementwise answers must be numbers of the values");
  }
  const auto elements =
      std::make_shared<const Elements>(inside.accumulator, static_cast<size_t>(dim));
  Aggregation bound;
  bound.result = ValueType(Type::kVector, Type::kDouble, dim);
  bound.state_key = absl::StrCat("elements ", inside.state_key);
  bound.accumulator = elements;
  bound.finalise = [inside, elements, dim](const Folded& folded, Answer* answer) {
    const auto* part = FindPart<ElementsPart>(*folded.words, *folded.parts);
    if (part == nullptr) return answer->Fail(ResultState::kNull);
    std::vector<double> components;
    Answer inner;
    bool truncated = false;
    for (size_t i = 0; i < static_cast<size_t>(dim); ++i) {
      inner.state = ResultState::kPresent;
      FinaliseFinite(inside, elements->ElementOf(folded, *part, i), &inner);
      if (inner.value.is_null()) return answer->Fail(inner.state);
      truncated |= inner.state == ResultState::kTruncated;
      components.push_back(NumberOf(inner.value));
    }
    answer->Set(MakeVector(components, &answer->bytes));
    if (truncated) answer->state = ResultState::kTruncated;
  };
  return bound;
}

}  // namespace millrace
