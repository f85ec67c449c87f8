#include "featurestore/span_folder.h"

#include <algorithm>
#include <optional>

namespace millrace {
namespace {

int64_t CeilTo(int64_t t, int64_t step) { return FloorTo(t + step - 1, step); }

// A tile of at most this many records is folded from its entries rather than from finer tiles.
constexpr size_t kFoldEntries = 32;

}  // namespace

SpanFolder::SpanFolder(const ViewLayout& layout, const WindowPlan& window, const EntityRow& row,
                       const Horizon& horizon, const WindowFold* inner, WindowFold* fold)
    : layout_(layout),
      window_(window),
      row_(row),
      horizon_(horizon),
      inner_(inner),
      fold_(fold),
      complete_from_(row.complete_from_ms(horizon)) {}

// Folding the records is cheaper than the tiles, and gives the same.
bool SpanFolder::FewEntries(int64_t begin, int64_t end) const {
  return !window_.plan.ordered && complete_from_ <= begin &&
         !row_.log().HasMoreThan(kFoldEntries, begin, end);
}

void SpanFolder::Lifetime(int64_t begin, int64_t end) {
  if (begin < row_.base_end_ms()) {
    fold_->covered.begin_ms = fold_->asked.begin_ms;
    MergeState(window_.plan, row_.base().view(), fold_->state.slot());
    begin = row_.base_end_ms();
  }
  if (begin >= end) return;
  if (FewEntries(begin, end)) return Entries(begin, end);
  const int top = static_cast<int>(layout_.tiers()) - 1;
  Cover(top, top, begin, end);
}

void SpanFolder::Sliding(int64_t begin, int64_t end) {
  if (begin >= end) return;
  if (window_.tail < 0) {
    const int64_t kept = std::min(std::max(begin, complete_from_), end);
    if (kept > begin) {
      fold_->cut = true;
      fold_->covered.begin_ms = std::max(fold_->covered.begin_ms, kept);
    }
    return Entries(kept, end);
  }
  if (FewEntries(begin, end)) return Entries(begin, end);
  // The finest tier of the window that still has its start.
  const int top = window_.top;
  int low = window_.tail;
  while (low <= top &&
         horizon_.tier_cut_ms[low] > FloorTo(begin, layout_.tile_ms(static_cast<size_t>(low)))) {
    ++low;
  }
  if (low > top) {
    low = window_.tail;
    for (int i = low; i <= top; ++i) {
      if (horizon_.tier_cut_ms[i] < horizon_.tier_cut_ms[low]) low = i;
    }
    const int64_t kept = std::min(end, horizon_.tier_cut_ms[low]);
    if (complete_from_ <= begin) {
      Entries(begin, kept);
    } else {
      fold_->covered.begin_ms = kept;
    }
    if (kept < end) Cover(low, top, kept, end);
    return;
  }
  if (window_.nested()) return CoverByCore(low, top, begin, end);
  Cover(low, top, begin, end);
}

void SpanFolder::Entries(int64_t begin, int64_t end) {
  EntriesIf(begin, end, [](const EntryRef&) { return true; });
}

void SpanFolder::Merge(StateView tile) {
  MergeState(window_.plan, tile, fold_->state.slot());
  ++fold_->merges;
}

void SpanFolder::Tiles(int tier, int64_t begin, int64_t end) {
  if (begin >= end) return;
  fold_->merges += row_.tiles().MergeRange(row_.log(), window_.plan, static_cast<size_t>(tier),
                                           begin, end, &fold_->scratch, fold_->state.slot());
}

// [begin, end) by tiles of `low` … `top`, and the two tiles of `low` that it cuts.
void SpanFolder::Cover(int low, int top, int64_t begin, int64_t end) {
  const int64_t step = layout_.tile_ms(static_cast<size_t>(low));
  const int64_t start = CeilTo(begin, step);
  const int64_t stop = FloorTo(end, step);
  if (start > stop) return Partial(low, stop, begin, end);
  if (begin < start) Partial(low, start - step, begin, start);
  Inner(low, top, start, stop);
  if (stop < end) Partial(low, stop, stop, end);
}

// Cover of a window that is inside another or has one inside it: the newest part first, as order
// does not matter.
void SpanFolder::CoverByCore(int low, int top, int64_t begin, int64_t end) {
  const int64_t step = layout_.tile_ms(static_cast<size_t>(low));
  const int64_t start = CeilTo(begin, step);
  const int64_t stop = FloorTo(end, step);
  const int64_t core = CeilTo(begin, layout_.tile_ms(static_cast<size_t>(top)));
  if (core > stop) return Cover(low, top, begin, end);
  if (!GoOnFromInner(top, core)) {
    Inner(low, top, core, stop);
    if (stop < end) Partial(low, stop, stop, end);
  }
  if (fold_->covered.end_ms == fold_->asked.end_ms) KeepCore(top, core);
  Inner(low, top, start, core);
  if (begin < start) Partial(low, start - step, begin, start);
}

// [begin, …) by the core of the inner window and whole tiles before it. False when there is no such
// core or not all of these tiles are kept.
bool SpanFolder::GoOnFromInner(int top, int64_t begin) {
  if (inner_ == nullptr || inner_->core_tier < 0 || inner_->core_begin_ms < begin) return false;
  for (int tier = inner_->core_tier; tier < top; ++tier) {
    const int64_t coarser = layout_.tile_ms(static_cast<size_t>(tier) + 1);
    if (horizon_.tier_cut_ms[tier] > FloorTo(inner_->core_begin_ms, coarser)) return false;
  }
  Merge(inner_->core.view());
  // Up to the coarser tiles from the newest end: the finer ones may be kept no longer than that.
  int64_t end = inner_->core_begin_ms;
  for (int tier = inner_->core_tier; tier < top; ++tier) {
    const int64_t coarser_end = FloorTo(end, layout_.tile_ms(static_cast<size_t>(tier) + 1));
    Tiles(tier, coarser_end, end);
    end = coarser_end;
  }
  Tiles(top, begin, end);
  return true;
}

void SpanFolder::KeepCore(int tier, int64_t begin) {
  if (!window_.is_inner) return;
  fold_->core.Reset(layout_.state());
  MergeState(window_.plan, fold_->state.view(), fold_->core.slot());
  fold_->core_begin_ms = begin;
  fold_->core_tier = tier;
}

// Whole tiles, coarser ones in the middle.
void SpanFolder::Inner(int tier, int top, int64_t begin, int64_t end) {
  if (tier == top) return Tiles(tier, begin, end);
  const int64_t coarser = layout_.tile_ms(static_cast<size_t>(tier) + 1);
  const int64_t inner_begin = CeilTo(begin, coarser);
  const int64_t inner_end = FloorTo(end, coarser);
  if (inner_begin >= inner_end || horizon_.tier_cut_ms[tier + 1] > inner_begin) {
    return Tiles(tier, begin, end);
  }
  Tiles(tier, begin, inner_begin);
  Inner(tier + 1, top, inner_begin, inner_end);
  Tiles(tier, inner_end, end);
}

// The part [begin, end) of one tile, exactly where that is possible.
void SpanFolder::Partial(int tier, int64_t tile_start, int64_t begin, int64_t end) {
  const auto i = static_cast<size_t>(tier);
  const auto tile = row_.tiles().View(row_.log(), window_.plan, i, tile_start, &fold_->scratch);
  if (!tile || tile->max_time_ms() < begin || tile->min_time_ms() >= end) return;
  if (tile->min_time_ms() >= begin && tile->max_time_ms() < end) return Merge(*tile);
  const bool finer = tier > 0 && horizon_.tier_cut_ms[tier - 1] <= tile_start;
  const bool exact = complete_from_ <= begin;
  const int64_t tile_ms = layout_.tile_ms(i);
  const int64_t cheap =
      finer ? std::max(static_cast<int64_t>(kFoldEntries), tile_ms / layout_.tile_ms(i - 1)) : 0;
  if (exact && (!finer || tile->entries() <= cheap)) return Entries(begin, end);
  const int64_t tile_end = tile_start + tile_ms;
  const bool takes_whole =
      layout_.spec().accuracy == Accuracy::kTiled && end == tile_end && tier <= window_.tail;
  if (finer && !takes_whole) return Cover(tier - 1, tier - 1, begin, end);
  const int64_t open = row_.tiles().closed_ms();
  if (tier > 0 && begin <= tile_start && tile_start <= open && open <= end && end < tile_end &&
      !row_.tiles().MustClose(horizon_)) {
    fold_->merges += row_.tiles().MergeClosed(row_.log(), window_.plan, i, tile_start,
                                              &fold_->scratch, fold_->state.slot());
    return Partial(0, open, open, end);
  }
  if (end == tile_end) {  // a start that cannot be resolved: a little too much, and said so
    fold_->covered.begin_ms = std::min(fold_->covered.begin_ms, tile_start);
    Merge(*tile);
  } else {  // an end: never more than was known then
    fold_->covered.end_ms = std::min(fold_->covered.end_ms, std::max(begin, tile_start));
  }
}

}  // namespace millrace
