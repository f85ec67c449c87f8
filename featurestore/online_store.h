// OnlineStore: the feature state of all views of a project: what is true of an entity now, or was
// at a past time.
//
// State is divided into shards by the entity key. Apply, Commit and everything else that changes
// state belong to ONE owner thread; Read may run on any thread at the same time and sees applied
// state (committed or not). Reading never changes state.
//
// Invariants: after Apply of any set of events in any order, with any commits and reopenings in
// between, every answer is the one a naive recomputation from the events gives
// (tests/featurestore/online_store_property_test.cc).

#ifndef MILLRACE_FEATURESTORE_ONLINE_STORE_H_
#define MILLRACE_FEATURESTORE_ONLINE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/value.h"
#include "stream/event.h"
#include "stream/log.h"
#include "stream/state_store.h"
#include "stream/view_spec.h"

namespace millrace {

enum class FeatureStatus : uint8_t {
  kPresent,
  kNull,
  kMissing,
  kExpired,
  kStale,
  kWarming,
  kTruncated,
  kOverflow,
};
// "present", "null", …
absl::string_view FeatureStatusName(FeatureStatus status);

struct FeatureValue {
  OwnedValue value;
  FeatureStatus status = FeatureStatus::kMissing;
  std::optional<int64_t> age_ms;  // read time − newest event time folded
  std::optional<int64_t> max_event_time_ms;
  int64_t count = 0;  // records folded
  // The span that was asked for, of sessions and limited windows as they turned out, and the one
  // really covered: the answer is exact where they are the same.
  Span asked;
  Span effective;
  double completeness = 1.0;  // share of the asked span that is covered
  // How far off an estimated value may be (Answer::error in stream/aggregations/aggregation.h).
  std::optional<double> error;
};

// What a read asks for beside the features and the time.
struct ReadOptions {
  // Only what was known then counts: records and retractions that came later do not. Of views that
  // keep knowledge times only (InvalidArgument), and as far back as their records are kept.
  std::optional<int64_t> known_ms;
  // The deciding record, for windows that leave it out; its source is an index in the project.
  std::optional<EventOrder> current;
  // The request's own values, as a record of the view's first source, for windows that count it.
  std::span<const Value> request;
};

// An entity in a view; `key` as in Read.
struct ViewEntity {
  int32_t view = 0;
  std::span<const Value> key;
};

// What happened to a view since the process began.
struct ViewCounts {
  uint64_t updates = 0;      // events applied
  uint64_t reads = 0;        // of an entity
  uint64_t loads = 0;        // of these, reads whose entity was not in memory
  uint64_t expired = 0;      // values that a read found expired
  uint64_t windows = 0;      // folded for reads
  uint64_t merges = 0;       // of tiles and records for these windows
  uint64_t most_merges = 0;  // for one window
  // By feature: inputs that were NaN or infinite, and count as null. Features that share their
  // state share the count.
  std::vector<uint64_t> not_finite;
};

struct OnlineStoreOptions {
  int32_t shards = 64;
  // Decoded rows kept in memory, in bytes; beyond it clean rows are evicted.
  size_t cache_bytes = 256u << 20;
};

class OnlineStore {
 public:
  // Opens the state kept in `state` for `views`. FailedPrecondition when it was built for other
  // views or another number of shards. REQUIRES: state and views outlive the store.
  static absl::StatusOr<std::unique_ptr<OnlineStore>> Open(
      StateStore& state, std::vector<std::shared_ptr<const ViewSpec>> views,
      const OnlineStoreOptions& options);
  virtual ~OnlineStore() = default;

  // --- owner thread ---

