// Where the calls of a fake service are held until the test lets them go.

#ifndef MILLRACE_TESTS_SERVING_GATE_H_
#define MILLRACE_TESTS_SERVING_GATE_H_

#include "absl/synchronization/mutex.h"

namespace millrace {

// Thread-safe.
class Gate {
 public:
  // Blocks until the gate is open.
  void Pass() {
    absl::MutexLock lock(&mutex_);
    ++waiting_;
    mutex_.Await(absl::Condition(&open_));
  }
  void Open() {
    absl::MutexLock lock(&mutex_);
    open_ = true;
  }
  // Blocks until `n` calls have been held.
  void AwaitHeld(int n) {
    absl::MutexLock lock(&mutex_);
    const auto held = [this, n] { return waiting_ >= n; };
    mutex_.Await(absl::Condition(&held));
  }

 private:
  absl::Mutex mutex_;
  bool open_ = false;
  int waiting_ = 0;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_SERVING_GATE_H_
