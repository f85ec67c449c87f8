// Freshness: how long after the log had a record the views over its source tell of it, as the
// histograms millrace_feature_freshness_seconds. One observation a turn of the engine and view, of
// the record that waited longest, so that a record costs next to nothing. Owned by the engine's
// thread; the histograms are read by any.

#ifndef MILLRACE_APP_WORKERS_FRESHNESS_H_
#define MILLRACE_APP_WORKERS_FRESHNESS_H_

#include <cstdint>
#include <vector>

#include "app/project.h"
#include "core/metrics.h"
#include "stream/event.h"

namespace millrace {

class Freshness {
 public:
  // Null: nothing is measured. REQUIRES: the registry outlives this.
  Freshness(const Project& project, Registry* registry);

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
  };

  std::vector<int64_t> oldest_append_ms_;  // by source; INT64_MAX: nothing was applied
  std::vector<Measured> views_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_FRESHNESS_H_
