#include "featurestore/shard.h"

#include <utility>

namespace millrace {
namespace {

// How far the eviction hand moves for one insertion: two rows a new one, however many are dirty.
constexpr int kHandSteps = 8;

}  // namespace

Shard::CachedRow* Shard::Find(const RowKey& key) const {
  const auto found = rows_.find(key);
  if (found == rows_.end()) return nullptr;
  CachedRow* row = found->get();
  if (!row->used.load(std::memory_order_relaxed)) row->used.store(true, std::memory_order_relaxed);
  return row;
}

Shard::CachedRow* Shard::Insert(const RowKey& key, int32_t view, EntityRow row) {
  if (CachedRow* known = Find(key)) return known;
  auto cached = std::make_unique<CachedRow>(key, view, std::move(row));
  CachedRow* result = cached.get();
  rows_.insert(std::move(cached));
  ring_.push_back(result);
  Resize(result);
  Evict(result);
  return result;
}

void Shard::Resize(CachedRow* row) {
  bytes_ -= row->bytes;
  row->bytes = sizeof(CachedRow) + row->row.MemoryBytes() + 64;
  bytes_ += row->bytes;
}

void Shard::Evict(const CachedRow* keep) {
  for (int step = 0; step < kHandSteps && bytes_ > cache_bytes_ && !ring_.empty(); ++step) {
    if (hand_ >= ring_.size()) hand_ = 0;
    CachedRow* row = ring_[hand_];
    if (row == keep || row->dirty || row->in_flight || row->used.exchange(false)) {
      ++hand_;
      continue;
    }
    bytes_ -= row->bytes;
    ring_[hand_] = ring_.back();
    ring_.pop_back();
    rows_.erase(rows_.find(RowKey(row->key())));
  }
}

void Shard::MarkDirty(CachedRow* row, size_t grown_bytes) {
  if (!row->dirty) {
    row->dirty = true;
    Resize(row);
    dirty_.push_back(row);
    grown_bytes = row->bytes;
  } else {
    row->bytes += grown_bytes;
    bytes_ += grown_bytes;
  }
  // Written under the mutex only.
  dirty_bytes_.store(dirty_bytes() + grown_bytes, std::memory_order_relaxed);
}

bool Shard::AddChanges(StateBatch* batch, absl::FunctionRef<void(int32_t, EntityRow*)> trim) {
  for (const std::string& key : in_flight_deletes_) batch->Delete(key);  // of a failed batch
  if (dirty_.empty()) return false;
  ++store_changes_;
  for (CachedRow* row : dirty_) {
    trim(row->view, &row->row);
    row->row.AddChanges(row->key(), batch, &in_flight_deletes_);
    row->dirty = false;
    row->in_flight = true;
    Resize(row);
  }
  in_flight_ = std::exchange(dirty_, {});
  dirty_bytes_.store(0, std::memory_order_relaxed);
  return true;
}

void Shard::Committed(bool ok) {
  ++store_changes_;
  for (CachedRow* row : in_flight_) {
    row->in_flight = false;
    if (ok) continue;
    row->row.MarkAllDirty();
    MarkDirty(row, 0);
  }
  in_flight_.clear();
  if (ok) in_flight_deletes_.clear();
}

}  // namespace millrace
