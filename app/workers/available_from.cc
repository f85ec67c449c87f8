#include "app/workers/available_from.h"

#include "stream/progress.h"

namespace millrace {

AvailableFrom::AvailableFrom(const Project& project, OnlineStore& store)
    : store_(store),
      oldest_ms_(project.sources.size(), kEndOfTime),
      views_(project.sources.size()),
      available_ms_(project.views.size(), kEndOfTime) {
  for (int32_t v = 0; v < static_cast<int32_t>(project.views.size()); ++v) {
    for (const ViewInput& input : project.views[static_cast<size_t>(v)]->inputs) {
      for (const int32_t source : project.TopicSources(input.source)) {
        views_[static_cast<size_t>(source)].push_back(v);
      }
    }
    store_.SetAvailableFrom(v, kEndOfTime);
  }
}

void AvailableFrom::Lower(int32_t source, int64_t event_time_ms) {
  oldest_ms_[static_cast<size_t>(source)] = event_time_ms;
  for (const int32_t view : views_[static_cast<size_t>(source)]) {
    int64_t& available_ms = available_ms_[static_cast<size_t>(view)];
    if (event_time_ms >= available_ms) continue;
    available_ms = event_time_ms;
    store_.SetAvailableFrom(view, available_ms);
  }
}

}  // namespace millrace
