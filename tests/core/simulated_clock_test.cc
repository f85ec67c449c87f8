#include "core/simulated_clock.h"

#include <atomic>
#include <thread>

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(SimulatedClock, MovesOnlyWhenAdvanced) {
  const absl::Time start = absl::FromUnixSeconds(1357016400);
  SimulatedClock clock(start);
  EXPECT_EQ(clock.Now(), start);
  EXPECT_EQ(clock.Now(), start);
  const int64_t before = clock.MonotonicNanos();
  clock.Advance(absl::Milliseconds(1500));
  EXPECT_EQ(clock.Now(), start + absl::Milliseconds(1500));
  EXPECT_EQ(clock.MonotonicNanos() - before, 1'500'000'000);
  EXPECT_EQ(ToEpochMillis(clock.Now()), 1357016401500);
}

TEST(SimulatedClock, SleepersWakeWhenTheirTimeHasPassed) {
  SimulatedClock clock;
  std::atomic<bool> woke{false};
  std::thread sleeper([&] {
    clock.SleepFor(absl::Hours(24));
    woke = true;
  });
  clock.AwaitWaiters(1);
  clock.Advance(absl::Hours(23));
  EXPECT_FALSE(woke);  // cannot have: an hour is missing
  clock.Advance(absl::Hours(1));
  sleeper.join();
  EXPECT_TRUE(woke);
}

TEST(SimulatedClock, SleepingNoTimeReturnsAtOnce) {
  SimulatedClock clock;
  clock.SleepFor(absl::ZeroDuration());
  clock.SleepFor(-absl::Seconds(1));
}

TEST(SimulatedClock, AwaitReturnsTrueWhenTheConditionComesTrue) {
  SimulatedClock clock;
  absl::Mutex mutex;
  bool ready = false;
  bool result = false;
  std::thread waiter([&] {
    absl::MutexLock lock(&mutex);
    result = clock.AwaitWithTimeout(mutex, absl::Condition(&ready), absl::InfiniteDuration());
  });
  clock.AwaitWaiters(1);
  {
    absl::MutexLock lock(&mutex);
    ready = true;
  }
  waiter.join();
  EXPECT_TRUE(result);
}

TEST(SimulatedClock, AwaitReturnsFalseWhenSimulatedTimeRunsOut) {
  SimulatedClock clock;
  absl::Mutex mutex;
  const bool never = false;
  bool result = true;
  std::thread waiter([&] {
    absl::MutexLock lock(&mutex);
    result = clock.AwaitWithTimeout(mutex, absl::Condition(&never), absl::Hours(1));
  });
  clock.AwaitWaiters(1);
  clock.Advance(absl::Hours(1));
  waiter.join();
  EXPECT_FALSE(result);
}

TEST(SimulatedClock, AwaitPrefersTheConditionToThePassedTimeout) {
  SimulatedClock clock;
  absl::Mutex mutex;
  bool ready = true;
  absl::MutexLock lock(&mutex);
  EXPECT_TRUE(clock.AwaitWithTimeout(mutex, absl::Condition(&ready), absl::ZeroDuration()));
  ready = false;
  EXPECT_FALSE(clock.AwaitWithTimeout(mutex, absl::Condition(&ready), absl::ZeroDuration()));
}

TEST(RealClock, GoesForward) {
  Clock& clock = Clock::Real();
  const int64_t first = clock.MonotonicNanos();
  EXPECT_GE(clock.MonotonicNanos(), first);
  EXPECT_GT(clock.Now(), absl::FromUnixSeconds(1600000000));
  EXPECT_EQ(&Clock::Real(), &clock);
}

TEST(SimulatedClockDeathTest, NeverGoesBack) {
  SimulatedClock clock;
  EXPECT_DEATH(clock.Advance(-absl::Nanoseconds(1)), "broken invariant");
}

}  // namespace
}  // namespace millrace
