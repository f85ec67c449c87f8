#include "stream/log_positions.h"

#include <thread>

#include "core/simulated_clock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using Outcome = LogPositions::Outcome;

class LogPositionsTest : public testing::Test {
 protected:
  SimulatedClock clock_;
  LogPositions positions_{{{"orders", 0}, {"orders", 1}}, clock_};
};

TEST_F(LogPositionsTest, BeginAtNothingAndGoForwardOnly) {
  EXPECT_EQ(positions_.At(0).applied, 0);
  EXPECT_EQ(positions_.At(0).event_time_ms, kNoTime);
  positions_.SetApplied(0, 5, 100);
  positions_.SetApplied(0, 4, 90);
  positions_.SetDurable(0, 3);
  EXPECT_EQ(positions_.At(0).applied, 5);
  EXPECT_EQ(positions_.At(0).durable, 3);
  EXPECT_EQ(positions_.At(0).event_time_ms, 90);
  EXPECT_EQ(positions_.At(1).applied, 0);
}

TEST_F(LogPositionsTest, ARecordIsAppliedOnceTheNextOneIsNext) {
  const LogPositions::Goal goals[] = {{0, 5}};
  positions_.SetApplied(0, 5, 0);
  EXPECT_FALSE(positions_.Applied(goals));
  EXPECT_EQ(positions_.Await(goals, absl::ZeroDuration()), Outcome::kNotYet);
  positions_.SetApplied(0, 6, 0);
  EXPECT_TRUE(positions_.Applied(goals));
  EXPECT_EQ(positions_.Await(goals, absl::ZeroDuration()), Outcome::kApplied);
}

TEST_F(LogPositionsTest, AWaitEndsWhenAllGoalsAreReached) {
  const LogPositions::Goal goals[] = {{0, 5}, {1, 7}};
  Outcome outcome = Outcome::kNotYet;
  std::thread reader([&] { outcome = positions_.Await(goals, absl::Seconds(10)); });
  clock_.AwaitWaiters(1);
  positions_.SetApplied(0, 6, 0);
  positions_.Announce();
  positions_.SetApplied(1, 8, 0);
  positions_.Announce();
  reader.join();
  EXPECT_EQ(outcome, Outcome::kApplied);
}

TEST_F(LogPositionsTest, AWaitEndsWithPatience) {
  const LogPositions::Goal goals[] = {{0, 5}};
  Outcome outcome = Outcome::kApplied;
  std::thread reader([&] { outcome = positions_.Await(goals, absl::Seconds(10)); });
  clock_.AwaitWaiters(1);
  clock_.Advance(absl::Seconds(10));
  reader.join();
  EXPECT_EQ(outcome, Outcome::kNotYet);
}

TEST_F(LogPositionsTest, NobodyWaitsForWhatIsClosed) {
  const LogPositions::Goal goals[] = {{0, 5}};
  Outcome outcome = Outcome::kApplied;
  std::thread reader([&] { outcome = positions_.Await(goals, absl::Seconds(10)); });
  clock_.AwaitWaiters(1);
  positions_.Close();
  reader.join();
  EXPECT_EQ(outcome, Outcome::kClosed);
  positions_.SetApplied(0, 6, 0);
  EXPECT_EQ(positions_.Await(goals, absl::Seconds(10)), Outcome::kApplied);
}

// Many waits against a thread that applies: none is forgotten. It would hang otherwise.
TEST_F(LogPositionsTest, NoWaitMissesItsRecord) {
  constexpr int64_t kRecords = 2'000;
  LogPositions positions({{"orders", 0}}, Clock::Real());
  std::vector<std::thread> readers;
  std::atomic<int> missed{0};
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&, r] {
      for (int64_t offset = r; offset < kRecords; offset += 3) {
        const LogPositions::Goal goals[] = {{0, offset}};
        if (positions.Await(goals, absl::Seconds(60)) != Outcome::kApplied) ++missed;
      }
    });
  }
  for (int64_t next = 1; next <= kRecords; ++next) {
    positions.SetApplied(0, next, next);
    positions.Announce();
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(missed.load(), 0);
}

}  // namespace
}  // namespace millrace
