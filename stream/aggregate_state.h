// AggregateState: what the aggregations of a view know about a set of records, as a flat run of
// 64-bit words with parts beside them (one tile, or the answer being folded), and the operations
// on it. Features that share (aggregation, input, where, by) share one state. A state's words:
//   header        entries, smallest and largest event time
//   filters       per `where`: records that pass it (net and live), the newest of their times
//   columns       per (inputs, where): values (net and live)
//   accumulators  (stream/aggregations/accumulator.h)
//
// Net counts go down by every retraction, live ones only by those that met their record; they
// differ where a record was taken back that never came. In views without retractions they are one
// word. Filter 0 is "every record".
//
// StateLayout is immutable once built; states are thread-compatible.

#ifndef MILLRACE_STREAM_AGGREGATE_STATE_H_
#define MILLRACE_STREAM_AGGREGATE_STATE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/aggregations/accumulator.h"
#include "stream/entry.h"

namespace millrace {

// A state, changed and read.
struct StateSlot {
  uint64_t* words = nullptr;
  StateParts* parts = nullptr;
};
struct StateView {
  const uint64_t* words = nullptr;
  const StateParts* parts = nullptr;

  StateView() = default;
  StateView(const uint64_t* words, const StateParts* parts) : words(words), parts(parts) {}
  StateView(const StateSlot& slot) : words(slot.words), parts(slot.parts) {}  // NOLINT: is one

  int64_t entries() const { return static_cast<int64_t>(words[0]); }
  int64_t min_time_ms() const { return static_cast<int64_t>(words[1]); }
  int64_t max_time_ms() const { return static_cast<int64_t>(words[2]); }
};

// What of a state is folded: all of a layout, or what the features of a window need.
struct FoldPlan {
  struct Filter {
    uint16_t filter = 0;
    uint16_t word = 0;  // net, live, newest time
    uint16_t live_word = 0;
    uint16_t newest_word = 0;
    friend bool operator==(const Filter&, const Filter&) = default;
  };
  struct State {
    const Accumulator* accumulator = nullptr;
    uint16_t word = 0;
    bool subtracts = false;
    friend bool operator==(const State&, const State&) = default;
  };
  struct Column {
    uint16_t column = 0;
    uint16_t net_word = 0;
    uint16_t live_word = 0;
    std::vector<State> states;
    friend bool operator==(const Column&, const Column&) = default;
  };
  std::vector<Filter> filters;
  std::vector<Column> columns;
  // Some state depends on the order of folding.
  bool ordered = false;
  friend bool operator==(const FoldPlan&, const FoldPlan&) = default;
};

class StateLayout {
 public:
  // `entry` is finished.
  explicit StateLayout(EntryLayout entry) : entry_(std::move(entry)) {}

  // The accumulator over a column; those with the same key share one. REQUIRES: before Finish.
  int AddAccumulator(int column, const std::string& key,
                     std::shared_ptr<const Accumulator> accumulator);
  // Fixes the places of all words. REQUIRES: called once.
  void Finish();

  const EntryLayout& entry() const { return entry_; }
  int words() const { return words_; }
  const FoldPlan& plan() const { return plan_; }  // of everything
  // The part that these accumulators, columns and filters need.
  FoldPlan Subset(const std::vector<int>& accumulators, const std::vector<int>& columns,
                  const std::vector<int>& filters) const;

  const FoldPlan::Filter& filter(int i) const { return plan_.filters[static_cast<size_t>(i)]; }
  const FoldPlan::Column& column(int i) const { return plan_.columns[static_cast<size_t>(i)]; }
  const FoldPlan::State& accumulator(int i) const;
  const std::string& accumulator_key(int i) const {
    return accumulators_[static_cast<size_t>(i)].key;
  }
  int accumulators() const { return static_cast<int>(accumulators_.size()); }
  int accumulator_column(int i) const { return accumulators_[static_cast<size_t>(i)].column; }

 private:
  struct Added {
    int column;
    std::string key;
    std::shared_ptr<const Accumulator> accumulator;
    size_t index = 0;  // among the states of its column
  };
  EntryLayout entry_;
  int words_ = 0;
  std::vector<Added> accumulators_;
  FoldPlan plan_;
};

// A state with its own storage, reused.
class OwnedState {
 public:
  void Reset(const StateLayout& layout);
  StateSlot slot() { return {words_.data(), &parts_}; }
  StateView view() const { return {words_.data(), &parts_}; }
  bool empty() const { return words_.empty(); }
  size_t MemoryBytes() const;

 private:
  std::vector<uint64_t> words_;
  StateParts parts_;
};

// The empty state. REQUIRES: layout.words() words.
void ResetState(const StateLayout& layout, StateSlot state);

// Adds an entry: a record, or a retraction that has not met its record. Entries that cancel each
// other add nothing.
void AddEntry(const StateLayout& layout, const FoldPlan& plan, const EntryRef& entry,
              StateSlot state);
// Adds the records of another state, which come later.
void MergeState(const FoldPlan& plan, StateView later, StateSlot state);

// Bytes of a state: canonical, so equal states give equal bytes (docs/formats/feature-state.md).
// Times are written relative to base_ms.
void EncodeState(const StateLayout& layout, StateView state, int64_t base_ms, std::string* out);
// Takes a state off the front of *in. False when it does not parse.
bool DecodeState(const StateLayout& layout, int64_t base_ms, absl::string_view* in,
                 StateSlot state);

size_t PartsMemoryBytes(const StateParts& parts);

}  // namespace millrace

#endif  // MILLRACE_STREAM_AGGREGATE_STATE_H_
