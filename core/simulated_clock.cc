#include "core/simulated_clock.h"

#include "core/check.h"

namespace millrace {

absl::Time SimulatedClock::Now() {
  absl::MutexLock lock(&mutex_);
  return now_;
}

int64_t SimulatedClock::MonotonicNanos() {
  absl::MutexLock lock(&mutex_);
  return absl::ToUnixNanos(now_);
}

void SimulatedClock::SleepFor(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  const absl::Time deadline = now_ + duration;
  ++waiters_;
  const auto passed = [this, deadline]()
                          ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return now_ >= deadline; };
  mutex_.Await(absl::Condition(&passed));
  --waiters_;
}

bool SimulatedClock::AwaitWithTimeout(absl::Mutex& mutex, const absl::Condition& condition,
                                      absl::Duration timeout) {
  // Advance() cannot wake a waiter on a mutex it does not own without risking a deadlock or a
  // destroyed mutex, so the waiter looks at the simulated time once per millisecond of real time.
  // How often it looks never changes what it sees: only the order of advances does.
  constexpr absl::Duration kLookEvery = absl::Milliseconds(1);
  absl::Time deadline;
  {
    absl::MutexLock lock(&mutex_);
    deadline = now_ + timeout;
    ++waiters_;
  }
  bool holds = condition.Eval();
  while (!holds && this->Now() < deadline) {
    holds = mutex.AwaitWithTimeout(condition, kLookEvery);
  }
  absl::MutexLock lock(&mutex_);
  --waiters_;
  return holds;
}

void SimulatedClock::Advance(absl::Duration duration) {
  CHECK(duration >= absl::ZeroDuration());
  absl::MutexLock lock(&mutex_);
  now_ += duration;
}

void SimulatedClock::AwaitWaiters(int waiters) {
  absl::MutexLock lock(&mutex_);
  const auto enough = [this, waiters]()
                          ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return waiters_ >= waiters; };
  mutex_.Await(absl::Condition(&enough));
}

}  // namespace millrace
