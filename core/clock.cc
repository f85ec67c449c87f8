#include "core/clock.h"

#include <chrono>

#include "absl/time/clock.h"

namespace millrace {
namespace {

class RealClock final : public Clock {
 public:
  absl::Time Now() override { return absl::Now(); }
  int64_t MonotonicNanos() override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  void SleepFor(absl::Duration duration) override { absl::SleepFor(duration); }
  bool AwaitWithTimeout(absl::Mutex& mutex, const absl::Condition& condition,
                        absl::Duration timeout) override {
    return mutex.AwaitWithTimeout(condition, timeout);
  }
};

}  // namespace

Clock& Clock::Real() {
  static RealClock clock;
  return clock;
}

}  // namespace millrace
