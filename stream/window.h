// Window: which events a feature reads at time T. Pure functions of values. Times are milliseconds
// since the epoch, spans are half open [begin, end).

#ifndef MILLRACE_STREAM_WINDOW_H_
#define MILLRACE_STREAM_WINDOW_H_

#include <cstdint>
#include <string>

namespace millrace {

enum class WindowKind : uint8_t {
  kSliding,   // the last `size_ms`
  kLifetime,  // all
  kTumbling,  // of fixed windows of `size_ms` side by side, the one at T or the one before it
  kHopping,   // the last `size_ms` at the newest multiple of `hop_ms`
  kSession,   // a run of records no further than `gap_ms` apart
  kEvents,    // the newest `max_events`
};
enum class Bounds : uint8_t {
  kClosedOpen,
  kOpenClosed,
  kClosedClosed,
  kOpenOpen
};  // "[)" "(]" "[]" "()"
enum class Accuracy : uint8_t { kAuto, kExact, kTiled };
// Of tumbling windows and sessions: the one at T, as far as it has come, or the last whole one.
enum class Which : uint8_t { kCurrent, kComplete };
// What a window that ends at T leaves out of T itself.
enum class ExcludeCurrent : uint8_t {
  kNothing,
  kTime,  // all records at exactly T
  kRow,   // the deciding record
};

// Newest records that a window may be limited to.
inline constexpr int64_t kMaxWindowEvents = 10'000;

struct Window {
  WindowKind kind = WindowKind::kSliding;
  int64_t size_ms = 0;  // >= 1 for kSliding, kTumbling, kHopping
  int64_t lag_ms = 0;   // the window stands this long before T
  Bounds bounds = Bounds::kClosedOpen;
  int64_t hop_ms = 0;         // kHopping: 1 … size_ms
  int64_t origin_ms = 0;      // kTumbling: where one of them begins
  int64_t gap_ms = 0;         // kSession: >= 1
  int64_t max_length_ms = 0;  // kSession: a record later than this after the first starts a new one
  int64_t max_events = 0;     // limited to the newest so many records; 0: not
  Which which = Which::kCurrent;
  ExcludeCurrent exclude_current = ExcludeCurrent::kNothing;
  bool with_request = false;  // the request's own values count as a record at T
  friend bool operator==(const Window&, const Window&) = default;
};

// Event time span, half open. For windows without a start begin is kBeginningOfTime.
struct Span {
  int64_t begin_ms = 0;
  int64_t end_ms = 0;
  friend bool operator==(const Span&, const Span&) = default;
};
inline constexpr int64_t kBeginningOfTime = INT64_MIN / 4;

// Whether the window takes in what happened at exactly its end.
bool TakesEnd(const Window& window);
// The span `window` covers at read time `at_ms`; of a session the span it may lie in.
Span SpanAt(const Window& window, int64_t at_ms);

// "1h", "lifetime", "session of gap 30m", "newest 5 records in 1d, 10m ago": all that tells it from
// another, for people.
std::string DescribeWindow(const Window& window);

// Largest multiple of `step_ms` that is <= t; right before 1970 too. REQUIRES: step_ms > 0.
inline int64_t FloorTo(int64_t t, int64_t step_ms) {
  return t - ((t % step_ms) + step_ms) % step_ms;
}

}  // namespace millrace

#endif  // MILLRACE_STREAM_WINDOW_H_
