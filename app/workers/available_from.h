// AvailableFrom: tells the online store where the data of each view begin: at the earliest event
// time ever applied from its sources, be it of a topic or of history files. Windows that reach
// further back are `warming`. Kept with the input positions (app/workers/input_position.h), so it
// outlives the process. Owned by the engine's thread.

#ifndef MILLRACE_APP_WORKERS_AVAILABLE_FROM_H_
#define MILLRACE_APP_WORKERS_AVAILABLE_FROM_H_

#include <cstdint>
#include <vector>

#include "app/project.h"
#include "featurestore/online_store.h"

namespace millrace {

class AvailableFrom {
 public:
  // Until something is applied no view has data. REQUIRES: the store outlives this.
  AvailableFrom(const Project& project, OnlineStore& store);

  // Something of that time was applied from a source with a topic. Cheap unless it is the earliest.
  void Applied(int32_t source, int64_t event_time_ms) {
    if (event_time_ms < oldest_ms_[static_cast<size_t>(source)]) Lower(source, event_time_ms);
  }

 private:
  void Lower(int32_t source, int64_t event_time_ms);

  OnlineStore& store_;
  std::vector<int64_t> oldest_ms_;           // by source
  std::vector<std::vector<int32_t>> views_;  // by source: those whose data come from it
  std::vector<int64_t> available_ms_;        // by view
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_AVAILABLE_FROM_H_
