#include "stream/progress.h"

#include <algorithm>

namespace millrace {
namespace {

constexpr int64_t kLiveWithinMs = 3'600'000;

}  // namespace

int64_t LiveProgress(const InputTimes& times, int64_t out_of_order_ms, int64_t now_ms) {
  if (times.newest_event_ms == kNoTime) return times.at_end ? kEndOfTime : kNoTime;
  const int64_t by_records = times.newest_event_ms - out_of_order_ms;
  const bool live = times.newest_append_ms - times.newest_event_ms <= kLiveWithinMs;
  if (!times.at_end || !live) return by_records;
  return std::max(by_records, now_ms - out_of_order_ms);
}

TimeVerdict JudgeTime(int64_t event_ms, int64_t append_ms, int64_t newest_event_ms,
                      int64_t retention_ms, int64_t future_skew_ms) {
  if (event_ms > append_ms && event_ms - append_ms > future_skew_ms) return TimeVerdict::kFuture;
  if (newest_event_ms != kNoTime && newest_event_ms - event_ms > retention_ms) {
    return TimeVerdict::kLate;
  }
  return TimeVerdict::kOnTime;
}

}  // namespace millrace
