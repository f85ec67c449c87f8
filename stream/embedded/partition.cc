#include "stream/embedded/partition.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"

namespace millrace {

absl::Status Partition::CheckOffset(int64_t offset) const {
  if (deleted()) {
    return absl::NotFoundError(absl::StrCat("topic \"", topic, "\" was deleted"));
  }
  const int64_t first = begin();
  const int64_t past_last = end();
  if (offset >= first && offset <= past_last) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrCat("topic \"", topic, "\" partition ", number, ": offset ",
                                            offset, " is not in the log, which has ", first, " to ",
                                            past_last));
}

void Partition::Recover(int64_t begin, int64_t end) {
  begin_.store(begin, std::memory_order_release);
  end_.store(end, std::memory_order_release);
  total_bytes_.store(continuation.bytes, std::memory_order_release);
}

void Partition::Publish(const std::vector<TailBatch>& batches) {
  const int64_t end = batches.back().info.end_offset();
  const uint64_t total = batches.back().info.bytes_before + batches.back().bytes->size();
  absl::MutexLock lock(&mutex_);
  CHECK(batches.front().info.base_offset == end_.load(std::memory_order_relaxed));
  for (const TailBatch& batch : batches) tail_.push_back(batch);
  total_bytes_.store(total, std::memory_order_release);
  end_.store(end, std::memory_order_release);
  // After the new end is visible: a reader that looked before is in its wait by the time the bell
  // gets its mutex, and looks again.
  for (ReaderBell* bell : bells_) bell->Ring();
}

void Partition::AdvanceBegin(int64_t begin) {
  absl::MutexLock lock(&mutex_);
  if (begin > begin_.load(std::memory_order_relaxed)) {
    begin_.store(begin, std::memory_order_release);
  }
}

void Partition::MarkDeleted() {
  std::deque<TailBatch> dropped;  // freed after the lock
  absl::MutexLock lock(&mutex_);
  deleted_.store(true, std::memory_order_release);
  dropped.swap(tail_);
  for (ReaderBell* bell : bells_) bell->Ring();
}

void Partition::DropOldestOfTail() {
  TailBatch dropped;  // freed after the lock
  absl::MutexLock lock(&mutex_);
  if (tail_.empty()) return;
  dropped = std::move(tail_.front());
  tail_.pop_front();
}

std::vector<TailBatch> Partition::TailFrom(int64_t offset, int64_t max_bytes) const {
  std::vector<TailBatch> found;
  absl::MutexLock lock(&mutex_);
  if (tail_.empty() || offset < tail_.front().info.base_offset) return found;
  auto it = std::upper_bound(
      tail_.begin(), tail_.end(), offset,
      [](int64_t o, const TailBatch& batch) { return o < batch.info.end_offset(); });
  for (; it != tail_.end() && max_bytes > 0; ++it) {
    max_bytes -= static_cast<int64_t>(it->bytes->size());
    found.push_back(*it);
  }
  return found;
}

void Partition::AddBell(ReaderBell* bell) {
  absl::MutexLock lock(&mutex_);
  bells_.push_back(bell);
}

void Partition::RemoveBell(ReaderBell* bell) {
  absl::MutexLock lock(&mutex_);
  std::erase(bells_, bell);
}

void TailBudget::Charge(Partition& partition, const TailBatch& batch) {
  // What the containers and control blocks cost beside the bytes, roughly.
  constexpr int64_t kOverheadBytes = 160;
  const int64_t bytes = static_cast<int64_t>(batch.bytes->capacity()) + kOverheadBytes;
  items_.push_back({&partition, bytes});
  bytes_ += bytes;
  while (bytes_ > max_bytes_) {
    items_.front().partition->DropOldestOfTail();
    bytes_ -= items_.front().bytes;
    items_.pop_front();
  }
}

}  // namespace millrace
