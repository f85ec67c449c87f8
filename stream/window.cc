#include "stream/window.h"

namespace millrace {

Span SpanAt(const Window& window, int64_t at_ms) {
  const bool opens_after =
      window.bounds == Bounds::kOpenClosed || window.bounds == Bounds::kOpenOpen;
  const bool takes_end =
      window.bounds == Bounds::kOpenClosed || window.bounds == Bounds::kClosedClosed;
  Span span;
  span.end_ms = at_ms - window.lag_ms + (takes_end ? 1 : 0);
  span.begin_ms = window.kind == WindowKind::kLifetime
                      ? kBeginningOfTime
                      : at_ms - window.lag_ms - window.size_ms + (opens_after ? 1 : 0);
  if (span.end_ms < span.begin_ms) span.end_ms = span.begin_ms;  // "()" of 1 ms
  return span;
}

}  // namespace millrace
