// HorizonAt and NextHorizonChange of view_layout.h.

#include <algorithm>
#include <limits>

#include "featurestore/view_layout.h"

namespace millrace {
namespace {

// Without tiles the horizon of entries moves in steps, so that rows are not trimmed at each record.
constexpr int64_t kLogStepMs = 1'000;

}  // namespace

Horizon ViewLayout::HorizonAt(int64_t stream_ms) const {
  Horizon horizon;
  if (stream_ms <= -kTimeLimitMs) {
    horizon.tier_cut_ms.fill(-kTimeLimitMs);
    return horizon;
  }
  int64_t oldest = log_follows_tiers_ ? std::numeric_limits<int64_t>::max()
                                      : FloorTo(stream_ms - longest_ms_, kLogStepMs);
  for (size_t tier = 0; tier < ladder_.size(); ++tier) {
    horizon.tier_cut_ms[tier] =
        FloorTo(stream_ms - tier_need_ms_[tier], kTilesPerBlock * tile_ms(tier));
    oldest = std::min(oldest, horizon.tier_cut_ms[tier]);
  }
  horizon.log_cut_ms = keeps_newest_ ? -kTimeLimitMs : oldest;
  if (spec_->accuracy == Accuracy::kTiled && !ladder_.empty()) {
    horizon.log_cut_ms = FloorTo(stream_ms, tile_ms(0)) - tile_ms(0);
  }
  if (has_lifetime()) {
    horizon.base_end_ms = FloorTo(stream_ms - base_lag_ms_, tile_ms(ladder_.size() - 1));
  }
  return horizon;
}

int64_t ViewLayout::NextHorizonChange(int64_t stream_ms) const {
  if (stream_ms <= -kTimeLimitMs) return stream_ms + 1;
  const auto next = [stream_ms](int64_t behind, int64_t step) {
    return FloorTo(stream_ms - behind, step) + step + behind;
  };
  int64_t change = std::numeric_limits<int64_t>::max();
  if (!log_follows_tiers_) change = next(longest_ms_, kLogStepMs);
  for (size_t tier = 0; tier < ladder_.size(); ++tier) {
    change = std::min(change, next(tier_need_ms_[tier], kTilesPerBlock * tile_ms(tier)));
  }
  if (spec_->accuracy == Accuracy::kTiled && !ladder_.empty()) {
    change = std::min(change, next(0, tile_ms(0)));
  }
  if (has_lifetime()) {
    change = std::min(change, next(base_lag_ms_, tile_ms(ladder_.size() - 1)));
  }
  return change;
}

}  // namespace millrace
