// Texts of timestamps (RFC 3339) and durations, as records and expressions write them. Nothing
// here allocates. Thread-safe.

#ifndef MILLRACE_STREAM_EXPR_TIME_TEXT_H_
#define MILLRACE_STREAM_EXPR_TIME_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace millrace {

// The first and last millisecond that RFC 3339 can write: 0001-01-01T00:00:00.000Z and
// 9999-12-31T23:59:59.999Z. A time outside is a mistake in the data.
inline constexpr int64_t kMinTimestampMs = -62'135'596'800'000;
inline constexpr int64_t kMaxTimestampMs = 253'402'300'799'999;

// The longest duration that CEL knows, 10,000 years.
inline constexpr int64_t kMaxDurationMs = 315'576'000'000'000;

// Quotient rounded towards −∞. REQUIRES: divisor > 0.
constexpr int64_t FloorDiv(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

// "2013-01-01T05:00:00Z", "2013-01-01 00:00:00.25-05:00" → milliseconds since the epoch. Fractions
// of any length; what is finer than a millisecond is dropped (towards −∞). A leap second is the
// second that follows it. Absent when the text is anything else, has no zone, or the time is
// outside [kMinTimestampMs, kMaxTimestampMs].
std::optional<int64_t> ParseRfc3339(absl::string_view text);

// "90s", "1h30m", "-1.5s", "7d" → milliseconds. Units: ms s m h d, in any order, each with a
// decimal number. What is finer than a millisecond is dropped (towards zero). Absent when the text
// is anything else or overflows.
std::optional<int64_t> ParseDurationText(absl::string_view text);

// Milliseconds in a unit (ms s m h d); absent for any other word.
std::optional<int64_t> DurationUnitMs(absl::string_view unit);

inline constexpr size_t kMaxTimeTextBytes = 32;
// Writes RFC 3339 in UTC, with milliseconds only where there are some, to `out`; returns its
// length, 0 when the time is outside [kMinTimestampMs, kMaxTimestampMs]. REQUIRES: room for
// kMaxTimeTextBytes.
size_t WriteTimestamp(int64_t epoch_ms, char* out);
// Writes a duration as decimal seconds, "90s" or "-1.5s", as CEL does; returns its length.
// REQUIRES: room for kMaxTimeTextBytes.
size_t WriteDuration(int64_t ms, char* out);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_TIME_TEXT_H_
