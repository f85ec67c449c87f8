// BoundedQueue<T>: how threads hand work to each other. Holds at most `capacity` items in a ring
// allocated once; a full queue makes producers wait, which is how back-pressure travels. Any number
// of producers and consumers; first in, first out. Thread-safe; no timeouts, so no clock.
//
//   BoundedQueue<Batch> queue(64);
//   producer: if (!queue.Push(std::move(batch))) return;       // closed: we are stopping
//   consumer: while (auto batch = queue.Pop()) Apply(*batch);   // ends when closed and drained
//
// REQUIRES of T: default-constructible and movable. The destructor drops what is left; no thread
// may be inside the queue by then.

#ifndef MILLRACE_CORE_BOUNDED_QUEUE_H_
#define MILLRACE_CORE_BOUNDED_QUEUE_H_

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/check.h"

namespace millrace {

template <typename T>
class BoundedQueue {
 public:
  // REQUIRES: capacity > 0.
  explicit BoundedQueue(size_t capacity) : ring_(capacity) { CHECK(capacity > 0); }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // Waits for room. False when the queue is or becomes closed: the item is then dropped.
  [[nodiscard]] bool Push(T item) {
    absl::MutexLock lock(&mutex_, absl::Condition(this, &BoundedQueue::PushWouldReturn));
    if (closed_) return false;
    Append(std::move(item));
    return true;
  }

  // As Push, but false at once when the queue is full; `item` is moved from only on success.
  [[nodiscard]] bool TryPush(T&& item) {
    absl::MutexLock lock(&mutex_);
    if (closed_ || size_ == ring_.size()) return false;
    Append(std::move(item));
    return true;
  }

  // Waits for an item. Empty when the queue is closed and drained, and then for ever.
  std::optional<T> Pop() {
    absl::MutexLock lock(&mutex_, absl::Condition(this, &BoundedQueue::PopWouldReturn));
    if (size_ == 0) return std::nullopt;
    return Take();
  }

  // As Pop, but empty at once when there is nothing.
  std::optional<T> TryPop() {
    absl::MutexLock lock(&mutex_);
    if (size_ == 0) return std::nullopt;
    return Take();
  }

  // Waits for an item, then appends all that is there, up to `limit`, to `*items`. Returns how
  // many; 0 only when the queue is closed and drained. REQUIRES: limit > 0.
  size_t PopAll(size_t limit, std::vector<T>* items) {
    CHECK(limit > 0);
    absl::MutexLock lock(&mutex_, absl::Condition(this, &BoundedQueue::PopWouldReturn));
    const size_t taken = std::min(limit, size_);
    for (size_t i = 0; i < taken; ++i) items->push_back(Take());
    return taken;
  }

  // Refuses items from now on and wakes all waiters; those already inside can still be popped.
  // May be called again, by any thread.
  void Close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }

  bool closed() const {
    absl::MutexLock lock(&mutex_);
    return closed_;
  }
  size_t size() const {
    absl::MutexLock lock(&mutex_);
    return size_;
  }
  size_t capacity() const ABSL_NO_THREAD_SAFETY_ANALYSIS { return ring_.size(); }  // never changes

 private:
  bool PushWouldReturn() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return closed_ || size_ < ring_.size();
  }
  bool PopWouldReturn() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return closed_ || size_ > 0; }

  void Append(T&& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ring_[(first_ + size_) % ring_.size()] = std::move(item);
    ++size_;
  }
  // Leaves a fresh T behind, so that a popped slot holds on to nothing.
  T Take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    T item = std::exchange(ring_[first_], T());
    first_ = (first_ + 1) % ring_.size();
    --size_;
    return item;
  }

  mutable absl::Mutex mutex_;
  std::vector<T> ring_ ABSL_GUARDED_BY(mutex_);
  size_t first_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t size_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace

#endif  // MILLRACE_CORE_BOUNDED_QUEUE_H_
