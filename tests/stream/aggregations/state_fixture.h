// One aggregation over one column: entries in, the state's bytes and its answer out.

#ifndef MILLRACE_TESTS_STREAM_AGGREGATIONS_STATE_FIXTURE_H_
#define MILLRACE_TESTS_STREAM_AGGREGATIONS_STATE_FIXTURE_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "stream/aggregate_state.h"
#include "stream/aggregations/values.h"
#include "tests/stream/aggregations/bound_cases.h"

namespace millrace {

// A record of the column: null or a value, and the second input.
struct CaseEntry {
  std::vector<uint64_t> words;
  BlobList blobs;
  EntryRef ref() const { return {words.data(), &blobs}; }
};

// The state of one case's records.
class CaseState {
 public:
  explicit CaseState(const BoundCase& bound) : bound_(&bound), layout_(MakeLayout(bound)) {}

  const StateLayout& layout() const { return layout_; }

  CaseEntry Entry(int64_t time_ms, int64_t offset, const Value& value, const Value& other,
                  bool retracts = false, const Value& category = Value::Null()) const {
    const EntryLayout& entry = layout_.entry();
    CaseEntry made;
    made.words.resize(static_cast<size_t>(entry.words()), 0);
    made.words[0] = static_cast<uint64_t>(time_ms);
    made.words[1] = PackSource(0, 1);
    made.words[2] = static_cast<uint64_t>(offset);
    if (retracts) made.words[3] |= 1;
    if (bound_->request.input.value == Type::kNull || value.is_null()) return made;
    made.words[3] |= uint64_t{1} << entry.column_bit(0);
    const auto store = [&made](const Value& v, uint64_t* word) {
      if (!HasBytes(v.type())) {
        *word = WordOf(v);
        return;
      }
      made.blobs.emplace_back(v.string_value().data(), v.string_value().size());
      *word = made.blobs.size();
    };
    store(value, &made.words[static_cast<size_t>(entry.value_word(0))]);
    uint64_t* word = &made.words[static_cast<size_t>(entry.value_word(0))];
    if (bound_->request.input.other != Type::kNull) store(other, ++word);
    if (bound_->request.by) store(category, ++word);
    return made;
  }

  void Fold(std::span<const CaseEntry> entries, OwnedState* state) const {
    state->Reset(layout_);
    for (const CaseEntry& entry : entries) {
      AddEntry(layout_, layout_.plan(), entry.ref(), state->slot());
    }
  }
  std::string Bytes(const OwnedState& state) const {
    std::string bytes;
    EncodeState(layout_, state.view(), 1'000'000, &bytes);
    return bytes;
  }
  void Finalised(const OwnedState& state, Answer* answer) const {
    const StateView view = state.view();
    const bool net =
        bound_->aggregation.accumulator == nullptr || bound_->aggregation.accumulator->subtracts();
    const auto at = [&view](uint16_t word) { return static_cast<int64_t>(view.words[word]); };
    Folded folded;
    const FoldPlan::Filter& every = layout_.filter(0);
    folded.records = folded.candidates = folded.n = at(net ? every.word : every.live_word);
    folded.live = at(every.live_word);
    if (!layout_.entry().columns().empty()) {
      const FoldPlan::Column& column = layout_.column(0);
      folded.n = at(net ? column.net_word : column.live_word);
    }
    if (layout_.accumulators() > 0) folded.words = view.words + layout_.accumulator(0).word;
    folded.parts = view.parts;
    folded.at_ms = 1'100'000;
    folded.asked = {1'000'000, 1'100'000};
    Finalise(bound_->aggregation, folded, answer);
  }

 private:
  static StateLayout MakeLayout(const BoundCase& bound) {
    EntryLayout entry({.retracts = true, .known = false});
    if (bound.request.input.value != Type::kNull) {
      entry.AddColumn({0, bound.request.input.value, bound.request.input.other,
                       bound.request.by ? ValueType(Type::kString) : ValueType()});
    }
    entry.Finish();
    StateLayout layout(std::move(entry));
    if (bound.aggregation.accumulator != nullptr) {
      layout.AddAccumulator(0, bound.aggregation.state_key, bound.aggregation.accumulator);
    }
    layout.Finish();
    return layout;
  }

  const BoundCase* bound_;
  StateLayout layout_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_STREAM_AGGREGATIONS_STATE_FIXTURE_H_
