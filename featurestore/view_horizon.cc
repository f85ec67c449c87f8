#include "featurestore/view_horizon.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "featurestore/tile_tier.h"

namespace millrace {
namespace {

constexpr int64_t kDayMs = 86'400'000;
// Without tiles the horizon of entries moves in steps, so that rows are not trimmed at each record.
constexpr int64_t kLogStepMs = 1'000;

// How far before (T - lag) the start of a window may lie.
int64_t ReachOf(const Window& window) {
  switch (window.kind) {
    case WindowKind::kSliding: return window.size_ms;
    case WindowKind::kTumbling:
      return window.which == Which::kComplete ? 2 * window.size_ms : window.size_ms;
    case WindowKind::kHopping: return window.size_ms + window.hop_ms;
    case WindowKind::kSession: return SessionReach(window);
    case WindowKind::kLifetime:
    case WindowKind::kEvents: return 0;
  }
  return 0;
}

}  // namespace

int64_t SessionReach(const Window& window) {
  return std::max({kDayMs, 128 * window.gap_ms, 2 * window.max_length_ms});
}

int64_t BaseLag(const ViewSpec& spec, const Window& lifetime, bool finds_tiles) {
  return spec.as_of_ms + lifetime.lag_ms + (finds_tiles ? spec.retention_ms : 0);
}

HorizonRules::HorizonRules(const ViewSpec& spec, std::span<const WindowPlan> windows,
                           std::vector<int64_t> tile_ms, bool finds_tiles)
    : tile_ms_(std::move(tile_ms)), tiled_(spec.accuracy == Accuracy::kTiled) {
  for (const WindowPlan& plan : windows) {
    keeps_newest_ |= plan.window.kind == WindowKind::kEvents;
    if (plan.window.kind == WindowKind::kLifetime) {
      KeepForLifetime(spec, plan, finds_tiles);
      continue;
    }
    // + 1: bounds move by a ms.
    const int64_t reach = ReachOf(plan.window) + plan.window.lag_ms + spec.as_of_ms + 1;
    longest_ms_ = std::max(longest_ms_, reach);
    for (int tier = plan.tail; tier >= 0 && tier <= plan.top; ++tier) {
      tier_need_ms_[tier] = std::max(tier_need_ms_[tier], reach);
    }
  }
  // Coarser tiles are kept no shorter than finer ones: what they tell of ends at one time.
  for (size_t tier = 1; tier < tile_ms_.size(); ++tier) {
    tier_need_ms_[tier] = std::max(tier_need_ms_[tier], tier_need_ms_[tier - 1]);
  }
  for (size_t tier = 0; tier < tile_ms_.size(); ++tier) {
    log_follows_tiers_ |= tier_need_ms_[tier] >= longest_ms_;
  }
}

void HorizonRules::KeepForLifetime(const ViewSpec& spec, const WindowPlan& plan, bool finds_tiles) {
  const int64_t lag = plan.window.lag_ms + spec.as_of_ms + 1;
  lifetime_lag_ms_ = std::max(lifetime_lag_ms_, plan.window.lag_ms);
  base_lag_ms_ = std::max(base_lag_ms_, BaseLag(spec, plan.window, finds_tiles));
  for (size_t tier = plan.tail; tier < tile_ms_.size(); ++tier) {
    const int64_t coarser = tile_ms_[std::min(tier + 1, tile_ms_.size() - 1)];
    const bool top = tier + 1 == tile_ms_.size();
    tier_need_ms_[tier] = std::max(tier_need_ms_[tier], (top ? base_lag_ms_ + 1 : lag) + coarser);
  }
  longest_ms_ = std::max(longest_ms_, lag);
}

Horizon HorizonRules::At(int64_t stream_ms) const {
  Horizon horizon;
  if (stream_ms <= -kTimeLimitMs) {
    horizon.tier_cut_ms.fill(-kTimeLimitMs);
    return horizon;
  }
  int64_t oldest = log_follows_tiers_ ? std::numeric_limits<int64_t>::max()
                                      : FloorTo(stream_ms - longest_ms_, kLogStepMs);
  for (size_t tier = 0; tier < tile_ms_.size(); ++tier) {
    horizon.tier_cut_ms[tier] =
        FloorTo(stream_ms - tier_need_ms_[tier], kTilesPerBlock * tile_ms_[tier]);
    oldest = std::min(oldest, horizon.tier_cut_ms[tier]);
  }
  horizon.log_cut_ms = keeps_newest_ ? -kTimeLimitMs : oldest;
  if (tiled_ && !tile_ms_.empty()) {
    horizon.log_cut_ms = FloorTo(stream_ms, tile_ms_[0]) - tile_ms_[0];
  }
  if (lifetime_lag_ms_ >= 0) {
    horizon.base_end_ms = FloorTo(stream_ms - base_lag_ms_, tile_ms_.back());
  }
  return horizon;
}

int64_t HorizonRules::NextChange(int64_t stream_ms) const {
  if (stream_ms <= -kTimeLimitMs) return stream_ms + 1;
  const auto next = [stream_ms](int64_t behind, int64_t step) {
    return FloorTo(stream_ms - behind, step) + step + behind;
  };
  int64_t change = std::numeric_limits<int64_t>::max();
  if (!log_follows_tiers_) change = next(longest_ms_, kLogStepMs);
  for (size_t tier = 0; tier < tile_ms_.size(); ++tier) {
    change = std::min(change, next(tier_need_ms_[tier], kTilesPerBlock * tile_ms_[tier]));
  }
  if (tiled_ && !tile_ms_.empty()) {
    change = std::min(change, next(0, tile_ms_[0]));
  }
  if (lifetime_lag_ms_ >= 0) {
    change = std::min(change, next(base_lag_ms_, tile_ms_.back()));
  }
  return change;
}

}  // namespace millrace
