// What times and counts in stored states may be, so that no arithmetic on them overflows: whatever
// is beyond is damage. Pure functions; thread-safe.

#ifndef MILLRACE_STREAM_STATE_LIMITS_H_
#define MILLRACE_STREAM_STATE_LIMITS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "core/coding.h"

namespace millrace {

// Of event and read times, either way.
inline constexpr int64_t kTimeLimitMs = int64_t{1} << 59;

constexpr bool IsStateTime(int64_t time_ms) {
  return time_ms >= -kTimeLimitMs && time_ms <= kTimeLimitMs;
}

// The difference of any two numbers, as a number of 64 bits that gets the first one back.
inline int64_t WrappingDifference(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

// `time` is a word of a state.
inline void PutStateTime(uint64_t time, int64_t base_ms, std::string* out) {
  PutSignedVarint(out, WrappingDifference(static_cast<int64_t>(time), base_ms));
}
// Takes one off the front of *in. False when it does not parse or is beyond the limit.
inline bool GetStateTime(absl::string_view* in, int64_t base_ms, uint64_t* time) {
  int64_t relative;
  if (!GetSignedVarint(in, &relative)) return false;
  *time = static_cast<uint64_t>(relative) + static_cast<uint64_t>(base_ms);
  return IsStateTime(static_cast<int64_t>(*time));
}

// Of records and values, either way: retractions may come before what they take back.
inline constexpr int64_t kCountLimit = int64_t{1} << 48;

// Takes a signed count off the front of *in. False when it does not parse or is beyond the limit.
inline bool GetStateCount(absl::string_view* in, int64_t* count) {
  return GetSignedVarint(in, count) && *count >= -kCountLimit && *count <= kCountLimit;
}

}  // namespace millrace

#endif  // MILLRACE_STREAM_STATE_LIMITS_H_
