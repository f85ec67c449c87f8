#include "tests/oracle/window_members.h"

#include <algorithm>
#include <limits>

namespace millrace::oracle {
namespace {

std::vector<Record> Within(std::span<const Record> records, const Span& span) {
  std::vector<Record> inside;
  for (const Record& record : records) {
    const int64_t t = record.order.event_time_ms;
    if (t >= span.start && t < span.end) inside.push_back(record);
  }
  return inside;
}

void KeepNewest(int64_t n, std::vector<Record>* records) {
  const auto size = static_cast<int64_t>(records->size());
  if (size > n) records->erase(records->begin(), records->begin() + (size - n));
}

std::vector<Record> SessionAt(std::span<const Record> live, const Window& window, int64_t at_ms) {
  const int64_t end = at_ms - window.lag_ms + (window.end_closed ? 1 : 0);
  const std::vector<Record> before = Within(live, {std::numeric_limits<int64_t>::min(), end});
  std::vector<std::vector<Record>> sessions = Sessions(before, window);
  if (sessions.empty()) return {};
  const int64_t last = sessions.back().back().order.event_time_ms;
  const bool open = at_ms - window.lag_ms - last <= window.gap_ms;
  if (window.which == Which::kCurrent) {
    return open ? sessions.back() : std::vector<Record>();
  }
  if (open) sessions.pop_back();
  return sessions.empty() ? std::vector<Record>() : sessions.back();
}

}  // namespace

int64_t Floor(int64_t t, int64_t h, int64_t origin) {
  const int64_t since = t - origin;
  return t - ((since % h) + h) % h;
}

Span SpanAt(const Window& window, int64_t at_ms) {
  constexpr int64_t kBeginning = std::numeric_limits<int64_t>::min();
  const int64_t t = at_ms - window.lag_ms;
  const int64_t start = window.start_open ? 1 : 0;
  const int64_t end = t + (window.end_closed ? 1 : 0);
  switch (window.kind) {
    case WindowKind::kSliding: return {t - window.size_ms + start, end};
    case WindowKind::kLifetime:
    case WindowKind::kEvents: return {kBeginning, end};
    case WindowKind::kTumbling: {
      const int64_t edge = Floor(t, window.size_ms, window.origin_ms);
      if (window.which == Which::kComplete) return {edge - window.size_ms, edge};
      return {edge, t};
    }
    case WindowKind::kHopping: {
      const int64_t edge = Floor(t, window.hop_ms);
      return {edge - window.size_ms, edge};
    }
    case WindowKind::kSession: break;
  }
  return {0, 0};
}

std::vector<std::vector<Record>> Sessions(std::span<const Record> records, const Window& window) {
  std::vector<std::vector<Record>> sessions;
  for (const Record& record : records) {
    const int64_t t = record.order.event_time_ms;
    bool joins = false;
    if (!sessions.empty()) {
      const int64_t first = sessions.back().front().order.event_time_ms;
      const int64_t last = sessions.back().back().order.event_time_ms;
      joins = t - last <= window.gap_ms &&
              (!window.max_length_ms || t <= first + *window.max_length_ms);
    }
    if (!joins) sessions.emplace_back();
    sessions.back().push_back(record);
  }
  return sessions;
}

Members MembersAt(const Survivors& survivors, const Window& window, int64_t at_ms) {
  if (window.kind == WindowKind::kSession) {
    return {SessionAt(survivors.live, window, at_ms), {}};
  }
  const Span span = SpanAt(window, at_ms);
  Members members = {Within(survivors.live, span), {}};
  if (window.kind == WindowKind::kEvents) {
    KeepNewest(window.events, &members.live);
  } else if (window.max_events) {
    KeepNewest(*window.max_events, &members.live);
  } else {
    members.unmatched = Within(survivors.unmatched, span);
  }
  return members;
}

}  // namespace millrace::oracle
