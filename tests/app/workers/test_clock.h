// Clocks for tests of the engine. Thread-safe.

#ifndef MILLRACE_TESTS_APP_WORKERS_TEST_CLOCK_H_
#define MILLRACE_TESTS_APP_WORKERS_TEST_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "core/clock.h"

namespace millrace {

// Every look at the clock takes `step`, so what an engine does by time (commits) comes after the
// same number of looks whatever the machine is doing. Waits are real.
class TickingClock final : public Clock {
 public:
  explicit TickingClock(absl::Duration step) : step_ns_(absl::ToInt64Nanoseconds(step)) {}

  absl::Time Now() override { return absl::UnixEpoch() + absl::Nanoseconds(now_ns_.load()); }
  int64_t MonotonicNanos() override { return now_ns_.fetch_add(step_ns_); }
  void SleepFor(absl::Duration duration) override { Clock::Real().SleepFor(duration); }
  bool AwaitWithTimeout(absl::Mutex& mutex, const absl::Condition& condition,
                        absl::Duration timeout) override {
    return Clock::Real().AwaitWithTimeout(mutex, condition, timeout);
  }

 private:
  const int64_t step_ns_;
  std::atomic<int64_t> now_ns_{0};
};

// The time of day is what the test says; durations are real.
class SetClock final : public Clock {
 public:
  explicit SetClock(int64_t now_ms) : now_ms_(now_ms) {}
  void Set(int64_t now_ms) { now_ms_ = now_ms; }

  absl::Time Now() override { return absl::FromUnixMillis(now_ms_.load()); }
  int64_t MonotonicNanos() override { return Clock::Real().MonotonicNanos(); }
  void SleepFor(absl::Duration duration) override { Clock::Real().SleepFor(duration); }
  bool AwaitWithTimeout(absl::Mutex& mutex, const absl::Condition& condition,
                        absl::Duration timeout) override {
    return Clock::Real().AwaitWithTimeout(mutex, condition, timeout);
  }

 private:
  std::atomic<int64_t> now_ms_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_APP_WORKERS_TEST_CLOCK_H_
