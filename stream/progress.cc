#include "stream/progress.h"

#include <algorithm>

namespace millrace {
namespace {

constexpr int64_t kLiveWithinMs = 3'600'000;
constexpr int64_t kReadingBehindMs = 10'000;

bool IsHistory(const InputTimes& times) {
  return times.newest_append_ms - times.newest_event_ms > kLiveWithinMs;
}

}  // namespace

int64_t LiveProgress(const InputTimes& times, const TimeRule& rule, int64_t now_ms) {
  if (times.newest_event_ms == kNoTime) return times.at_end ? kEndOfTime : kNoTime;
  const int64_t by_records = times.newest_event_ms - rule.out_of_order_ms;
  const bool stands = rule.idle == Idle::kAuto && IsHistory(times);
  if (!times.at_end || stands) return by_records;
  return std::max(by_records, now_ms - rule.out_of_order_ms);
}

HoldbackReason LiveHoldback(const InputTimes& times, const TimeRule& rule, int64_t now_ms) {
  const int64_t progress_ms = LiveProgress(times, rule, now_ms);
  if (progress_ms >= now_ms - rule.out_of_order_ms) return HoldbackReason::kNone;
  if (times.at_end) return HoldbackReason::kHistory;
  const bool near =
      progress_ms != kNoTime && progress_ms >= now_ms - rule.out_of_order_ms - kReadingBehindMs;
  return near ? HoldbackReason::kNone : HoldbackReason::kReading;
}

absl::string_view HoldbackReasonName(HoldbackReason reason) {
  switch (reason) {
    case HoldbackReason::kNone: return "";
    case HoldbackReason::kHistory: return "history";
    case HoldbackReason::kReading: return "reading";
    case HoldbackReason::kUnreachable: return "unreachable";
  }
  return "";
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
