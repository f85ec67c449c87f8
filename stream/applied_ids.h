// AppliedIds: which records of a source were applied, by the id they declare, so that a further
// copy is known for a duplicate, also in another partition and after a restart.
//
// A record is a duplicate of the first applied one of its id whose event time is no further away
// than `within`. The record that was applied itself is told from its copies by its place in the
// log, so that redoing it after a restart gives the verdict of the first time.
//
// Ids are kept as 128-bit hashes: two ids of one source are taken for one with a probability of
// n^2 / 2^129. An id takes 90 to 140 bytes of memory (as the table is full), and 50 of the state,
// until Forget; judging and adding one takes about 1 us.
//
// Owned by one thread. What was added since the last AddCommit is lost with the process.

#ifndef MILLRACE_STREAM_APPLIED_IDS_H_
#define MILLRACE_STREAM_APPLIED_IDS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "stream/state_store.h"

namespace millrace {

class AppliedIds {
 public:
  // A record that bears an id.
  struct Copy {
    int64_t event_time_ms = 0;
    int64_t offset = 0;
    int32_t partition = 0;
    uint32_t content = 0;  // hash of what it says
  };
  enum class Verdict : uint8_t {
    kFirst,        // to be applied
    kDuplicate,    // a copy of one that was
    kConflicting,  // the same, but none of those that were says what it says
  };

  // `source` names the ids' keys in the state. REQUIRES: within_ms >= 0.
  AppliedIds(absl::string_view source, int64_t within_ms);

  // Takes what the state has. DataLoss when it does not parse. REQUIRES: called first, if at all.
  absl::Status Load(const StateStore& state);

  Verdict Judge(absl::string_view id, const Copy& copy) const;
  // REQUIRES: Judge says kFirst. No effect when this very record was added before.
  void Add(absl::string_view id, const Copy& copy);

  // Drops ids of event times below `before_ms`, in steps of a part of `within`. No record that is
  // still to be judged may be within `within` of them.
  void Forget(int64_t before_ms);
  // Adds what changed since the last call to *batch.
  void AddCommit(StateBatch* batch);

  size_t size() const { return size_; }
  int64_t within_ms() const { return within_ms_; }

 private:
  using Hash = std::pair<uint64_t, uint64_t>;

  static Hash HashOf(absl::string_view id);
  int64_t BucketOf(int64_t event_time_ms) const;
  std::string KeyOf(int64_t event_time_ms, const Hash& hash) const;
  void Insert(const Hash& hash, const Copy& copy);

  const int64_t within_ms_;
  const int64_t bucket_ms_;  // ids are forgotten by buckets of time
  std::string prefix_;
  // Of one id usually one record; several are further apart than `within`.
  absl::flat_hash_map<Hash, absl::InlinedVector<Copy, 1>> copies_;
  std::map<int64_t, std::vector<Hash>> buckets_;
  size_t size_ = 0;
  std::vector<std::pair<std::string, std::string>> added_;
  std::vector<std::string> forgotten_;  // keys
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_APPLIED_IDS_H_
