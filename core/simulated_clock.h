// SimulatedClock: time that moves only when told to. Thread-safe.

#ifndef MILLRACE_CORE_SIMULATED_CLOCK_H_
#define MILLRACE_CORE_SIMULATED_CLOCK_H_

#include "core/clock.h"

namespace millrace {

class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(absl::Time start = absl::UnixEpoch()) : now_(start) {}

  absl::Time Now() override;
  int64_t MonotonicNanos() override;
  // Blocks until other threads have advanced the clock by `duration`.
  void SleepFor(absl::Duration duration) override;
  // Sees an advance within about a millisecond of real time.
  bool AwaitWithTimeout(absl::Mutex& mutex, const absl::Condition& condition,
                        absl::Duration timeout) override;

  // Moves time forward. REQUIRES: duration >= 0.
  void Advance(absl::Duration duration);

  // Blocks until at least `waiters` threads are inside SleepFor or AwaitWithTimeout, so that a test
  // advances only after its threads have fixed their deadlines.
  void AwaitWaiters(int waiters);

 private:
  absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  int waiters_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace

#endif  // MILLRACE_CORE_SIMULATED_CLOCK_H_