  // Applies the event to every view its source feeds, at the shards of its entities; a shard whose
  // mark is past the offset skips it. Lateness was judged by the caller. Errors: InvalidArgument
  // (an event time beyond ±2^59 ms; nothing was applied), DataLoss, and those of the state store.
  virtual absl::Status Apply(const Event& event) = 0;
  // Deletes an entity of a view: what stands before the tombstone in the total order is no more to
  // reads of later times, whenever it comes; what stands after it counts, and reads of earlier
  // times see what held then. At the tombstone's very time it holds still. Counted as late where
  // newer records of the entity came before it and are not kept one by one any more: then windows
  // that reach back to it begin after it as nearly as tiles tell, `truncated`, with the span that
  // is covered; where older and newer records are one state (lifetimes beyond `as_of`), all count.
  // Errors: as Apply. REQUIRES: `key` follows ViewSpec::key_types, without nulls; the tombstone's
  // source feeds the view.
  virtual absl::Status Delete(int32_t view, std::span<const Value> key, const Event& tombstone) = 0;
  // Declares that everything below `next_offset` of the input was given to Apply (or rejected), so
  // that the marks of all shards may pass it.
  virtual void AdvanceInput(int32_t source, int32_t partition, int64_t next_offset) = 0;
  // The lowest mark of any shard for the input: where reading must start again. 0 when unknown.
  virtual int64_t LowestMark(int32_t source, int32_t partition) const = 0;
  // Moves the stream time by which horizons are kept.
  virtual void AdvanceTime(int64_t event_time_ms) = 0;
  // Adds the dirty rows and marks of `shard` to *batch. After the batch was committed (or failed)
  // call Committed, before the shard's next AddCommit. The marks are those of AdvanceInput, so
  // everything applied has to be below them. REQUIRES: 0 <= shard < shards.
  virtual absl::Status AddCommit(int32_t shard, StateBatch* batch) = 0;
  virtual void Committed(int32_t shard, bool ok) = 0;
  virtual size_t DirtyBytes() const = 0;
  // Order-free digest of all rows within their horizons: the sum mod 2^64 of xxh3 over
  // (logical row key, canonical value). Independent of caches, commits and positions.
  virtual absl::StatusOr<uint64_t> Digest() = 0;

  // --- any thread ---

  // Where the data of a view begin: windows that reach further back answer `warming`, and their
  // effective span begins there. Until it is called the data are taken as complete.
  virtual void SetAvailableFrom(int32_t view, int64_t event_time_ms) = 0;

  // Says that these are read next. Fetching all of them from memory at once takes a fraction of the
  // time of fetching one after the other. Changes nothing else; what cannot be read is passed over.
  virtual void Prefetch(std::span<const ViewEntity> entities) const = 0;
  // Values of the chosen features (indices into the view) for one entity at event time `at_ms`.
  // `key` follows ViewSpec::key_types; a null part answers `missing`. Errors: InvalidArgument (key
  // does not fit), DataLoss, OutOfRange (at_ms is older than anything kept; the values are filled
  // all the same: null, `truncated`).
  virtual absl::Status Read(int32_t view, std::span<const Value> key, int64_t at_ms,
                            std::span<const int> features, const ReadOptions& options,
                            std::span<FeatureValue> values) const = 0;
  // Newest event time applied; INT64_MIN before the first.
  virtual int64_t StreamTime() const = 0;
  // An entity that was deleted and came again counts for each of its lives.
  virtual int64_t EntityCount(int32_t view) const = 0;
  // Events applied by this process that do not concern the view because a key field is null.
  virtual uint64_t NullKeys(int32_t view) const = 0;
  // Retractions applied by this process that did not meet their record when they came.
  virtual uint64_t UnmatchedRetractions(int32_t view) const = 0;
  virtual ViewCounts Counts(int32_t view) const = 0;
  // ViewCounts::updates alone.
  virtual uint64_t Updates(int32_t view) const = 0;
  // Bytes that the view's rows take in the state store, as near as that can tell without reading
  // them; what is not committed yet is not in there.
  virtual uint64_t ApproximateBytes(int32_t view) const = 0;
  // Tombstones given to this process that came too late to be exact.
  virtual uint64_t LateDeletions(int32_t view) const = 0;
  virtual const std::vector<std::shared_ptr<const ViewSpec>>& views() const = 0;
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_ONLINE_STORE_H_
