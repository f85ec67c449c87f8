#include "stream/progress.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kNow = 100 * kHour;
constexpr int64_t kDisorder = 2'000;

struct ProgressCase {
  const char* what;
  InputTimes times;
  int64_t progress_ms;
};

TEST(LiveProgress, FollowsTheTableOfInputs) {
  const ProgressCase cases[] = {
      {"empty and read to its end: holds nothing back", {kNoTime, kNoTime, true}, kEndOfTime},
      {"not looked at yet: holds everything back", {kNoTime, kNoTime, false}, kNoTime},
      {"idle: the clock, less the disorder",
       {kNow - 60'000, kNow - 59'000, true},
       kNow - kDisorder},
      {"lagging: its records", {kNow - 60'000, kNow - 59'000, false}, kNow - 60'000 - kDisorder},
      {"appended an hour late at most: live", {kNow - kHour, kNow, true}, kNow - kDisorder},
      {"appended later: replayed, its time stands where its records end",
       {kNow - kHour - 1, kNow, true},
       kNow - kHour - 1 - kDisorder},
      {"replayed long ago and idle for days",
       {kNow - 90 * kHour, kNow - 50 * kHour, true},
       kNow - 90 * kHour - kDisorder},
      {"ahead of the clock: its records, time never goes back",
       {kNow + 5'000, kNow, true},
       kNow + 5'000 - kDisorder},
  };
  for (const ProgressCase& c : cases) {
    EXPECT_EQ(LiveProgress(c.times, {kDisorder}, kNow), c.progress_ms) << c.what;
  }
}

TEST(LiveProgress, FollowsTheClockWhateverTheAgeOfRecordsIfToldTo) {
  const TimeRule rule = {kDisorder, Idle::kClock};
  const int64_t old = kNow - 90 * kHour;
  EXPECT_EQ(LiveProgress({old, kNow, true}, rule, kNow), kNow - kDisorder);
  EXPECT_EQ(LiveProgress({old, kNow, false}, rule, kNow), old - kDisorder) << "not at its end";
}

TEST(LiveHoldback, SaysWhyTimeIsBehindTheClock) {
  struct Case {
    const char* what;
    InputTimes times;
    Idle idle;
    HoldbackReason reason;
  };
  const Case cases[] = {
      {"empty and read to its end", {kNoTime, kNoTime, true}, Idle::kAuto, HoldbackReason::kNone},
      {"not looked at yet", {kNoTime, kNoTime, false}, Idle::kAuto, HoldbackReason::kReading},
      {"idle", {kNow - 60'000, kNow - 59'000, true}, Idle::kAuto, HoldbackReason::kNone},
      {"ahead", {kNow + 60'000, kNow, true}, Idle::kAuto, HoldbackReason::kNone},
      {"history", {kNow - kHour - 1, kNow, true}, Idle::kAuto, HoldbackReason::kHistory},
      {"history that may idle",
       {kNow - kHour - 1, kNow, true},
       Idle::kClock,
       HoldbackReason::kNone},
      {"ten seconds behind", {kNow - 10'000, kNow, false}, Idle::kAuto, HoldbackReason::kNone},
      {"further behind", {kNow - 10'001, kNow, false}, Idle::kClock, HoldbackReason::kReading},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(LiveHoldback(c.times, {kDisorder, c.idle}, kNow), c.reason) << c.what;
  }
}

TEST(JudgeTime, FollowsTheTableOfVerdicts) {
  struct Case {
    const char* what;
    int64_t event_ms, append_ms, newest_ms;
    TimeVerdict verdict;
  };
  constexpr int64_t kRetention = 1'000, kSkew = 100;
  const Case cases[] = {
      {"the first record of a partition", 5'000, 5'000, kNoTime, TimeVerdict::kOnTime},
      {"any age is on time when it is the first", -9'000'000, 5'000, kNoTime, TimeVerdict::kOnTime},
      {"exactly the retention behind", 4'000, 6'000, 5'000, TimeVerdict::kOnTime},
      {"one more", 3'999, 6'000, 5'000, TimeVerdict::kLate},
      {"exactly the skew ahead of its append time", 5'100, 5'000, 5'000, TimeVerdict::kOnTime},
      {"one more", 5'101, 5'000, 5'000, TimeVerdict::kFuture},
      {"long before its append time is not late: replayed", 5'000, 9'000'000, 5'000,
       TimeVerdict::kOnTime},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(JudgeTime(c.event_ms, c.append_ms, c.newest_ms, kRetention, kSkew), c.verdict)
        << c.what;
  }
}

TEST(JudgeTime, EndlessSkewKeepsTheFuture) {
  EXPECT_EQ(JudgeTime(int64_t{1} << 58, 0, kNoTime, 1'000, kEndOfTime), TimeVerdict::kOnTime);
}

}  // namespace
}  // namespace millrace
