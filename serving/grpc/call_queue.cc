#include "serving/grpc/call_queue.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace millrace {

CallQueue::CallQueue(int threads, size_t max_calls) : max_calls_(max_calls) {
  for (int i = 0; i < std::max(threads, 1); ++i) {
    threads_.emplace_back([this] {
      pthread_setname_np(pthread_self(), "grpc-calls");
      Work();
    });
  }
}

bool CallQueue::Add(std::function<void()> call) {
  absl::MutexLock lock(&mutex_);
  if (ending_ || calls_.size() + running_ >= max_calls_) return false;
  calls_.push_back(std::move(call));
  return true;
}

void CallQueue::Join() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void CallQueue::Work() {
  for (;;) {
    std::function<void()> call;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &CallQueue::HasWork));
      if (calls_.empty()) return;
      call = std::move(calls_.front());
      calls_.pop_front();
      ++running_;
    }
    call();
    absl::MutexLock lock(&mutex_);
    --running_;
  }
}

}  // namespace millrace
