#include "core/log_limit.h"

#include "core/simulated_clock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(LogLimit, LeavesOutWhatIsTooMuchAndSaysHowMuch) {
  SimulatedClock clock(absl::UnixEpoch());
  LogLimit limit(2, clock);
  EXPECT_EQ(limit.Admit(), 0);
  EXPECT_EQ(limit.Admit(), 0);
  EXPECT_EQ(limit.Admit(), std::nullopt);
  EXPECT_EQ(limit.Admit(), std::nullopt);
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(limit.Admit(), 2);
  EXPECT_EQ(limit.Admit(), 0);
  EXPECT_EQ(limit.Admit(), std::nullopt);
}

TEST(LogLimit, ALineAMinute) {
  SimulatedClock clock(absl::UnixEpoch());
  LogLimit limit(1, absl::Minutes(1), clock);
  EXPECT_EQ(limit.Admit(), 0);
  clock.Advance(absl::Seconds(59));
  EXPECT_EQ(limit.Admit(), std::nullopt);
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(limit.Admit(), 1);
}

}  // namespace
}  // namespace millrace
