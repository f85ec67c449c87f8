#include "featurestore/newest_event.h"

#include <algorithm>
#include <limits>

namespace millrace {
namespace {

// Of a state's live records; nullopt: there are none.
std::optional<int64_t> NewestLive(const StateLayout& layout, StateView state) {
  const FoldPlan::Filter& all = layout.filter(0);
  if (state.entries() == 0 || static_cast<int64_t>(state.words[all.live_word]) <= 0) {
    return std::nullopt;
  }
  return static_cast<int64_t>(state.words[all.newest_word]);
}

std::optional<NewestEvent> NewestInState(const StateLayout& layout, StateView state,
                                         int64_t before_ms) {
  const auto newest = NewestLive(layout, state);
  if (!newest) return std::nullopt;
  if (*newest < before_ms) return NewestEvent{*newest, true};
  if (state.min_time_ms() < before_ms) return NewestEvent{state.min_time_ms(), false};
  return std::nullopt;
}

std::optional<NewestEvent> NewestInTier(const EntityRow& row, size_t tier, const Horizon& horizon,
                                        int64_t before_ms) {
  const TileStack& tiles = row.tiles();
  const StateLayout& layout = row.layout().state();
  const int64_t cut = horizon.tier_cut_ms[tier], size = row.layout().tile_ms(tier);
  int64_t until = FloorTo(before_ms - 1, size) + size;
  std::optional<NewestEvent> newest;
  // A tile that is open holds what finer ones tell more of, unless the horizon has passed those.
  const int64_t open = FloorTo(tiles.closed_ms(), size);
  if (open < until && open >= cut && (tier == 0 || tiles.MustClose(horizon))) {
    TileScratch scratch;
    const auto tile = tiles.View(row.log(), layout.plan(), tier, open, &scratch);
    if (tile) newest = NewestInState(layout, *tile, before_ms);
    if (newest) return newest;
    until = open;
  }
  tiles.tiers()[tier].ForBackwards(until, [&](int64_t start, StateView tile) {
    if (start < cut) return false;
    newest = NewestInState(layout, tile, before_ms);
    return !newest;
  });
  return newest;
}

std::optional<NewestEvent> NewestInTiles(const EntityRow& row, const Horizon& horizon,
                                         int64_t before_ms) {
  std::optional<NewestEvent> newest;
  for (size_t tier = 0; tier < row.tiles().tiers().size(); ++tier) {
    const auto found = NewestInTier(row, tier, horizon, before_ms);
    // A coarser tile says as much or less of the same records.
    if (found && (!newest || newest->ms < found->ms)) newest = found;
  }
  return newest;
}

}  // namespace

int64_t NewestLost(const EntityRow& row, const Horizon& horizon) {
  const MicroLog& log = row.log();
  const size_t tiers = row.layout().tiers();
  // Coarser tiles are kept no shorter than finer ones.
  const int64_t tiles_from =
      tiers == 0 ? std::numeric_limits<int64_t>::max() : horizon.tier_cut_ms[tiers - 1];
  int64_t newest = row.lost_ms();
  if (log.newest_dropped_ms() < tiles_from) newest = std::max(newest, log.newest_dropped_ms());
  const int64_t log_until = std::min(horizon.log_cut_ms, tiles_from);
  if (log.size() > 0 && log.OldestSpan().begin_ms < log_until) {
    newest = std::max(newest, log.NewestBefore(log_until).value_or(newest));
  }
  const int64_t log_from = row.complete_from_ms(horizon);
  for (const TileTier& tier : row.tiles().tiers()) {
    tier.ForBackwards(tiles_from, [&](int64_t, StateView tile) {
      const auto in_tile = NewestLive(tier.layout(), tile);
      if (!in_tile || *in_tile >= log_from) return true;  // of these the log tells
      newest = std::max(newest, *in_tile);
      return false;
    });
  }
  return newest;
}

std::optional<NewestEvent> FindNewestBefore(const EntityRow& row, const Horizon& horizon,
                                            int64_t before_ms) {
  const MicroLog& log = row.log();
  const auto in_log = log.NewestBefore(before_ms);
  if (in_log && *in_log >= horizon.log_cut_ms) return NewestEvent{*in_log, true};
  // Of all that are later than what it had no room for, the log tells.
  const int64_t dropped = log.newest_dropped_ms();
  if (dropped > -kTimeLimitMs && dropped >= horizon.log_cut_ms && dropped < before_ms) {
    return NewestEvent{dropped, true};
  }
  const auto in_tiles =
      NewestInTiles(row, horizon, std::min(before_ms, row.complete_from_ms(horizon)));
  if (in_tiles) return in_tiles;
  const int64_t lost = NewestLost(row, horizon);
  if (lost <= -kTimeLimitMs) return std::nullopt;
  if (lost < before_ms) return NewestEvent{lost, true};
  return NewestEvent{-kTimeLimitMs, false};
}

std::optional<NewestEvent> NewestBefore(const EntityRow& row, const Horizon& horizon,
                                        int64_t before_ms) {
  if (row.newest_ms() >= before_ms) return FindNewestBefore(row, horizon, before_ms);
  if (row.newest_ms() <= -kTimeLimitMs) return std::nullopt;
  return NewestEvent{row.newest_ms(), true};
}

}  // namespace millrace
