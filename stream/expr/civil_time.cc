#include "stream/expr/civil_time.h"

#include "absl/time/civil_time.h"
#include "stream/expr/time_text.h"

namespace millrace {
namespace {

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 86'400'000;
const absl::CivilDay kEpoch(1970, 1, 1);

// 1970-01-01 was a Thursday, day 3 of a week that begins on Monday.
int64_t WeekdayOf(int64_t days) { return (days + 3) - FloorDiv(days + 3, 7) * 7; }

Value TimestampOrNull(int64_t ms) {
  if (ms < kMinTimestampMs || ms > kMaxTimestampMs) return Value::Null();
  return Value::Timestamp(ms);
}

int64_t StartOf(Op op, int64_t local_ms) {
  const int64_t days = FloorDiv(local_ms, kDayMs);
  switch (op) {
    case Op::kStartOfMinute: return FloorDiv(local_ms, kMinuteMs) * kMinuteMs;
    case Op::kStartOfHour: return FloorDiv(local_ms, kHourMs) * kHourMs;
    case Op::kStartOfDay: return days * kDayMs;
    case Op::kStartOfWeek: return (days - WeekdayOf(days)) * kDayMs;
    case Op::kStartOfMonth:
      return (absl::CivilDay(absl::CivilMonth(kEpoch + days)) - kEpoch) * kDayMs;
    default: return (absl::CivilDay(absl::CivilYear(kEpoch + days)) - kEpoch) * kDayMs;
  }
}

}  // namespace

Value ApplyCivil(Op op, int64_t epoch_ms, const ZoneOffsets& zone) {
  if (epoch_ms < kMinTimestampMs || epoch_ms > kMaxTimestampMs) return Value::Null();
  const int64_t local_ms = epoch_ms + zone.SecondsAt(epoch_ms) * 1000;
  const int64_t days = FloorDiv(local_ms, kDayMs);
  const int64_t in_day_ms = local_ms - days * kDayMs;
  switch (op) {
    case Op::kHour: return Value::Int(in_day_ms / kHourMs);
    case Op::kMinute: return Value::Int(in_day_ms / kMinuteMs % 60);
    case Op::kSecond: return Value::Int(in_day_ms / 1000 % 60);
    case Op::kMillisecond: return Value::Int(in_day_ms % 1000);
    case Op::kWeekday: return Value::Int(WeekdayOf(days));
    case Op::kDayOfWeek: return Value::Int((WeekdayOf(days) + 1) % 7);
    case Op::kHourOfWeek: return Value::Int(WeekdayOf(days) * 24 + in_day_ms / kHourMs);
    case Op::kDay: return Value::Int((kEpoch + days).day());
    case Op::kDayOfMonth: return Value::Int((kEpoch + days).day() - 1);
    case Op::kMonth: return Value::Int((kEpoch + days).month());
    case Op::kMonthOfYear: return Value::Int((kEpoch + days).month() - 1);
    case Op::kYear: return Value::Int((kEpoch + days).year());
    case Op::kDayOfYear: return Value::Int(absl::GetYearDay(kEpoch + days) - 1);
    case Op::kOrdinalDay: return Value::Int(absl::GetYearDay(kEpoch + days));
    case Op::kStartOfMinute:
    case Op::kStartOfHour:
      return TimestampOrNull(zone.LastMomentOf(StartOf(op, local_ms), epoch_ms));
    default: return TimestampOrNull(zone.FirstMomentOf(StartOf(op, local_ms)));
  }
}

Value ApplyDurationPart(Op op, int64_t ms) {
  switch (op) {
    case Op::kWholeHours: return Value::Int(ms / kHourMs);
    case Op::kWholeMinutes: return Value::Int(ms / kMinuteMs);
    case Op::kWholeSeconds: return Value::Int(ms / 1000);
    default: return Value::Int(ms % 1000);
  }
}

}  // namespace millrace
