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
  std::string entity;
  std::string key;
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
  // Before all records of the time that is asked about.
  const EventOrder place = {at_ms, -1, 0, 0};
  if (const auto life = deletions_.NewestBefore(shard_index, s.key, place)) {
    s.key = RowKey(shard_index, view_index, absl::StrCat(s.entity, LifeSuffix(*life)));
  }

  FoldOptions fold;
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
    s.request.words[1] = PackSource(INT32_MAX, INT32_MAX);  // after every record of that time
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
