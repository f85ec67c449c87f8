// Deleting an entity: the deletion, and the records that came before it and stand after it.

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "featurestore/entity_key.h"
#include "featurestore/sharded_store.h"
#include "stream/entry.h"

namespace millrace {

absl::Status ShardedStore::Delete(int32_t view_index, std::span<const Value> key,
                                  const Event& tombstone) {
  View& view = views_[static_cast<size_t>(view_index)];
  const ViewSpec& spec = view.layout->spec();
  EventOrder place = {tombstone.event_time_ms, 0, tombstone.partition, tombstone.offset};
  if (place.event_time_ms > kTimeLimitMs || place.event_time_ms < -kTimeLimitMs) {
    return absl::InvalidArgumentError("event time is out of range");
  }
  while (spec.inputs[static_cast<size_t>(place.source)].source != tombstone.source) ++place.source;
  entity_.clear();
  for (const Value& field : key) AppendKeyField(field, &entity_);
  const int32_t shard = ShardOfEntity(key, entity_, options_.shards);
  if (marks_.At(tombstone.source, tombstone.partition).Has(shard, tombstone.offset)) {
    return absl::OkStatus();
  }
  const std::string entity_key = RowKey(shard, view_index, entity_);
  ASSIGN_OR_RETURN(const bool split, SplitLife(view_index, shard, entity_key, place));
  if (split) {
    deletions_.Add(shard, entity_key, place);
  } else {
    view.late_deletions.fetch_add(1, std::memory_order_relaxed);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> ShardedStore::SplitLife(int32_t view_index, int32_t shard_index,
                                             absl::string_view entity_key,
                                             const EventOrder& place) {
  View& view = views_[static_cast<size_t>(view_index)];
  const auto life_key = [&](const EventOrder& deletion) {
    return RowKey(shard_index, view_index, absl::StrCat(entity_, LifeSuffix(deletion)));
  };
  const auto before = deletions_.NewestBefore(shard_index, entity_key, place);
  const std::string old_key = before ? life_key(*before) : std::string(entity_key);
  Shard& shard = shards_[static_cast<size_t>(shard_index)];
  {
    absl::MutexLock lock(&shard.mutex());
    if (Shard::CachedRow* row = shard.Find(old_key); row != nullptr) {
      return SplitRow(view, row, place, life_key(place), &shard);
    }
  }
  ASSIGN_OR_RETURN(std::unique_ptr<EntityRow> loaded,
                   EntityRow::Load(*view.layout, old_key, state_));
  if (loaded == nullptr) return true;
  absl::MutexLock lock(&shard.mutex());
  Shard::CachedRow* row = shard.Insert(old_key, view_index, std::move(*loaded));
  return SplitRow(view, row, place, life_key(place), &shard);
}

bool ShardedStore::SplitRow(const View& view, Shard::CachedRow* old, const EventOrder& place,
                            std::string new_key, Shard* shard) {
  TrimRow(view, old);
  if (old->row.newest_ms() < place.event_time_ms) return true;
  const MicroLog& log = old->row.log();
  if (place.event_time_ms < std::max(view.horizon.log_cut_ms, log.complete_from_ms())) return false;
  // The old life keeps what stands after its end: who reads it asks about earlier times.
  EntityRow after(*view.layout, view.horizon);
  log.ForRange(place.event_time_ms, INT64_MAX, [&](const EntryRef& entry) {
    if (place < OrderOf(entry.words)) after.Add(entry, view.horizon);
  });
  if (after.log().size() > 0) {
    shard->MarkDirty(shard->Insert(std::move(new_key), old->view, std::move(after)));
  }
  return true;
}

}  // namespace millrace
