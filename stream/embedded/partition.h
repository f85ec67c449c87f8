// Partition: what the embedded log keeps in memory of one partition: its range, its newest batches
// (the tail) and the readers that wait for more. TailBudget bounds all tails of a log together.
//
// Thread-safe, except where a member says that it belongs to the committer (the one thread that is
// writing; see group_commit.h).
//
// Invariants: begin <= end; [begin, end) is stored durably; begin and end never fall; the tail is
// a gapless run of batches that ends at end.

#ifndef MILLRACE_STREAM_EMBEDDED_PARTITION_H_
#define MILLRACE_STREAM_EMBEDDED_PARTITION_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "stream/embedded/stored_batch.h"
#include "stream/log.h"

namespace millrace {

// A batch with what its header says. The bytes are shared with readers and never change.
struct TailBatch {
  BatchInfo info;
  std::shared_ptr<const std::string> bytes;
};

// A batch that is about to be written.
struct StagedBatch {
  BatchInfo info;
  bool some_without_timestamp = false;
  std::string bytes;
  std::string key;
};

// Where a reader waits. Thread-safe.
class ReaderBell {
 public:
  // Makes a waiter look again.
  void Ring() { absl::MutexLock lock(&mutex); }
  // Ends a wait, or the next one.
  void Wake() {
    absl::MutexLock lock(&mutex);
    woken = true;
  }

  absl::Mutex mutex;
  bool woken ABSL_GUARDED_BY(mutex) = false;
};

class Partition {
 public:
  Partition(std::string topic, uint32_t topic_id, int32_t number)
      : topic(std::move(topic)), topic_id(topic_id), number(number) {}

  const std::string topic;
  const uint32_t topic_id;
  const int32_t number;

  int64_t begin() const { return begin_.load(std::memory_order_acquire); }
  int64_t end() const { return end_.load(std::memory_order_acquire); }
  bool deleted() const { return deleted_.load(std::memory_order_acquire); }
  // NotFound when the topic was deleted; OutOfRange, naming the range, unless
  // begin <= offset <= end.
  absl::Status CheckOffset(int64_t offset) const;

  // Sets the range found in the store. REQUIRES: nothing else uses the partition yet.
  void Recover(int64_t begin, int64_t end);
  // Makes stored batches visible and wakes the readers. REQUIRES: called by the committer only,
  // batches non-empty, dense from end().
  void Publish(const std::vector<TailBatch>& batches);
  // Moves the beginning forward; earlier values are ignored.
  void AdvanceBegin(int64_t begin);
  // Tells the readers that the topic is gone. Batches published later are never seen.
  void MarkDeleted();
  // Drops the oldest batch of the tail, if it has one.
  void DropOldestOfTail();
  // Copies the batches of the tail from the one that holds `offset` on, until their bytes reach
  // max_bytes. Empty when the tail does not reach back that far or does not reach on that far.
  std::vector<TailBatch> TailFrom(int64_t offset, int64_t max_bytes) const;

  // Rings the bell at every Publish until it is removed.
  void AddBell(ReaderBell* bell);
  void RemoveBell(ReaderBell* bell);

  // What the next batch continues; the committer's.
  struct Continuation {
    int64_t append_ms = std::numeric_limits<int64_t>::min();
    int64_t running_max_timestamp_ms = std::numeric_limits<int64_t>::min();
    uint64_t bytes = 0;
  };
  Continuation continuation;
  // The beginning as it is stored: behind begin() after a deletion that failed. Retention's.
  int64_t stored_begin = 0;
  // Batches being written; the committer's, empty between its writes.
  std::vector<StagedBatch> staged;

  // The stored bytes from a batch with `bytes_before` on.
  uint64_t BytesSince(uint64_t bytes_before) const {
    return total_bytes_.load(std::memory_order_acquire) - bytes_before;
  }

 private:
  std::atomic<bool> deleted_{false};
  std::atomic<int64_t> begin_{0};
  std::atomic<int64_t> end_{0};
  std::atomic<uint64_t> total_bytes_{0};
  mutable absl::Mutex mutex_;
  std::deque<TailBatch> tail_ ABSL_GUARDED_BY(mutex_);
  std::vector<ReaderBell*> bells_ ABSL_GUARDED_BY(mutex_);
};

// Keeps the tails of all partitions together below a number of bytes by dropping the batch that
// was appended first, wherever it lies: busy partitions have long tails, idle ones none. Belongs to
// the committer.
class TailBudget {
 public:
  explicit TailBudget(int64_t max_bytes) : max_bytes_(max_bytes) {}
  // Takes note of a batch just published and drops what is too much.
  void Charge(Partition& partition, const TailBatch& batch);

 private:
  struct Item {
    Partition* partition;
    int64_t bytes;
  };
  const int64_t max_bytes_;
  int64_t bytes_ = 0;
  std::deque<Item> items_;  // oldest first
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EMBEDDED_PARTITION_H_
