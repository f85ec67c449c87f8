// Deletions: when entities were deleted, as places in the total order of their view's records. What
// lies between two deletions of an entity is a life of it, with a row of its own: a record belongs
// to the life of its place, and a read at a time sees the life of that time and nothing of those
// before. So arrival order does not matter, and reads of earlier times see what held then: records
// that came before a deletion and stand after it move to the life after it, as far as they are kept
// one by one. Records of a deletion's very time that stand after it are in the life before it too:
// reads of that time see all that happened then. A retraction of that time is in all lives there,
// wherever it stands: what it takes back may be before the deletion or after it, and where it meets
// nothing it is nothing.
//
// Where they are not kept one by one, the deletion is late: it begins no life, and readers fold
// what is after it, as nearly as tiles tell, and say so (FoldOptions::deleted_ms).
//
// They are state, committed with the shard of their entity, and all in memory: about 100 bytes for
// each. Changed by the owner thread; readers may ask at any time.

#ifndef MILLRACE_FEATURESTORE_DELETIONS_H_
#define MILLRACE_FEATURESTORE_DELETIONS_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "stream/event.h"
#include "stream/state_store.h"

namespace millrace {

class Deletions {
 public:
  explicit Deletions(int32_t shards) : shards_(static_cast<size_t>(shards)) {}

  // Takes what the state has. DataLoss when it does not parse. REQUIRES: called first.
  absl::Status Load(const StateStore& state);

  // The newest deletion of an entity before `place` that began a life; `key` is that of the
  // entity's rows, without a life. Any thread.
  std::optional<EventOrder> NewestBefore(int32_t shard, absl::string_view key,
                                         const EventOrder& place) const;
  // Those at that event time that began a life, ascending. Any thread.
  std::vector<EventOrder> At(int32_t shard, absl::string_view key, int64_t event_time_ms) const;
  // The newest late one before `place` that stands after it. Any thread.
  std::optional<EventOrder> LateBefore(int32_t shard, absl::string_view key,
                                       const EventOrder& place) const;

  enum class Kind : uint8_t { kBeginsLife, kLate };
  // Adds a deletion; no effect when it is known.
  void Add(int32_t shard, absl::string_view key, const EventOrder& place, Kind kind);
  // Adds what changed in the shard to *batch; Committed as for OnlineStore::AddCommit.
  void AddCommit(int32_t shard, StateBatch* batch);
  void Committed(int32_t shard, bool ok);
  // Order-free, of all of them.
  uint64_t Digest() const;

 private:
  // Ascending.
  struct Places {
    std::vector<EventOrder> lives;
    std::vector<EventOrder> late;
  };
  struct Shard {
    mutable absl::Mutex mutex;
    absl::flat_hash_map<std::string, Places> by_key ABSL_GUARDED_BY(mutex);
    std::vector<std::string> changed ABSL_GUARDED_BY(mutex);
    std::vector<std::string> in_flight ABSL_GUARDED_BY(mutex);
  };

  // What find(Places) says of the entity; the default of its type where it has none.
  template <typename Find>
  auto FindOf(int32_t shard, absl::string_view key, Find find) const;
  static std::string Encode(const Places& places);
  static bool Decode(absl::string_view in, Places* places);

  std::deque<Shard> shards_;
  std::atomic<bool> any_{false};
};

// What stands after the bytes of an entity in the key of a life that began with a deletion. No
// entity's bytes end like it.
std::string LifeSuffix(const EventOrder& deletion);

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_DELETIONS_H_
