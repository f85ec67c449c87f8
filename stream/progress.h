// Progress of an input: how far its event time has come. Progress p promises that no further record
// with event time < p will come. Pure functions of values: the caller gives the clock's time.

#ifndef MILLRACE_STREAM_PROGRESS_H_
#define MILLRACE_STREAM_PROGRESS_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace millrace {

inline constexpr int64_t kNoTime = INT64_MIN;
inline constexpr int64_t kEndOfTime = INT64_MAX;

// What is known of one partition of a source.
struct InputTimes {
  int64_t newest_event_ms = kNoTime;   // highest event time seen; kNoTime before the first record
  int64_t newest_append_ms = kNoTime;  // append time of that record
  bool at_end = false;                 // everything appended so far was read
};

// Whose time an input at its end follows the clock.
enum class Idle : uint8_t {
  kAuto,   // whose newest record was appended within an hour of its event time: history stands
  kClock,  // any
};

// How the records of an input move its time.
struct TimeRule {
  int64_t out_of_order_ms = 0;  // the allowed disorder
  Idle idle = Idle::kAuto;
};

// A live input: its highest event time less the allowed disorder; at its end, with nothing since
// and if the rule lets it follow the clock, the clock less that allowance. An input at its end that
// never had a record holds nothing back.
int64_t LiveProgress(const InputTimes& times, const TimeRule& rule, int64_t now_ms);

// Why the time of a live input is behind the clock.
enum class HoldbackReason : uint8_t {
  kNone,         // it is not, or only by what it needs to read on
  kHistory,      // it is at its end, and its records are history
  kReading,      // it has more to read, and is over ten seconds behind
  kUnreachable,  // of its log nothing is known
};
HoldbackReason LiveHoldback(const InputTimes& times, const TimeRule& rule, int64_t now_ms);
// "history"; of kNone empty.
absl::string_view HoldbackReasonName(HoldbackReason reason);

// The verdicts on a record that depend on time alone, all functions of the log.
enum class TimeVerdict { kOnTime, kLate, kFuture };

// Late: older than the newest event time of its own partition by more than the retention. Future:
// dated further ahead of its append time than the allowed skew.
TimeVerdict JudgeTime(int64_t event_ms, int64_t append_ms, int64_t newest_event_ms,
                      int64_t retention_ms, int64_t future_skew_ms);

}  // namespace millrace

#endif  // MILLRACE_STREAM_PROGRESS_H_
