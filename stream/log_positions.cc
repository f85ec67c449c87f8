#include "stream/log_positions.h"

#include <algorithm>
#include <utility>

namespace millrace {

LogPositions::LogPositions(std::vector<TopicPartition> partitions, Clock& clock)
    : partitions_(std::move(partitions)), clock_(clock), cells_(partitions_.size()) {}

LogPositions::Position LogPositions::At(size_t partition) const {
  const Cell& cell = cells_[partition];
  // What is durable was applied before.
  const int64_t durable = cell.durable.load(std::memory_order_acquire);
  return {cell.applied.load(std::memory_order_acquire), durable,
          cell.event_time_ms.load(std::memory_order_relaxed)};
}

bool LogPositions::Applied(std::span<const Goal> goals) const {
  // Sequentially consistent with waiting_: see Announce.
  return std::all_of(goals.begin(), goals.end(), [this](const Goal& goal) {
    return cells_[goal.partition].applied.load() > goal.offset;
  });
}

LogPositions::Outcome LogPositions::Await(std::span<const Goal> goals, absl::Duration patience) {
  if (Applied(goals)) return Outcome::kApplied;
  ++waiting_;
  Outcome outcome = Outcome::kNotYet;
  {
    absl::MutexLock lock(&mutex_);
    const auto over = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return closed_ || Applied(goals);
    };
    clock_.AwaitWithTimeout(mutex_, absl::Condition(&over), patience);
    if (closed_) outcome = Outcome::kClosed;
  }
  --waiting_;
  return Applied(goals) ? Outcome::kApplied : outcome;
}

void LogPositions::SetApplied(size_t partition, int64_t next_offset, int64_t event_time_ms) {
  Cell& cell = cells_[partition];
  if (next_offset > cell.applied.load(std::memory_order_relaxed)) cell.applied.store(next_offset);
  cell.event_time_ms.store(event_time_ms, std::memory_order_relaxed);
}

void LogPositions::Announce() {
  // Who is not seen waiting here has yet to look at the positions, and sees what was set.
  if (waiting_.load() == 0) return;
  // Letting go of the mutex makes those who wait look again.
  absl::MutexLock lock(&mutex_);
}

void LogPositions::SetDurable(size_t partition, int64_t next_offset) {
  cells_[partition].durable.store(next_offset, std::memory_order_release);
}

void LogPositions::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

}  // namespace millrace
