// The reading side of ShardedStore: any thread.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "featurestore/entity_key.h"
#include "featurestore/sharded_store.h"
#include "stream/state_keys.h"

namespace millrace {
namespace {

// A reader's working space; one per thread, so that a warm read allocates nothing.
struct ReadScratch {
  std::string entity;
  std::string key;
  std::vector<WindowFold> folds;    // by window of the view
  std::vector<uint64_t> folded_at;  // number of the read that filled it
  uint64_t read = 0;
  Answer answer;
  ViewLayout::Scratch request;
};
thread_local ReadScratch scratch;

double CoveredShare(const Span& asked, const Span& covered) {
  const int64_t begin = std::max(asked.begin_ms, covered.begin_ms);
  const int64_t end = std::min(asked.end_ms, covered.end_ms);
  if (begin == asked.begin_ms && end == asked.end_ms) return 1;
  if (end <= begin) return 0;
  return static_cast<double>(end - begin) / static_cast<double>(asked.end_ms - asked.begin_ms);
}

FeatureStatus StatusOf(ResultState state) {
  switch (state) {
    case ResultState::kPresent: return FeatureStatus::kPresent;
    case ResultState::kNull: return FeatureStatus::kNull;
    case ResultState::kMissing: return FeatureStatus::kMissing;
    case ResultState::kOverflow: return FeatureStatus::kOverflow;
    case ResultState::kTruncated: return FeatureStatus::kTruncated;
  }
  return FeatureStatus::kNull;
}

// The answer of one feature from the fold of its window.
void FinaliseFeature(const ViewLayout& layout, const FeaturePlan& plan,
                     const Aggregation& aggregation, const WindowFold& fold, int64_t at_ms,
                     Answer* answer) {
  const StateLayout& state = layout.state();
  const StateView view = fold.state.view();
  const bool net = aggregation.accumulator == nullptr || aggregation.accumulator->subtracts();
  const auto count = [&](uint16_t net_word, uint16_t live_word) {
    return static_cast<int64_t>(view.words[net ? net_word : live_word]);
  };
  Folded folded;
  const FoldPlan::Filter& filter = state.filter(plan.filter);
  folded.records = folded.n = count(filter.word, filter.live_word);
  if (plan.column >= 0) {
    const FoldPlan::Column& column = state.column(plan.column);
    folded.n = count(column.net_word, column.live_word);
  }
  const FoldPlan::Filter& every = state.filter(0);
  folded.candidates = count(every.word, every.live_word);
  if (plan.candidates >= 0) {
    const FoldPlan::Column& column = state.column(plan.candidates);
    folded.candidates = count(column.net_word, column.live_word);
  }
  if (plan.accumulator >= 0) folded.words = view.words + state.accumulator(plan.accumulator).word;
  folded.parts = view.parts;
  folded.at_ms = at_ms;
  folded.asked = fold.asked;
  Finalise(aggregation, folded, answer);
}

}  // namespace

absl::string_view FeatureStatusName(FeatureStatus status) {
  switch (status) {
    case FeatureStatus::kPresent: return "present";
    case FeatureStatus::kNull: return "null";
    case FeatureStatus::kMissing: return "missing";
    case FeatureStatus::kExpired: return "expired";
    case FeatureStatus::kStale: return "stale";
    case FeatureStatus::kWarming: return "warming";
    case FeatureStatus::kTruncated: return "truncated";
    case FeatureStatus::kOverflow: return "overflow";
  }
  return "unknown";
}

void ShardedStore::SetAvailableFrom(int32_t view, int64_t event_time_ms) {
  views_[static_cast<size_t>(view)].available_from_ms.store(event_time_ms,
                                                            std::memory_order_relaxed);
}

int64_t ShardedStore::EntityCount(int32_t view) const {
  return views_[static_cast<size_t>(view)].entity_count.load(std::memory_order_relaxed);
}

void ShardedStore::AnswerAll(const View& view, const EntityRow* row, const Horizon& horizon,
                             int64_t at_ms, const FoldOptions& options,
                             std::span<const int> features, std::span<FeatureValue> values,
                             bool* all_gone) const {
  const ViewLayout& layout = *view.layout;
  const int64_t available_from = view.available_from_ms.load(std::memory_order_relaxed);
  ReadScratch& s = scratch;
  ++s.read;
  if (s.folds.size() < layout.windows().size()) {
    s.folds.resize(layout.windows().size());
    s.folded_at.resize(layout.windows().size(), 0);
  }
  *all_gone = !features.empty();
  for (size_t i = 0; i < features.size(); ++i) {
    const auto index = static_cast<size_t>(features[i]);
    const FeatureSpec& spec = layout.spec().features[index];
    const auto window = static_cast<size_t>(layout.features()[index].window);
    WindowFold& fold = s.folds[window];
    if (s.folded_at[window] != s.read) {
      FoldOptions wanted = options;
      if (!spec.window.with_request) wanted.request = {};
      FoldWindow(layout, layout.windows()[window], row, horizon, at_ms, wanted, &fold);
      s.folded_at[window] = s.read;
    }
    FeatureValue& out = values[i];
    FinaliseFeature(layout, layout.features()[index], *spec.aggregation, fold, at_ms, &s.answer);
    Value value = s.answer.value;
    out.status = StatusOf(s.answer.state);
    out.error = s.answer.error;
    const FoldPlan::Filter& filter = layout.state().filter(layout.features()[index].filter);
    const uint64_t* words = fold.state.view().words;
    out.count = static_cast<int64_t>(words[filter.live_word]);
    out.max_event_time_ms.reset();
    out.age_ms.reset();
    if (out.count > 0) {
      out.max_event_time_ms = static_cast<int64_t>(words[filter.newest_word]);
      out.age_ms = at_ms - *out.max_event_time_ms;
    }
    *all_gone &= fold.gone;
    if (fold.gone) {
      out.status = FeatureStatus::kTruncated;
      value = Value::Null();
    } else if (fold.cut && out.status != FeatureStatus::kOverflow) {
      out.status = FeatureStatus::kTruncated;
      if (fold.covered.begin_ms == fold.covered.end_ms) value = Value::Null();
    }
    out.effective = fold.covered;
    if (fold.asked.begin_ms < available_from) {
      out.effective.begin_ms =
          std::min(std::max(out.effective.begin_ms, available_from), out.effective.end_ms);
    }
    out.completeness = CoveredShare(fold.asked, out.effective);
    if (out.status == FeatureStatus::kMissing && spec.default_value) {
      value = spec.default_value->view();
    }
    if (fold.asked.begin_ms < available_from && out.status != FeatureStatus::kOverflow) {
      out.status = FeatureStatus::kWarming;
    }
    if (layout.spec().ttl_ms && row != nullptr) {
      const auto newest = NewestBefore(layout, *row, at_ms + (TakesEnd(spec.window) ? 1 : 0));
      if (newest && at_ms - *newest > *layout.spec().ttl_ms) {
        out.status = FeatureStatus::kExpired;
        out.age_ms = at_ms - *newest;
        out.max_event_time_ms = newest;
        value = Value::Null();
      }
    }
    out.value.Assign(value);
  }
}

absl::Status ShardedStore::Read(int32_t view_index, std::span<const Value> key, int64_t at_ms,
                                std::span<const int> features, const ReadOptions& options,
                                std::span<FeatureValue> values) const {
  if (view_index < 0 || static_cast<size_t>(view_index) >= views_.size() ||
      values.size() < features.size()) {
    return absl::InvalidArgumentError("no such view, or too little room for its values");
  }
  const View& view = views_[static_cast<size_t>(view_index)];
  const ViewSpec& spec = view.layout->spec();
  for (const int feature : features) {
    if (feature < 0 || static_cast<size_t>(feature) >= spec.features.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("view \"", spec.name, "\" has no feature ", feature));
    }
  }
  if (key.size() != spec.key_types.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("view \"", spec.name, "\" has a key of ", spec.key_types.size(), " fields"));
  }
  if (at_ms > kTimeLimitMs || at_ms < -kTimeLimitMs) {
    return absl::InvalidArgumentError("the read time is out of range");
  }
  if (options.known_ms && !spec.keeps_known_time) {
    return absl::InvalidArgumentError(
        absl::StrCat("view \"", spec.name, "\" does not keep when its records became known"));
  }
  ReadScratch& s = scratch;
  s.entity.clear();
  bool null_part = false;
  for (size_t i = 0; i < key.size(); ++i) {
    if (key[i].is_null()) {
      null_part = true;
    } else if (key[i].type() != spec.key_types[i]) {
      return absl::InvalidArgumentError(absl::StrCat("view \"", spec.name, "\": key field ", i,
                                                     " is ", TypeName(key[i].type()), ", not ",
                                                     TypeName(spec.key_types[i])));
    } else {
      AppendKeyField(key[i], &s.entity);
    }
  }
  if (null_part) {
    for (size_t i = 0; i < features.size(); ++i) {
      const FeatureSpec& feature = spec.features[static_cast<size_t>(features[i])];
      values[i] = FeatureValue();
      values[i].effective = SpanAt(feature.window, at_ms);
      if (feature.default_value) values[i].value = *feature.default_value;
    }
    return absl::OkStatus();
  }
  const int32_t shard_index = ShardOfEntity(key, s.entity, options_.shards);
  s.key.assign(1, kFeaturePrefix);
  PutBig16(&s.key, static_cast<uint16_t>(shard_index));
  PutBig16(&s.key, static_cast<uint16_t>(view_index));
  PutLengthPrefixed(&s.key, s.entity);

  FoldOptions fold;
  fold.known_ms = options.known_ms;
  if (options.current) {
    for (size_t i = 0; i < spec.inputs.size(); ++i) {
      if (spec.inputs[i].source != options.current->source) continue;
      fold.current = EventOrder{at_ms, static_cast<int32_t>(i), options.current->partition,
                                options.current->offset};
    }
  }
  if (!options.request.empty()) {
    Event request;
    request.event_time_ms = at_ms;
    request.partition = INT32_MAX;  // after every record of that time
    request.offset = INT64_MAX;
    request.fields = options.request;
    fold.request = view.layout->MakeEntry(0, request, &s.request);
  }
  Shard& shard = shards_[static_cast<size_t>(shard_index)];
  bool gone = false;
  // The horizon is taken while the row cannot be trimmed to a later one.
  const auto horizon = [&] {
    return view.layout->HorizonAt(horizon_ms_.load(std::memory_order_acquire));
  };
  const auto done = [&] {
    return gone ? absl::OutOfRangeError(absl::StrCat("view \"", spec.name, "\" keeps nothing of ",
                                                     at_ms, " any more"))
                : absl::OkStatus();
  };
  while (true) {
    uint64_t changes;
    {
      absl::ReaderMutexLock lock(&shard.mutex());
      if (const Shard::CachedRow* row = shard.Find(s.key); row != nullptr) {
        AnswerAll(view, &row->row, horizon(), at_ms, fold, features, values, &gone);
        return done();
      }
      changes = shard.store_changes();
    }
    ASSIGN_OR_RETURN(std::unique_ptr<EntityRow> loaded,
                     EntityRow::Load(*view.layout, s.key, state_));
    absl::MutexLock lock(&shard.mutex());
    if (shard.Find(s.key) != nullptr || shard.store_changes() != changes) continue;
    if (loaded == nullptr) {
      AnswerAll(view, nullptr, horizon(), at_ms, fold, features, values, &gone);
      return done();
    }
    // Keeping it is the cache's business, not a change of state.
    const Shard::CachedRow* row = shard.Insert(s.key, view_index, std::move(*loaded));
    AnswerAll(view, &row->row, horizon(), at_ms, fold, features, values, &gone);
    return done();
  }
}

}  // namespace millrace
