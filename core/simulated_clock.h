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
  bool AwaitWithTimeout(absl::Mutex& mutex, const absl::Condition& condition,
                        absl::Duration timeout) override;

  // Moves time forward. REQUIRES: duration >= 0.
  void Advance(absl::Duration duration);

 private:
  absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace

#endif  // MILLRACE_CORE_SIMULATED_CLOCK_H_
