// Deleting an entity: the deletion, and the records that came before it and stand after it.

#include <memory>
#include <utility>

#include "core/status_macros.h"
#include "featurestore/entity_key.h"
#include "featurestore/entity_selection.h"
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
  Place(view_index, key, &key_);
  if (marks_.At(tombstone.source, tombstone.partition).Has(key_.shard, tombstone.offset)) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool split, SplitLife(view_index, key_, place));
  if (!split) view.late_deletions.fetch_add(1, std::memory_order_relaxed);
  deletions_.Add(key_.shard, key_.bytes, place,
                 split ? Deletions::Kind::kBeginsLife : Deletions::Kind::kLate);
  return absl::OkStatus();
}

absl::Status ShardedStore::AddToLivesOf(int32_t view, const EntryRef& entry,
                                        std::span<const EventOrder> same_time) {
  EnterLife(view, {entry.time_ms(), -1, 0, 0}, &key_);
  RETURN_IF_ERROR(AddTo(view, entry));
  if (entry.retracts()) {
    views_[static_cast<size_t>(view)].layout->entry().SetMoot(scratch_.words.data());
  }
  for (const EventOrder& life : same_time) {
    if (!entry.retracts() && OrderOf(entry.words) < life) continue;
    PutLife(view, life, &key_);
    RETURN_IF_ERROR(AddTo(view, entry));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> ShardedStore::SplitLife(int32_t view_index, const PlacedKey& entity,
                                             const EventOrder& place) {
  View& view = views_[static_cast<size_t>(view_index)];
  PlacedKey before = entity, after = entity;
  EnterLife(view_index, place, &before);
  PutLife(view_index, place, &after);
  const Shard::RowKey old_key(before.bytes);
  Shard& shard = shards_[static_cast<size_t>(entity.shard)];
  {
    absl::MutexLock lock(&shard.mutex());
    if (Shard::CachedRow* row = shard.Find(old_key); row != nullptr) {
      return SplitRow(row, place, after, &shard);
    }
  }
  ASSIGN_OR_RETURN(std::unique_ptr<EntityRow> loaded,
                   EntityRow::Load(*view.layout, before.bytes, state_));
  if (loaded == nullptr) return true;
  absl::MutexLock lock(&shard.mutex());
  Shard::CachedRow* row = shard.Insert(old_key, view_index, std::move(*loaded));
  return SplitRow(row, place, after, &shard);
}

bool ShardedStore::SplitRow(Shard::CachedRow* old, const EventOrder& place, const PlacedKey& after,
                            Shard* shard) {
  View& view = views_[static_cast<size_t>(old->view)];
  const ViewLayout& layout = *view.layout;
  const Horizon& horizon = HorizonOf(view, after.shard);
  // What is told below is of the row as trimmed, so that is what must be stored.
  old->row.Trim(horizon);
  shard->MarkDirty(old, 0);
  const int64_t time = place.event_time_ms;
  if (old->row.newest_ms() >= time && time < SelectableFrom(old->row, horizon)) {
    return false;
  }
  // The old life keeps what stands after its end: who reads it asks about earlier times.
  EntityRow row = SelectRecords(layout, old->row, horizon, [&](uint64_t* entry) {
    const EventOrder order = OrderOf(entry);
    if (!EntryRef{entry, nullptr}.retracts() || order.event_time_ms != time) return place < order;
    layout.entry().SetMoot(entry);
    return true;
  });
  if (row.log().size() > 0) {
    CountEntity(&view, after.shard);
    shard->MarkDirty(shard->Insert(Shard::RowKey(after.bytes), old->view, std::move(row)), 0);
  }
  return true;
}

}  // namespace millrace
