// The reading side of ShardedStore: any thread.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "featurestore/entity_key.h"
#include "featurestore/feature_answers.h"
#include "featurestore/sharded_store.h"
#include "stream/state_keys.h"

namespace millrace {
namespace {

// A reader's working space; one per thread, so that a warm read allocates nothing.
struct ReadScratch {
  PlacedKey key;
  std::vector<PlacedKey> prefetched;
  std::vector<const EntityRow*> rows;
  AnswerScratch answers;
  ViewLayout::Scratch request;
};
thread_local ReadScratch scratch;

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
  FeatureAnswers answers(*view.layout, row, horizon, at_ms, options,
                         view.available_from_ms.load(std::memory_order_relaxed), &scratch.answers);
  for (size_t i = 0; i < features.size(); ++i) answers.Answer(features[i], &values[i]);
  *all_gone = !features.empty() && answers.all_gone();
  ReadCounts& counts = view.read_counts;
  counts.reads.fetch_add(1, std::memory_order_relaxed);
  const AnswerScratch::Cost& cost = scratch.answers.cost;
  counts.windows.fetch_add(cost.windows, std::memory_order_relaxed);
  counts.merges.fetch_add(cost.merges, std::memory_order_relaxed);
  uint64_t most = counts.most_merges.load(std::memory_order_relaxed);
  while (cost.most_merges > most &&
         !counts.most_merges.compare_exchange_weak(most, cost.most_merges)) {
  }
  const auto expired = std::count_if(values.begin(), values.end(), [](const FeatureValue& value) {
    return value.status == FeatureStatus::kExpired;
  });
  if (expired > 0) {
    counts.expired.fetch_add(static_cast<uint64_t>(expired), std::memory_order_relaxed);
  }
}

ViewCounts ShardedStore::Counts(int32_t view_index) const {
  const View& view = views_[static_cast<size_t>(view_index)];
  const ReadCounts& reads = view.read_counts;
  ViewCounts counts;
  counts.updates = view.updates.load(std::memory_order_relaxed);
  counts.reads = reads.reads.load(std::memory_order_relaxed);
  counts.loads = reads.loads.load(std::memory_order_relaxed);
  counts.expired = reads.expired.load(std::memory_order_relaxed);
  counts.windows = reads.windows.load(std::memory_order_relaxed);
  counts.merges = reads.merges.load(std::memory_order_relaxed);
  counts.most_merges = reads.most_merges.load(std::memory_order_relaxed);
  for (size_t f = 0; f < view.layout->features().size(); ++f) {
    counts.not_finite.push_back(view.layout->NotFinite(static_cast<int>(f)));
  }
  return counts;
}

void ShardedStore::Prefetch(std::span<const ViewEntity> entities) const {
  std::vector<PlacedKey>& keys = scratch.prefetched;
  if (keys.size() < entities.size()) keys.resize(entities.size());
  for (size_t i = 0; i < entities.size(); ++i) {
    keys[i].shard = -1;
    const auto [view, fields] = entities[i];
    if (view < 0 || static_cast<size_t>(view) >= views_.size()) continue;
    if (std::any_of(fields.begin(), fields.end(), [](const Value& v) { return v.is_null(); })) {
      continue;
    }
    Place(view, fields, &keys[i]);
  }
  size_t next = 0;
  std::vector<const EntityRow*>& rows = scratch.rows;
  while (next < entities.size()) {
    const int32_t shard_index = keys[next].shard;
    const size_t first = next;
    while (next < entities.size() && keys[next].shard == shard_index) ++next;
    if (shard_index < 0) continue;
    const Shard& shard = shards_[static_cast<size_t>(shard_index)];
    absl::ReaderMutexLock lock(&shard.mutex());
    for (size_t i = first; i < next; ++i) shard.PrefetchPlace(Shard::RowKey(keys[i].bytes));
    rows.clear();
    for (size_t i = first; i < next; ++i) {
      if (const auto* row = shard.Find(Shard::RowKey(keys[i].bytes))) rows.push_back(&row->row);
    }
    for (int step = 0; step < EntityRow::kPrefetchSteps; ++step) {
      for (const EntityRow* row : rows) row->Prefetch(step);
    }
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
  bool null_part = false;
  for (size_t i = 0; i < key.size(); ++i) {
    null_part |= key[i].is_null();
    if (!key[i].is_null() && key[i].type() != spec.key_types[i]) {
      return absl::InvalidArgumentError(absl::StrCat("view \"", spec.name, "\": key field ", i,
                                                     " is ", TypeName(key[i].type()), ", not ",
                                                     TypeName(spec.key_types[i])));
    }
  }
  if (null_part) {
    for (size_t i = 0; i < features.size(); ++i) {
      const FeatureSpec& feature = spec.features[static_cast<size_t>(features[i])];
      values[i] = FeatureValue();
      values[i].asked = values[i].effective = SpanAt(feature.window, at_ms);
      if (feature.default_value) values[i].value = *feature.default_value;
    }
    return absl::OkStatus();
  }
  Place(view_index, key, &s.key);
  FoldOptions fold;
  const EventOrder now = {at_ms, -1, 0, 0};  // before all records of that time
  if (const auto late = deletions_.LateBefore(s.key.shard, s.key.bytes, now)) {
    fold.deleted_ms = late->event_time_ms;
  }
  EnterLife(view_index, now, &s.key);
  const Shard::RowKey row_key(s.key.bytes);

  fold.known_ms = options.known_ms;
  if (options.current) {
    for (size_t i = 0; i < spec.inputs.size(); ++i) {
      if (spec.inputs[i].source != options.current->source) continue;
      fold.current = options.current;
      fold.current->source = static_cast<int32_t>(i);
    }
  }
  if (!options.request.empty()) {
    Event request;
    request.event_time_ms = at_ms;
    request.offset = INT64_MAX;
    request.fields = options.request;
    fold.request = view.layout->MakeEntry(0, request, &s.request);
    fold.request_fields = options.request;
    s.request.words[1] = PackSource(INT32_MAX, INT32_MAX);  // after every record of that time
  }
  Shard& shard = shards_[static_cast<size_t>(s.key.shard)];
  bool gone = false;
  // The horizon is taken while the row cannot be trimmed to a later one.
  const auto horizon = [&] {
    return view.layout->horizon().At(horizon_ms_.load(std::memory_order_acquire));
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
      if (const Shard::CachedRow* row = shard.Find(row_key); row != nullptr) {
        AnswerAll(view, &row->row, horizon(), at_ms, fold, features, values, &gone);
        return done();
      }
      changes = shard.store_changes();
    }
    ASSIGN_OR_RETURN(std::unique_ptr<EntityRow> loaded,
                     EntityRow::Load(*view.layout, s.key.bytes, state_));
    view.read_counts.loads.fetch_add(1, std::memory_order_relaxed);
    Horizon loaded_at;
    {
      absl::ReaderMutexLock lock(&shard.mutex());
      if (shard.Find(row_key) != nullptr || shard.store_changes() != changes) continue;
      loaded_at = horizon();
    }
    // The row as it was then, and nobody else's: folded without the lock.
    AnswerAll(view, loaded.get(), loaded_at, at_ms, fold, features, values, &gone);
    if (loaded != nullptr) {
      // Keeping it is the cache's business, not a change of state.
      absl::MutexLock lock(&shard.mutex());
      if (shard.Find(row_key) == nullptr && shard.store_changes() == changes) {
        shard.Insert(row_key, view_index, std::move(*loaded));
      }
    }
    return done();
  }
}

}  // namespace millrace
