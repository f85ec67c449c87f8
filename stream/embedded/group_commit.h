// GroupCommit: joins the appends of concurrent threads into few writes. Threads queue; the first
// becomes the committer, writes for itself and for those behind it, and hands over to the next.
// (The scheme of LevelDB's write queue.) Thread-safe.

#ifndef MILLRACE_STREAM_EMBEDDED_GROUP_COMMIT_H_
#define MILLRACE_STREAM_EMBEDDED_GROUP_COMMIT_H_

#include <cstdint>
#include <deque>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "core/clock.h"
#include "stream/embedded/batch_store.h"
#include "stream/embedded/partition.h"

namespace millrace {

// Encoded records of one partition from one append, at most about kBatchTargetBytes.
struct Chunk {
  Partition* partition = nullptr;
  std::string bytes;  // kBatchHeaderBytes of room, then bodies; taken away by Commit
  uint32_t records = 0;
  uint32_t headers = 0;
  // Of the records with a timestamp.
  int64_t max_timestamp_ms = std::numeric_limits<int64_t>::min();
  bool some_without_timestamp = false;
  int64_t base_offset = 0;  // set by Commit
};

class GroupCommit {
 public:
  // REQUIRES: store and clock outlive this.
  GroupCommit(BatchStore& store, Clock& clock, int64_t tail_bytes)
      : store_(store), clock_(clock), tail_budget_(tail_bytes) {}

  // Stores the chunks in their order and makes them visible to readers; blocks until then. On an
  // error none of them is visible. Errors as BatchStore::Write.
  absl::Status Commit(std::span<Chunk> chunks);

 private:
  struct Request {
    std::span<Chunk> chunks;
    uint64_t bytes = 0;
    absl::Status status;
    bool done = false;
    absl::CondVar turn;  // it is done, or the first in the queue
  };

  absl::Status Write(std::span<Request* const> group);
  void Stage(Chunk& chunk);
  void Seal(Partition& partition, int64_t now_ms);
  void Publish(Partition& partition);

  BatchStore& store_;
  Clock& clock_;
  absl::Mutex mutex_;
  std::deque<Request*> queue_ ABSL_GUARDED_BY(mutex_);

  // Only the committer's: the thread whose request is the first in the queue.
  TailBudget tail_budget_;
  std::vector<Partition*> staged_partitions_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EMBEDDED_GROUP_COMMIT_H_
