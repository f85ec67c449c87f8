// Shard: the decoded rows of one shard of the feature state, kept as a write-back cache over the
// StateStore. Dirty rows stay until they are committed; clean ones may be evicted (second chance).
//
// Written by the owner thread; readers may add rows they had to load. Everything is guarded by
// mutex(); no lock is held while the store is read.

#ifndef MILLRACE_FEATURESTORE_SHARD_H_
#define MILLRACE_FEATURESTORE_SHARD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "core/hashing.h"
#include "featurestore/entity_row.h"
#include "stream/state_store.h"

namespace millrace {

class Shard {
 public:
  // What names a row: the entity's prefix of its rows in the store.
  struct RowKey {
    explicit RowKey(absl::string_view bytes) : bytes(bytes), hash(Xxh3(bytes)) {}
    absl::string_view bytes;
    uint64_t hash;
  };
  struct CachedRow {
    CachedRow(const RowKey& key, int32_t view, EntityRow row)
        : hash(key.hash),
          key_bytes(key.bytes.begin(), key.bytes.end()),
          view(view),
          row(std::move(row)) {}
    absl::string_view key() const { return {key_bytes.data(), key_bytes.size()}; }

    // Found and compared before anything else: together with the row, not behind a pointer.
    const uint64_t hash;
    const absl::InlinedVector<char, 40> key_bytes;
    const int32_t view;
    EntityRow row;
    bool dirty = false;
    bool in_flight = false;  // in a batch that is neither committed nor failed
    size_t bytes = 0;
    std::atomic<bool> used{true};  // since the eviction hand last passed
  };

  explicit Shard(size_t cache_bytes) : cache_bytes_(cache_bytes) {}
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  absl::Mutex& mutex() const ABSL_LOCK_RETURNED(mutex_) { return mutex_; }

  // Asks the processor for the place where the row would be found.
  void PrefetchPlace(const RowKey& key) const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    rows_.prefetch(key);
  }
  // The row, or null when it is not in memory.
  CachedRow* Find(const RowKey& key) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // Takes a row in; the one already there wins. May evict clean rows, never this one.
  CachedRow* Insert(const RowKey& key, int32_t view, EntityRow row)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The row was changed, and grew by about so much.
  void MarkDirty(CachedRow* row, size_t grown_bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Adds all dirty rows to the batch, each after trim(view, row). True when there were any.
  bool AddChanges(StateBatch* batch, absl::FunctionRef<void(int32_t, EntityRow*)> trim)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Committed(bool ok) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Changes whenever stored rows may: a row loaded while it stood still is whole.
  uint64_t store_changes() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return store_changes_; }
  size_t dirty_bytes() const { return dirty_bytes_.load(std::memory_order_relaxed); }

  template <typename Visit>
  void ForEach(Visit visit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (const auto& row : ring_) visit(row);
  }

 private:
  struct HashOf {
    using is_transparent = void;
    size_t operator()(const RowKey& key) const { return key.hash; }
    size_t operator()(const std::unique_ptr<CachedRow>& row) const { return row->hash; }
  };
  struct SameKey {
    using is_transparent = void;
    bool operator()(const std::unique_ptr<CachedRow>& a, const RowKey& b) const {
      return a->hash == b.hash && a->key() == b.bytes;
    }
    bool operator()(const std::unique_ptr<CachedRow>& a,
                    const std::unique_ptr<CachedRow>& b) const {
      return a->hash == b->hash && a->key() == b->key();
    }
  };
  void Evict(const CachedRow* keep) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Resize(CachedRow* row) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  const size_t cache_bytes_;
  absl::flat_hash_set<std::unique_ptr<CachedRow>, HashOf, SameKey> rows_ ABSL_GUARDED_BY(mutex_);
  std::vector<CachedRow*> ring_ ABSL_GUARDED_BY(mutex_);  // all rows, for the eviction hand
  size_t hand_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<CachedRow*> dirty_ ABSL_GUARDED_BY(mutex_);
  std::vector<CachedRow*> in_flight_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> in_flight_deletes_ ABSL_GUARDED_BY(mutex_);
  uint64_t store_changes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::atomic<size_t> dirty_bytes_{0};
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_SHARD_H_
