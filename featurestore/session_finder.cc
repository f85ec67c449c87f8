#include "featurestore/session_finder.h"

#include <algorithm>

namespace millrace {

SessionFinder::SessionFinder(const ViewLayout& layout, const WindowPlan& window,
                             const EntityRow& row, const Horizon& horizon, TileScratch* scratch)
    : layout_(layout),
      window_(window),
      row_(row),
      horizon_(horizon),
      scratch_(scratch),
      complete_from_(std::max(horizon.log_cut_ms, row.log().complete_from_ms())) {}

std::optional<int64_t> SessionFinder::NewestBefore(int64_t time) const {
  return millrace::NewestBefore(row_, time);
}

std::optional<Span> SessionFinder::Find(int64_t end, int64_t at) {
  const Window& window = window_.window;
  std::optional<int64_t> last = NewestBefore(end);
  if (!last) return std::nullopt;
  const bool open = at - *last <= window.gap_ms;
  if (window.which == Which::kCurrent && !open) return std::nullopt;
  // The newest session of the run of `last`, and the one before it.
  int64_t first = RunStart(*last);
  std::optional<Span> before;
  while (window.max_length_ms > 0) {
    const auto next = FirstAfter(first + window.max_length_ms, *last);
    if (!next) break;
    before = Span{first, *next};  // it ends before the next begins
    first = *next;
  }
  if (window.which == Which::kCurrent || !open) return Span{first, *last + 1};
  if (before) return before;
  last = NewestBefore(first);
  if (!last) return std::nullopt;
  first = RunStart(*last);
  while (window.max_length_ms > 0) {
    const auto next = FirstAfter(first + window.max_length_ms, *last);
    if (!next) break;
    first = *next;
  }
  return Span{first, *last + 1};
}

int64_t SessionFinder::RunStart(int64_t last) {
  int64_t start = last;
  bool ended = false;
  row_.log().ForLiveBackwards(last + 1, [&](const EntryRef& entry) {
    ended = start - entry.time_ms() > window_.window.gap_ms;
    if (!ended) start = entry.time_ms();
    return !ended;
  });
  // The log tells where the run begins if it reaches a gap further back than the run does.
  if (ended || start - window_.window.gap_ms >= complete_from_) return start;
  if (row_.tiles().empty() || window_.tail < 0) {
    cut_ |= complete_from_ > -kTimeLimitMs;
    return start;
  }
  return RunStartInTiles(start);
}

// Records in one tile are no further apart than a gap, so tiles tell where a run begins.
int64_t SessionFinder::RunStartInTiles(int64_t earliest) {
  const auto tier = static_cast<size_t>(window_.tail);
  const int64_t step = layout_.tile_ms(tier);
  int64_t start = earliest;
  int64_t tile_start = FloorTo(earliest, step);
  while (true) {
    if (tile_start < horizon_.tier_cut_ms[tier]) break;
    const auto tile = row_.tiles().View(row_.log(), window_.plan, tier, tile_start, scratch_);
    if (tile && tile->entries() > 0) {
      if (start - std::min(tile->max_time_ms(), start) > window_.window.gap_ms) return start;
      start = std::min(start, tile->min_time_ms());
    }
    const auto previous = row_.tiles().tiers()[tier].LastBefore(tile_start);
    if (!previous) break;
    tile_start = *previous;
  }
  cut_ |= start - window_.window.gap_ms < horizon_.tier_cut_ms[tier];
  return start;
}

std::optional<int64_t> SessionFinder::FirstAfter(int64_t time, int64_t last) {
  if (time >= last) return std::nullopt;
  std::optional<int64_t> first;
  if (time + 1 < complete_from_ && !row_.tiles().empty() && window_.tail >= 0) {
    const auto tier = static_cast<size_t>(window_.tail);
    const int64_t step = layout_.tile_ms(tier);
    row_.tiles().ForRange(row_.log(), window_.plan, tier, FloorTo(time + 1, step),
                          FloorTo(complete_from_, step) + step, scratch_,
                          [&](int64_t, StateView tile) {
                            if (first || tile.max_time_ms() <= time) return;
                            first = std::max(tile.min_time_ms(), time + 1);
                            cut_ |= tile.min_time_ms() <= time;  // which one is not known
                          });
    if (first && *first < complete_from_) return std::min(*first, last);
    first.reset();
  }
  row_.log().ForRange(time + 1, last + 1, [&](const EntryRef& entry) {
    if (!first && !entry.cancelled() && !entry.retracts()) first = entry.time_ms();
  });
  return first;
}

}  // namespace millrace
