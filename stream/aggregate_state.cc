#include "stream/aggregate_state.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "core/check.h"
#include "core/collection.h"
#include "stream/aggregations/values.h"

namespace millrace {
namespace {

constexpr uint64_t kNoTime = static_cast<uint64_t>(std::numeric_limits<int64_t>::min());

int64_t Signed(uint64_t v) { return static_cast<int64_t>(v); }

void KeepNewest(uint64_t time, uint64_t* word) {
  if (Signed(time) > Signed(*word)) *word = time;
}
void KeepOldest(uint64_t time, uint64_t* word) {
  if (Signed(time) < Signed(*word)) *word = time;
}

bool IsFinite(const Value& value) {
  return value.type() != Type::kDouble || std::isfinite(value.double_value());
}

// Calls visit(sample) for the values that the entry has in a column.
template <typename Visit>
void ForEachSample(const EntryLayout& layout, int column, const EntryRef& entry, Visit visit) {
  const StateColumn& spec = layout.columns()[static_cast<size_t>(column)];
  if (spec.is_number()) {
    return visit(Sample{entry.words,
                        ValueOfWord(spec.type.type, entry.words[layout.value_word(column)]),
                        Value::Null(), Value::Null()});
  }
  const auto [value, other, category] = layout.ValuesAt(entry, column);
  Sample sample{entry.words, value, other, category};
  if (!spec.spreads()) return visit(sample);
  const Value whole = sample.value;
  if (spec.type == Type::kList) {
    ForEachItem(whole, [&](const Value& item) {
      if (item.is_null() || !IsFinite(item)) return;
      sample.value = item;
      visit(sample);
    });
    return;
  }
  ForEachEntry(whole, [&](absl::string_view key, const Value& item) {
    if (item.is_null() || !IsFinite(item)) return;
    sample.value = item;
    sample.category = Value::String(key);
    visit(sample);
  });
}

void AddColumn(const StateLayout& layout, const FoldPlan::Column& column, const EntryRef& entry,
               StateSlot state) {
  ForEachSample(layout.entry(), column.column, entry, [&](const Sample& sample) {
    const int64_t live = Signed(state.words[column.live_word]);
    for (const FoldPlan::State& s : column.states) {
      s.accumulator->Add(sample, live, state.words + s.word, state.parts);
    }
    ++state.words[column.net_word];
    if (column.live_word != column.net_word) ++state.words[column.live_word];
  });
}

void SubtractColumn(const StateLayout& layout, const FoldPlan::Column& column,
                    const EntryRef& entry, StateSlot state) {
  ForEachSample(layout.entry(), column.column, entry, [&](const Sample& sample) {
    for (const FoldPlan::State& s : column.states) {
      if (s.subtracts) s.accumulator->Subtract(sample, state.words + s.word, state.parts);
    }
    --state.words[column.net_word];
  });
}

void SubtractEntry(const StateLayout& layout, const FoldPlan& plan, const EntryRef& entry,
                   StateSlot state) {
  for (const FoldPlan::Filter& filter : plan.filters) {
    if (layout.entry().passes(entry, filter.filter)) --state.words[filter.word];
  }
  for (const FoldPlan::Column& column : plan.columns) {
    if (entry.bit(layout.entry().column_bit(column.column))) {
      SubtractColumn(layout, column, entry, state);
    }
  }
}

}  // namespace

int StateLayout::AddAccumulator(int column, const std::string& key,
                                std::shared_ptr<const Accumulator> accumulator) {
  for (size_t i = 0; i < accumulators_.size(); ++i) {
    if (accumulators_[i].column == column && accumulators_[i].key == key) {
      return static_cast<int>(i);
    }
  }
  accumulators_.push_back({column, key, std::move(accumulator), 0});
  return static_cast<int>(accumulators_.size()) - 1;
}

void StateLayout::Finish() {
  CHECK(words_ == 0);
  const bool retracts = entry_.retracts();
  int next = 3;
  const auto take = [&next](int n) {
    next += n;
    CHECK(next < std::numeric_limits<uint16_t>::max());
    return static_cast<uint16_t>(next - n);
  };
  for (int f = 0; f < entry_.filters(); ++f) {
    FoldPlan::Filter filter;
    filter.filter = static_cast<uint16_t>(f);
    if (f == 0 && !retracts) {
      filter.word = filter.live_word = 0;  // the header says it all
      filter.newest_word = 2;
    } else {
      filter.word = take(1);
      filter.live_word = retracts ? take(1) : filter.word;
      filter.newest_word = take(1);
    }
    plan_.filters.push_back(filter);
  }
  for (size_t c = 0; c < entry_.columns().size(); ++c) {
    FoldPlan::Column column;
    column.column = static_cast<uint16_t>(c);
    column.net_word = take(1);
    column.live_word = retracts ? take(1) : column.net_word;
    plan_.columns.push_back(std::move(column));
  }
  for (Added& added : accumulators_) {
    FoldPlan::Column& column = plan_.columns[static_cast<size_t>(added.column)];
    added.index = column.states.size();
    column.states.push_back({added.accumulator.get(), take(added.accumulator->words()),
                             added.accumulator->subtracts()});
    plan_.ordered |= added.accumulator->state_class() != StateClass::kExact;
  }
  words_ = next;
}

const FoldPlan::State& StateLayout::accumulator(int i) const {
  const Added& added = accumulators_[static_cast<size_t>(i)];
  return plan_.columns[static_cast<size_t>(added.column)].states[added.index];
}

FoldPlan StateLayout::Subset(const std::vector<int>& accumulators, const std::vector<int>& columns,
                             const std::vector<int>& filters) const {
  const std::set<int> wanted(accumulators.begin(), accumulators.end());
  std::set<int> wanted_columns(columns.begin(), columns.end());
  FoldPlan subset;
  for (const int f : std::set<int>(filters.begin(), filters.end())) {
    subset.filters.push_back(plan_.filters[static_cast<size_t>(f)]);
  }
  for (const int i : wanted) wanted_columns.insert(accumulator_column(i));
  for (const int c : wanted_columns) {
    FoldPlan::Column column = plan_.columns[static_cast<size_t>(c)];
    column.states.clear();
    for (const int i : wanted) {
      if (accumulator_column(i) != c) continue;
      column.states.push_back(accumulator(i));
      subset.ordered |= column.states.back().accumulator->state_class() != StateClass::kExact;
    }
    subset.columns.push_back(std::move(column));
  }
  return subset;
}

size_t PartsMemoryBytes(const StateParts& parts) {
  size_t bytes = parts.capacity() * sizeof(void*);
  for (const auto& part : parts) bytes += part->MemoryBytes();
  return bytes;
}

void OwnedState::Reset(const StateLayout& layout) {
  words_.resize(static_cast<size_t>(layout.words()));
  parts_.clear();
  ResetState(layout, slot());
}

size_t OwnedState::MemoryBytes() const {
  return words_.capacity() * sizeof(uint64_t) + PartsMemoryBytes(parts_);
}

void ResetState(const StateLayout& layout, StateSlot state) {
  std::memset(state.words, 0, static_cast<size_t>(layout.words()) * sizeof(uint64_t));
  state.words[1] = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  state.words[2] = kNoTime;
  for (const FoldPlan::Filter& filter : layout.plan().filters) {
    state.words[filter.newest_word] = kNoTime;
  }
  state.parts->clear();
}

void AddEntry(const StateLayout& layout, const FoldPlan& plan, const EntryRef& entry,
              StateSlot state) {
  if (entry.cancelled()) return;
  const uint64_t time = entry.words[0];
  if (entry.retracts()) {
    SubtractEntry(layout, plan, entry, state);
  } else {
    for (const FoldPlan::Filter& filter : plan.filters) {
      if (filter.word == 0 || !layout.entry().passes(entry, filter.filter)) continue;
      ++state.words[filter.word];
      if (filter.live_word != filter.word) ++state.words[filter.live_word];
      KeepNewest(time, &state.words[filter.newest_word]);
    }
    for (const FoldPlan::Column& column : plan.columns) {
      if (entry.bit(layout.entry().column_bit(column.column))) {
        AddColumn(layout, column, entry, state);
      }
    }
  }
  ++state.words[0];
  KeepOldest(time, &state.words[1]);
  KeepNewest(time, &state.words[2]);
}

void MergeState(const FoldPlan& plan, StateView later, StateSlot state) {
  for (const FoldPlan::Filter& filter : plan.filters) {
    if (filter.word == 0) continue;
    state.words[filter.word] += later.words[filter.word];
    if (filter.live_word != filter.word) {
      state.words[filter.live_word] += later.words[filter.live_word];
    }
    KeepNewest(later.words[filter.newest_word], &state.words[filter.newest_word]);
  }
  for (const FoldPlan::Column& column : plan.columns) {
    const int64_t live = Signed(state.words[column.live_word]);
    const int64_t later_live = Signed(later.words[column.live_word]);
    const bool apart = column.live_word != column.net_word;
    for (const FoldPlan::State& s : column.states) {
      if (later_live == 0 && !(s.subtracts && apart)) continue;
      s.accumulator->Merge({later_live, later.words + s.word, later.parts}, live,
                           state.words + s.word, state.parts);
    }
    state.words[column.net_word] += later.words[column.net_word];
    if (apart) state.words[column.live_word] += later.words[column.live_word];
  }
  state.words[0] += later.words[0];
  KeepOldest(later.words[1], &state.words[1]);
  KeepNewest(later.words[2], &state.words[2]);
}

}  // namespace millrace
