#include "app/log_watch.h"

#include "core/simulated_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/memory_log.h"
#include "tests/app/workers/crash_point.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LogWatchTest : public ::testing::Test {
 protected:
  // What asking writes to the log lines.
  std::string Ask(bool answers) {
    log_.MakeUnreachable(answers ? "" : "any");
    testing::internal::CaptureStderr();
    EXPECT_EQ(watch_.Ask(), answers);
    return testing::internal::GetCapturedStderr();
  }

  SimulatedClock clock_;
  MemoryLog memory_;
  DamagedLog log_{memory_};
  LogWatch watch_{log_, clock_};
};

TEST_F(LogWatchTest, SaysOnceThatTheLogIsLostAndOnceThatItIsBack) {
  EXPECT_THAT(Ask(true), IsEmpty());
  EXPECT_FALSE(watch_.loss().has_value());
  const int64_t lost_ms = ToEpochMillis(clock_.Now());
  EXPECT_THAT(Ask(false), HasSubstr("event=log_lost reason=\"cannot reach the log\""));
  clock_.Advance(absl::Seconds(3));
  EXPECT_THAT(Ask(false), IsEmpty());
  ASSERT_TRUE(watch_.loss().has_value());
  EXPECT_EQ(watch_.loss()->since_ms, lost_ms);
  EXPECT_EQ(watch_.loss()->why, "cannot reach the log");
  EXPECT_THAT(Ask(true), HasSubstr("event=log_back away_ms=3000"));
  EXPECT_FALSE(watch_.loss().has_value());
  EXPECT_THAT(Ask(true), IsEmpty());
  EXPECT_THAT(Ask(false), HasSubstr("log_lost")) << "again";
}

}  // namespace
}  // namespace millrace
