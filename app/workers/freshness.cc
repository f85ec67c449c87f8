#include "app/workers/freshness.h"

#include <algorithm>
#include <utility>

namespace millrace {

namespace {

// From the 1 ms that append times are known to.
std::vector<double> FreshnessBounds() {
  return {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60};
}

}  // namespace

Freshness::Freshness(const Project& project, Registry* registry, Updates updates)
    : updates_(std::move(updates)), oldest_append_ms_(project.sources.size(), INT64_MAX) {
  if (registry == nullptr) return;
  for (const auto& view : project.views) {
    Measured& measured = views_.emplace_back();
    for (const ViewInput& input : view->inputs) measured.sources.push_back(input.source);
    measured.histogram = &registry->GetHistogram(
        "millrace_feature_freshness_seconds",
        "Time from when the log had a record until reads of the view count it", FreshnessBounds(),
        {{"view", view->name}});
  }
}

void Freshness::EndTurn(int64_t now_ms) {
  for (size_t v = 0; v < views_.size(); ++v) {
    int64_t oldest_ms = INT64_MAX;
    for (const int32_t source : views_[v].sources) {
      oldest_ms = std::min(oldest_ms, oldest_append_ms_[static_cast<size_t>(source)]);
    }
    if (!Moved(v) || oldest_ms == INT64_MAX) continue;
    views_[v].histogram->Observe(static_cast<double>(std::max<int64_t>(now_ms - oldest_ms, 0)) /
                                 1000.0);
  }
  std::fill(oldest_append_ms_.begin(), oldest_append_ms_.end(), INT64_MAX);
}

void Freshness::SkipTurn() {
  for (size_t v = 0; v < views_.size(); ++v) Moved(v);
  std::fill(oldest_append_ms_.begin(), oldest_append_ms_.end(), INT64_MAX);
}

bool Freshness::Moved(size_t view) {
  const uint64_t updates = updates_(static_cast<int32_t>(view));
  return std::exchange(views_[view].updates, updates) != updates;
}

}  // namespace millrace
