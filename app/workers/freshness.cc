#include "app/workers/freshness.h"

#include <algorithm>

namespace millrace {

Freshness::Freshness(const Project& project, Registry* registry)
    : oldest_append_ms_(project.sources.size(), INT64_MAX) {
  if (registry == nullptr) return;
  for (const auto& view : project.views) {
    Measured& measured = views_.emplace_back();
    for (const ViewInput& input : view->inputs) measured.sources.push_back(input.source);
    measured.histogram = &registry->GetHistogram(
        "millrace_feature_freshness_seconds",
        "Time from when the log had a record until reads of the view count it", LatencyBounds(),
        {{"view", view->name}});
  }
}

void Freshness::EndTurn(int64_t now_ms) {
  for (const Measured& view : views_) {
    int64_t oldest_ms = INT64_MAX;
    for (const int32_t source : view.sources) {
      oldest_ms = std::min(oldest_ms, oldest_append_ms_[static_cast<size_t>(source)]);
    }
    if (oldest_ms == INT64_MAX) continue;
    view.histogram->Observe(static_cast<double>(std::max<int64_t>(now_ms - oldest_ms, 0)) / 1000.0);
  }
  SkipTurn();
}

void Freshness::SkipTurn() {
  std::fill(oldest_append_ms_.begin(), oldest_append_ms_.end(), INT64_MAX);
}

}  // namespace millrace
