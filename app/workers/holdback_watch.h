// HoldbackWatch: what holds the live time of one task back, since when, and whether it is time to
// say so aloud. Pure bookkeeping over the values it is given. Owned by the engine's thread.

#ifndef MILLRACE_APP_WORKERS_HOLDBACK_WATCH_H_
#define MILLRACE_APP_WORKERS_HOLDBACK_WATCH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>

#include "stream/progress.h"

namespace millrace {

struct Holdback {
  size_t input = 0;  // index of the hindmost input
  HoldbackReason reason = HoldbackReason::kNone;
  int64_t time_ms = kNoTime;  // where its time stands
  int64_t since_ms = 0;       // by the clock, as far back as this process goes
};

class HoldbackWatch {
 public:
  // `found` is the present state (its since_ms is not looked at); none: nothing is held back.
  void Update(const std::optional<Holdback>& found, int64_t now_ms);
  const std::optional<Holdback>& current() const { return current_; }

  // True once for an input: it has held time back, and what waits for `due_ms` (kEndOfTime: nothing
  // waits) has been due by the clock, for longer than `patience_ms`.
  bool MustTell(int64_t due_ms, int64_t patience_ms, int64_t now_ms);

 private:
  std::optional<Holdback> current_;
  std::set<size_t> told_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_HOLDBACK_WATCH_H_
