// One aggregation over one column of random values, for the laws that all aggregations obey.

#ifndef MILLRACE_TESTS_STREAM_AGGREGATIONS_STATE_FIXTURE_H_
#define MILLRACE_TESTS_STREAM_AGGREGATIONS_STATE_FIXTURE_H_

#include <bit>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "core/collection.h"
#include "core/random.h"
#include "stream/aggregate_state.h"
#include "stream/aggregations/bind.h"
#include "stream/aggregations/values.h"

namespace millrace {

// An aggregation bound to types, with options in the middle of what is allowed.
struct BoundCase {
  std::string name;
  AggregationRequest request;
  Aggregation aggregation;
};

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
                  bool retracts = false) const {
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
    if (bound_->request.input.other != Type::kNull) {
      store(other, &made.words[static_cast<size_t>(entry.value_word(0)) + 1]);
    }
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
      entry.AddColumn({0, bound.request.input.value, bound.request.input.other});
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

inline AggregationOptions MiddlingOptions(const AggregationType& type) {
  AggregationOptions options;
  for (const AggregationOption& option : type.options) {
    if (option.name == "q") options.Set("q", 0.3);
    if (option.name == "k") options.Set("k", type.name == "nth" ? 1 : 3);
    if (option.name == "alpha") options.Set("alpha", 0.25);
    if (option.name == "half_life") options.Set("half_life", 20'000);
    if (option.name == "max_values") options.Set("max_values", 12);
  }
  return options;
}

// Every aggregation over every type it takes, by category and element by element too.
inline std::vector<BoundCase> AllCases() {
  std::vector<BoundCase> cases;
  const auto add = [&cases](const AggregationRequest& request, const std::string& suffix) {
    auto bound = BindAggregationTo(request);
    if (!bound.ok()) return;
    cases.push_back({absl::StrCat(request.type->name, "_", suffix), request, *std::move(bound)});
  };
  const ValueType kInputs[] = {Type::kNull,
                               Type::kBool,
                               Type::kInt,
                               Type::kDouble,
                               Type::kString,
                               Type::kTimestamp,
                               ValueType(Type::kList, Type::kInt),
                               ValueType(Type::kMap, Type::kDouble)};
  for (const AggregationType& type : AggregationTypes()) {
    AggregationRequest request;
    request.type = &type;
    request.input.options = MiddlingOptions(type);
    request.input.window_ms = 100'000;
    for (const ValueType& input : kInputs) {
      request.input.value = input;
      request.input.other = type.second_required ? ValueType(Type::kDouble) : ValueType();
      add(request, std::string(TypeName(input.type)));
    }
    request.input.value = Type::kDouble;
    if (!type.second_input.empty() && !type.second_required) {
      request.input.other = Type::kInt;
      add(request, "ranked");
    }
    if (!type.second_required) {
      request.input.other = Type::kString;
      request.by.emplace();
      request.by->max_keys = 5;
      add(request, "by_string");
      request.by.reset();
    }
    request.input.other = ValueType();
    request.input.value = ValueType(Type::kVector, Type::kDouble, 2);
    request.elementwise = true;
    add(request, "elementwise");
  }
  return cases;
}

// A value of the type, often one that occurred before; sometimes null.
inline OwnedValue RandomValue(const ValueType& type, Random& random) {
  if (random.Chance(0.1)) return OwnedValue();
  switch (type.type) {
    case Type::kBool: return OwnedValue(Value::Bool(random.Chance(0.5)));
    case Type::kInt: return OwnedValue(Value::Int(random.Between(-9, 9)));
    case Type::kTimestamp: return OwnedValue(Value::Timestamp(random.Between(0, 20) * 1000));
    case Type::kDouble: return OwnedValue(Value::Double(std::round(random.Unit() * 400) / 8 - 20));
    case Type::kString: {
      const std::string text = absl::StrCat("s", random.Below(9));
      return OwnedValue(Value::String(text));
    }
    case Type::kList: {
      ListBuilder list;
      for (uint64_t i = random.Below(4); i > 0; --i) {
        list.Add(RandomValue(type.element, random).view());
      }
      return OwnedValue(list.value());
    }
    case Type::kMap: {
      MapBuilder map;
      for (uint64_t i = random.Below(4); i > 0; --i) {
        map.Add(absl::StrCat("k", random.Below(5)), RandomValue(type.element, random).view());
      }
      return OwnedValue(map.Finish());
    }
    case Type::kVector: {
      std::string bytes;
      return OwnedValue(MakeVector(
          std::vector<double>{random.Unit() * 10, std::round(random.Unit() * 8) - 4}, &bytes));
    }
    default: return OwnedValue();
  }
}

// `n` records in total order, some at equal times.
inline std::vector<CaseEntry> RandomEntries(const BoundCase& bound, const CaseState& state, int n,
                                            Random& random) {
  std::vector<CaseEntry> entries;
  int64_t time = 1'000'000;
  for (int i = 0; i < n; ++i) {
    time += random.Between(0, 500);
    const OwnedValue value = RandomValue(bound.request.input.value, random);
    OwnedValue other = RandomValue(bound.request.input.other, random);
    const bool pair = bound.request.input.other != Type::kNull;
    const Value second = other.view();
    entries.push_back(
        state.Entry(time, i, pair && second.is_null() ? Value::Null() : value.view(), second));
  }
  return entries;
}

}  // namespace millrace

#endif  // MILLRACE_TESTS_STREAM_AGGREGATIONS_STATE_FIXTURE_H_
