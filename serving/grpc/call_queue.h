// CallQueue: threads for calls that block, with a bounded queue. Thread-safe; Join belongs to the
// owner.

#ifndef MILLRACE_SERVING_GRPC_CALL_QUEUE_H_
#define MILLRACE_SERVING_GRPC_CALL_QUEUE_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace millrace {

class CallQueue {
 public:
  CallQueue(int threads, size_t max_calls);
  ~CallQueue() { Join(); }

  // False when it is full or ending.
  bool Add(std::function<void()> call);
  // Runs what was added, then ends the threads.
  void Join();

 private:
  void Work();
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !calls_.empty() || ending_; }

  const size_t max_calls_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> calls_ ABSL_GUARDED_BY(mutex_);
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_GRPC_CALL_QUEUE_H_
