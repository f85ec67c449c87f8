// Which records a window holds at T (windows-and-aggregations §2). Pure functions; thread-safe.

#ifndef MILLRACE_TESTS_ORACLE_WINDOW_MEMBERS_H_
#define MILLRACE_TESTS_ORACLE_WINDOW_MEMBERS_H_

#include <span>
#include <vector>

#include "tests/oracle/feature.h"
#include "tests/oracle/surviving_records.h"

namespace millrace::oracle {

// The largest multiple of h, counted from origin, that is <= t; also before 1970.
int64_t Floor(int64_t t, int64_t h, int64_t origin = 0);

// Half-open [start, end) in whole milliseconds.
struct Span {
  int64_t start = 0;
  int64_t end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};
// Of every kind but sessions; the start of lifetime and last N is the smallest int64.
Span SpanAt(const Window& window, int64_t at_ms);

// The runs that records make, oldest first: neighbours at most `gap` apart, none later than its
// run's first + max_length. REQUIRES: records in total order.
std::vector<std::vector<Record>> Sessions(std::span<const Record> records, const Window& window);

struct Members {
  std::vector<Record> live;       // in total order
  std::vector<Record> unmatched;  // of time windows only
};
Members MembersAt(const Survivors& survivors, const Window& window, int64_t at_ms);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_WINDOW_MEMBERS_H_
