// Freshness: how long after the log had a record the views over its source tell of it, as the
// histograms millrace_feature_freshness_seconds. One observation a turn of the engine and view that
// events came to, of the record of its sources that waited longest, so that a record costs next to
// nothing. Owned by the engine's thread; the histograms are read by any.

#ifndef MILLRACE_APP_WORKERS_FRESHNESS_H_
#define MILLRACE_APP_WORKERS_FRESHNESS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "app/project.h"
#include "core/metrics.h"
#include "stream/event.h"

namespace millrace {

class Freshness {
 public:
  // Events that came to a view so far.
  using Updates = std::function<uint64_t(int32_t view)>;

  // Null: nothing is measured. REQUIRES: the registry and what `updates` asks outlive this.
  Freshness(const Project& project, Registry* registry, Updates updates);

  // The event was applied.
  void Applied(const Event& event) {
    int64_t& oldest = oldest_append_ms_[static_cast<size_t>(event.source)];
    if (event.append_ms < oldest) oldest = event.append_ms;
  }
  // What was applied since the last turn is readable now, and is measured.
  void EndTurn(int64_t now_ms);
  // The same unmeasured: of what was long in the log before anybody read it.
  void SkipTurn();

 private:
  struct Measured {
    std::vector<int32_t> sources;
    Histogram* histogram;
    uint64_t updates = 0;  // as of the last turn
  };

  // Whether events came to the view since it was last asked.
  bool Moved(size_t view);

  const Updates updates_;

  std::vector<int64_t> oldest_append_ms_;  // by source; INT64_MAX: nothing was applied
  std::vector<Measured> views_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_FRESHNESS_H_
