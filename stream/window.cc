#include "stream/window.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace {

bool TakesEnd(const Window& window) {
  return (window.bounds == Bounds::kOpenClosed || window.bounds == Bounds::kClosedClosed) &&
         window.exclude_current != ExcludeCurrent::kTime;
}

Span SpanAt(const Window& window, int64_t at_ms) {
  const bool opens_after =
      window.bounds == Bounds::kOpenClosed || window.bounds == Bounds::kOpenOpen;
  const int64_t at = at_ms - window.lag_ms;
  Span span{kBeginningOfTime, at + (TakesEnd(window) ? 1 : 0)};
  switch (window.kind) {
    case WindowKind::kSliding: span.begin_ms = at - window.size_ms + (opens_after ? 1 : 0); break;
    case WindowKind::kTumbling: {
      const int64_t start = FloorTo(at - window.origin_ms, window.size_ms) + window.origin_ms;
      span =
          window.which == Which::kCurrent ? Span{start, at} : Span{start - window.size_ms, start};
      break;
    }
    case WindowKind::kHopping:
      span.end_ms = FloorTo(at, window.hop_ms);
      span.begin_ms = span.end_ms - window.size_ms;
      break;
    case WindowKind::kLifetime:
    case WindowKind::kSession:
    case WindowKind::kEvents: break;
  }
  if (span.end_ms < span.begin_ms) span.end_ms = span.begin_ms;  // "()" of 1 ms
  return span;
}

std::string DescribeWindow(const Window& window) {
  const auto length = [](int64_t ms) {
    constexpr std::pair<int64_t, const char*> kUnits[] = {
        {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}};
    for (const auto& [unit, name] : kUnits) {
      if (ms != 0 && ms % unit == 0) return absl::StrCat(ms / unit, name);
    }
    return absl::StrCat(ms, "ms");
  };
  const char* const which = window.which == Which::kComplete ? "complete " : "";
  std::string out;
  switch (window.kind) {
    case WindowKind::kSliding: out = length(window.size_ms); break;
    case WindowKind::kLifetime: out = "lifetime"; break;
    case WindowKind::kTumbling:
      out = absl::StrCat(which, "tumbling ", length(window.size_ms));
      if (window.origin_ms != 0) absl::StrAppend(&out, " from ", window.origin_ms);
      break;
    case WindowKind::kHopping:
      out = absl::StrCat("hopping ", length(window.size_ms), " by ", length(window.hop_ms));
      break;
    case WindowKind::kSession:
      out = absl::StrCat(which, "session of gap ", length(window.gap_ms));
      if (window.max_length_ms > 0) {
        absl::StrAppend(&out, ", at most ", length(window.max_length_ms));
      }
      break;
    case WindowKind::kEvents: out = absl::StrCat("newest ", window.max_events, " records"); break;
  }
  if (window.kind != WindowKind::kEvents && window.max_events > 0) {
    out = absl::StrCat("newest ", window.max_events, " records in ", out);
  }
  if (window.lag_ms > 0) absl::StrAppend(&out, ", ", length(window.lag_ms), " ago");
  constexpr const char* kBounds[] = {"", "(]", "[]", "()"};
  if (window.bounds != Bounds::kClosedOpen) {
    absl::StrAppend(&out, ", ", kBounds[static_cast<int>(window.bounds)]);
  }
  if (window.exclude_current == ExcludeCurrent::kTime) out += ", without its last moment";
  if (window.exclude_current == ExcludeCurrent::kRow) out += ", without the deciding record";
  if (window.with_request) out += ", with the request";
  return out;
}

}  // namespace millrace
