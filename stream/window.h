// Window: which span of event time a feature reads at time T, and the tile ladder that covers it.
// Pure functions of values. Times are milliseconds since the epoch, spans are half open [begin,
// end).

#ifndef MILLRACE_STREAM_WINDOW_H_
#define MILLRACE_STREAM_WINDOW_H_

#include <cstdint>

namespace millrace {

enum class WindowKind : uint8_t { kSliding, kLifetime };
enum class Bounds : uint8_t {
  kClosedOpen,
  kOpenClosed,
  kClosedClosed,
  kOpenOpen
};  // "[)" "(]" "[]" "()"
enum class Accuracy : uint8_t { kAuto, kExact, kTiled };

struct Window {
  WindowKind kind = WindowKind::kSliding;
  int64_t size_ms = 0;  // >= 1 for kSliding
  int64_t lag_ms = 0;
  Bounds bounds = Bounds::kClosedOpen;
  friend bool operator==(const Window&, const Window&) = default;
};

// Event time span, half open. For lifetime windows begin is kBeginningOfTime.
struct Span {
  int64_t begin_ms = 0;
  int64_t end_ms = 0;
  friend bool operator==(const Span&, const Span&) = default;
};
inline constexpr int64_t kBeginningOfTime = INT64_MIN / 4;

// The span `window` covers at read time `at_ms`.
Span SpanAt(const Window& window, int64_t at_ms);

// Largest multiple of `step_ms` that is <= t; right before 1970 too. REQUIRES: step_ms > 0.
inline int64_t FloorTo(int64_t t, int64_t step_ms) {
  return t - ((t % step_ms) + step_ms) % step_ms;
}

}  // namespace millrace

#endif  // MILLRACE_STREAM_WINDOW_H_
