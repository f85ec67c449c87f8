#include "featurestore/newest_event.h"

#include <algorithm>

#include "featurestore/entity_row.h"

namespace millrace {
namespace {

// Of a state's live records.
std::optional<NewestEvent> NewestInState(const StateLayout& layout, StateView state,
                                         int64_t before_ms) {
  const FoldPlan::Filter& all = layout.filter(0);
  if (state.entries() == 0 || static_cast<int64_t>(state.words[all.live_word]) <= 0) {
    return std::nullopt;
  }
  const auto newest = static_cast<int64_t>(state.words[all.newest_word]);
  if (newest < before_ms) return NewestEvent{newest, true};
  if (state.min_time_ms() < before_ms) return NewestEvent{state.min_time_ms(), false};
  return std::nullopt;
}

std::optional<NewestEvent> NewestInTier(const TileTier& tier, int64_t before_ms) {
  std::optional<NewestEvent> newest;
  tier.ForBackwards(FloorTo(before_ms - 1, tier.tile_ms()) + tier.tile_ms(),
                    [&](int64_t, StateView tile) {
                      newest = NewestInState(tier.layout(), tile, before_ms);
                      return !newest;
                    });
  return newest;
}

}  // namespace

std::optional<NewestEvent> NewestInTiles(std::span<const TileTier> tiers, int64_t before_ms) {
  std::optional<NewestEvent> newest;
  for (const TileTier& tier : tiers) {
    const auto found = NewestInTier(tier, before_ms);
    // A coarser tile says as much or less of the same records.
    if (found && (!newest || newest->ms < found->ms)) newest = found;
  }
  return newest;
}

std::optional<NewestEvent> NewestBefore(const EntityRow& row, const Horizon& horizon,
                                        int64_t before_ms) {
  if (row.newest_ms() < before_ms) {
    if (row.newest_ms() <= -kTimeLimitMs) return std::nullopt;
    return NewestEvent{row.newest_ms(), true};
  }
  if (const auto newest = row.log().NewestBefore(before_ms)) return NewestEvent{*newest, true};
  // The log would tell of any later one.
  before_ms = std::min(before_ms, row.complete_from_ms(horizon));
  auto newest = NewestInTiles(row.tiles().tiers(), before_ms);
  if (newest || row.base().empty()) return newest;
  return NewestInState(row.layout().state(), row.base().view(), before_ms);
}

}  // namespace millrace
