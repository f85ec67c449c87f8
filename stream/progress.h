// Progress of an input: how far its event time has come. Progress p promises that no further record
// with event time < p will come. Pure functions of values: the caller gives the clock's time.

#ifndef MILLRACE_STREAM_PROGRESS_H_
#define MILLRACE_STREAM_PROGRESS_H_

#include <cstdint>

namespace millrace {

inline constexpr int64_t kNoTime = INT64_MIN;
inline constexpr int64_t kEndOfTime = INT64_MAX;

// What is known of one partition of a source.
struct InputTimes {
  int64_t newest_event_ms = kNoTime;   // highest event time seen; kNoTime before the first record
  int64_t newest_append_ms = kNoTime;  // append time of that record
  bool at_end = false;                 // everything appended so far was read
};

// A live input: its highest event time less the allowed disorder; at its end, with nothing since,
// the clock less that allowance, provided that its newest record was appended within an hour of its
// event time: replayed history never idles, its time stands where its records end. An input at its
// end that never had a record holds nothing back.
int64_t LiveProgress(const InputTimes& times, int64_t out_of_order_ms, int64_t now_ms);

// The verdicts on a record that depend on time alone, all functions of the log.
enum class TimeVerdict { kOnTime, kLate, kFuture };

// Late: older than the newest event time of its own partition by more than the retention. Future:
// dated further ahead of its append time than the allowed skew.
TimeVerdict JudgeTime(int64_t event_ms, int64_t append_ms, int64_t newest_event_ms,
                      int64_t retention_ms, int64_t future_skew_ms);

}  // namespace millrace

#endif  // MILLRACE_STREAM_PROGRESS_H_
