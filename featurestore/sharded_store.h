// ShardedStore: the OnlineStore (see there), over any StateStore. Rows live under
//   0x01 | shard u16 | view u16 | length-prefixed entity key | part …
// marks under 0x01 | shard u16 | 0xffff, and what the state was built for under 0x01 ffff ffff.

#ifndef MILLRACE_FEATURESTORE_SHARDED_STORE_H_
#define MILLRACE_FEATURESTORE_SHARDED_STORE_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "featurestore/deletions.h"
#include "featurestore/input_marks.h"
#include "featurestore/online_store.h"
#include "featurestore/shard.h"
#include "featurestore/view_layout.h"
#include "featurestore/window_reader.h"

namespace millrace {

// Where an entity's row lies.
struct PlacedKey {
  int32_t shard = 0;
  std::string bytes;   // the key of its row
  std::string entity;  // the entity's own part of it
};

class ShardedStore final : public OnlineStore {
 public:
  ShardedStore(StateStore& state, std::vector<std::unique_ptr<const ViewLayout>> layouts,
               const OnlineStoreOptions& options);
  // Reads what `state` holds, or claims it. REQUIRES: called once, first.
  absl::Status Start();

  absl::Status Apply(const Event& event) override;
  absl::Status Delete(int32_t view, std::span<const Value> key, const Event& tombstone) override;
  void AdvanceInput(int32_t source, int32_t partition, int64_t next_offset) override;
  int64_t LowestMark(int32_t source, int32_t partition) const override;
  void AdvanceTime(int64_t event_time_ms) override;
  absl::Status AddCommit(int32_t shard, StateBatch* batch) override;
  void Committed(int32_t shard, bool ok) override;
  size_t DirtyBytes() const override;
  absl::StatusOr<uint64_t> Digest() override;

  void SetAvailableFrom(int32_t view, int64_t event_time_ms) override;
  void Prefetch(std::span<const ViewEntity> entities) const override;
  absl::Status Read(int32_t view, std::span<const Value> key, int64_t at_ms,
                    std::span<const int> features, const ReadOptions& options,
                    std::span<FeatureValue> values) const override;
  int64_t StreamTime() const override { return stream_ms_.load(std::memory_order_acquire); }
  int64_t EntityCount(int32_t view) const override;
  uint64_t NullKeys(int32_t view) const override {
    return views_[static_cast<size_t>(view)].null_keys.load(std::memory_order_relaxed);
  }
  uint64_t UnmatchedRetractions(int32_t view) const override {
    return views_[static_cast<size_t>(view)].unmatched.load(std::memory_order_relaxed);
  }
  ViewCounts Counts(int32_t view) const override;
  uint64_t Updates(int32_t view) const override {
    return views_[static_cast<size_t>(view)].updates.load(std::memory_order_relaxed);
  }
  uint64_t ApproximateBytes(int32_t view) const override;
  uint64_t LateDeletions(int32_t view) const override {
    return views_[static_cast<size_t>(view)].late_deletions.load(std::memory_order_relaxed);
  }
  const std::vector<std::shared_ptr<const ViewSpec>>& views() const override { return specs_; }

 private:
  struct ReadCounts {
    std::atomic<uint64_t> reads{0};
    std::atomic<uint64_t> loads{0};
    std::atomic<uint64_t> expired{0};
    std::atomic<uint64_t> windows{0};
    std::atomic<uint64_t> merges{0};
    std::atomic<uint64_t> most_merges{0};
  };
  struct View {
    std::unique_ptr<const ViewLayout> layout;
    Horizon horizon;                            // of the owner thread, at horizon_ms_
    int64_t horizon_change_ms = -kTimeLimitMs;  // when to look again
    std::atomic<int64_t> available_from_ms{kBeginningOfTime};
    std::vector<int64_t> entities;  // by shard, owner thread
    std::atomic<int64_t> entity_count{0};
    std::atomic<uint64_t> null_keys{0};
    std::atomic<uint64_t> unmatched{0};  // retractions
    std::atomic<uint64_t> updates{0};
    mutable ReadCounts read_counts;  // reading changes no state but this
    std::atomic<uint64_t> late_deletions{0};
  };
  // A view that a source feeds, and where in its inputs.
  struct Feed {
    int32_t view = 0;
    int32_t input = 0;
  };

  // REQUIRES: no field is null.
  void Place(int32_t view, std::span<const Value> fields, PlacedKey* key) const;
  // Makes it the key of the entity's life at `place`; of the one that began with a deletion.
  void EnterLife(int32_t view, const EventOrder& place, PlacedKey* key) const;
  static void PutLife(int32_t view, const EventOrder& deletion, PlacedKey* key);
  absl::Status ApplyTo(const Feed& feed, const Event& event, const InputMarks::Input& marks);
  // Adds the entry to the row that key_ names.
  absl::Status AddTo(int32_t view, const EntryRef& entry);
  // The same for an entry of the time of deletions: to the life before them all, and to theirs.
  absl::Status AddToLivesOf(int32_t view, const EntryRef& entry,
                            std::span<const EventOrder> same_time);
  static void CountEntity(View* view, int32_t shard);
  // Makes room for a deletion in the life that its place lies in: gives what stands after it a life
  // of its own. False, and nothing changed, when that is not kept record by record.
  absl::StatusOr<bool> SplitLife(int32_t view, const PlacedKey& entity, const EventOrder& place);
  // The same for the row of that life.
  bool SplitRow(Shard::CachedRow* old, const EventOrder& place, const PlacedKey& after,
                Shard* shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard->mutex());
  void MoveHorizon();
  // Up to when the shard's rows go: as when they were committed, until all shards are as far again.
  int64_t HorizonTime(int32_t shard) const {
    return std::max(started_ms_[static_cast<size_t>(shard)], applied_ms_);
  }
  // Valid until the next call.
  const Horizon& HorizonOf(const View& view, int32_t shard);
  void AnswerAll(const View& view, const EntityRow* row, const Horizon& horizon, int64_t at_ms,
                 const FoldOptions& options, std::span<const int> features,
                 std::span<FeatureValue> values, bool* all_gone) const;
  absl::Status LoadMarks(int32_t shard);
  std::string MarksKey(int32_t shard) const;
  void AddCanonical(const View& view, absl::string_view key, EntityRow* row,
                    uint64_t* digest) const;

  StateStore& state_;
  const OnlineStoreOptions options_;
  std::vector<std::shared_ptr<const ViewSpec>> specs_;
  std::deque<View> views_;
  std::vector<std::vector<Feed>> feeds_;    // by source
  mutable std::deque<Shard> shards_;        // readers fill the cache
  std::vector<std::string> stored_marks_;   // by shard
  std::vector<std::string> pending_marks_;  // by shard
  InputMarks marks_;
  Deletions deletions_;
  std::atomic<int64_t> stream_ms_{INT64_MIN};   // newest event applied
  std::atomic<int64_t> horizon_ms_{INT64_MIN};  // newest of it and AdvanceTime
  int64_t applied_ms_ = INT64_MIN;              // the same since Start
  std::vector<int64_t> started_ms_;             // by shard: what it was when last committed
  int64_t newest_start_ms_ = INT64_MIN;         // of these
  Horizon redo_horizon_;                        // HorizonOf's

  // Apply's working space.
  ViewLayout::Scratch scratch_;
  std::vector<Value> key_fields_;
  PlacedKey key_;
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_SHARDED_STORE_H_
