// LogPositions: how far the state has come along the partitions that are read: which records are
// applied, which are durable, and how far event time has come. The thread that applies records
// moves them; any thread asks, or waits until records it knows of are applied.
//
// Thread-safe. Moving and asking take no lock while nobody waits. Offsets are those of the next
// record, as everywhere: all below are in.

#ifndef MILLRACE_STREAM_LOG_POSITIONS_H_
#define MILLRACE_STREAM_LOG_POSITIONS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "stream/log.h"
#include "stream/progress.h"

namespace millrace {

class LogPositions {
 public:
  struct Position {
    int64_t applied = 0;
    int64_t durable = 0;              // what a process that starts after a crash need not read
    int64_t event_time_ms = kNoTime;  // progress (stream/progress.h)
  };
  // A record that should be applied. REQUIRES: partition < partitions().size().
  struct Goal {
    size_t partition = 0;
    int64_t offset = 0;
  };

  // One partition may be read more than once. REQUIRES: the clock outlives this.
  LogPositions(std::vector<TopicPartition> partitions, Clock& clock);

  const std::vector<TopicPartition>& partitions() const { return partitions_; }
  Position At(size_t partition) const;
  // All goals are applied.
  bool Applied(std::span<const Goal> goals) const;

  enum class Outcome : uint8_t {
    kApplied,
    kNotYet,  // patience is at its end
    kClosed,  // and will not be in this process
  };
  // Blocks until all goals are applied, at most for `patience`.
  Outcome Await(std::span<const Goal> goals, absl::Duration patience);

  // --- the thread that applies; positions never go back ---
  void SetApplied(size_t partition, int64_t next_offset, int64_t event_time_ms);
  // After SetApplied: tells those who wait.
  void Announce();

  // --- any thread ---
  void SetDurable(size_t partition, int64_t next_offset);
  // Nobody waits from now on. Idempotent.
  void Close();

 private:
  struct Cell {
    std::atomic<int64_t> applied{0};
    std::atomic<int64_t> durable{0};
    std::atomic<int64_t> event_time_ms{kNoTime};
  };

  const std::vector<TopicPartition> partitions_;
  Clock& clock_;
  std::vector<Cell> cells_;
  std::atomic<int> waiting_{0};
  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_LOG_POSITIONS_H_
