#include "stream/expr/civil_time.h"

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "stream/expr/time_text.h"

namespace millrace {
namespace {

constexpr int64_t kSecondMs = 1'000;
constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 86'400'000;

// The slow way: the zone is asked at every step.
class Walker {
 public:
  explicit Walker(absl::TimeZone zone) : zone_(zone) {}

  int64_t OffsetMs(int64_t ms) const {
    return int64_t{zone_.At(absl::FromUnixMillis(ms)).offset} * kSecondMs;
  }
  // What the clocks show, in milliseconds as if it were UTC.
  int64_t Shown(int64_t ms) const { return ms + OffsetMs(ms); }

  // When the clocks last came to the start of the unit, by steps back.
  int64_t LastStart(int64_t ms, int64_t unit_ms) const {
    const int64_t step_ms = StepMs(ms - 2 * kHourMs, ms);
    const int64_t start = FloorDiv(Shown(ms), unit_ms) * unit_ms;
    int64_t at = FloorDiv(ms, step_ms) * step_ms;
    while (Shown(at) != start && !(Shown(at - step_ms) < start && Shown(at) > start)) at -= step_ms;
    return at;
  }

  // When they first came to the start of the day, by steps forward.
  int64_t FirstStartOfDay(int64_t ms) const {
    const int64_t step_ms = StepMs(ms - 2 * kDayMs, ms);
    const int64_t start = FloorDiv(Shown(ms), kDayMs) * kDayMs;
    int64_t at = FloorDiv(ms, step_ms) * step_ms - 50 * kHourMs;
    while (Shown(at) < start) at += step_ms;
    return at;
  }

 private:
  // Clocks that differ from UTC by whole minutes come to whole minutes.
  int64_t StepMs(int64_t from_ms, int64_t to_ms) const {
    const bool whole = OffsetMs(from_ms) % kMinuteMs == 0 && OffsetMs(to_ms) % kMinuteMs == 0;
    return whole ? kMinuteMs : kSecondMs;
  }

  absl::TimeZone zone_;
};

std::string Text(int64_t ms) { return absl::FormatTime(absl::FromUnixMillis(ms)); }

// Around every change of clocks that move by half an hour, by an hour, by seconds, over midnight, a
// minute behind it, and by a whole day.
TEST(CivilTime, StartsAreThoseOfASlowWalk) {
  for (const char* const name : {"Australia/Lord_Howe", "America/New_York", "America/St_Johns",
                                 "America/Sao_Paulo", "America/Havana", "Asia/Kathmandu",
                                 "Europe/Amsterdam", "Pacific/Apia", "Antarctica/Troll"}) {
    absl::TimeZone zone;
    ASSERT_TRUE(absl::LoadTimeZone(name, &zone));
    const ZoneOffsets offsets(zone);
    const Walker walker(zone);
    absl::Time at = absl::FromUnixSeconds(-2'000'000'000);
    const absl::Time end = absl::FromUnixSeconds(1'800'000'000);
    absl::TimeZone::CivilTransition change;
    while (at < end && zone.NextTransition(at, &change)) {
      at = zone.At(change.to).trans;
      const int64_t change_ms = absl::ToUnixMillis(at);
      for (const int64_t minutes : {-61, -30, -1, 0, 1, 14, 29, 30, 31, 45, 59, 60, 61, 90, 119}) {
        const int64_t ms = change_ms + minutes * kMinuteMs + 1'250;
        const auto start = [&](Op op) { return Text(ApplyCivil(op, ms, offsets).int_value()); };
        SCOPED_TRACE(testing::Message() << name << " at " << Text(ms));
        ASSERT_EQ(start(Op::kStartOfHour), Text(walker.LastStart(ms, kHourMs)));
        ASSERT_EQ(start(Op::kStartOfMinute), Text(walker.LastStart(ms, kMinuteMs)));
        ASSERT_EQ(
            ApplyCivil(Op::kHour, ms, offsets).int_value(),
            FloorDiv(walker.Shown(ms) - FloorDiv(walker.Shown(ms), kDayMs) * kDayMs, kHourMs));
        if (minutes % 30 == 0) {
          ASSERT_EQ(start(Op::kStartOfDay), Text(walker.FirstStartOfDay(ms)));
        }
      }
    }
  }
}

TEST(CivilTime, AnHourThatBeginsBeforeTimestampsIsNull) {
  const ZoneOffsets offsets(absl::FixedTimeZone(19'800));
  EXPECT_TRUE(ApplyCivil(Op::kStartOfHour, kMinTimestampMs + kMinuteMs, offsets).is_null());
  EXPECT_FALSE(ApplyCivil(Op::kStartOfHour, kMinTimestampMs + 30 * kMinuteMs, offsets).is_null());
}

}  // namespace
}  // namespace millrace
