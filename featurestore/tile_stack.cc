#include "featurestore/tile_stack.h"

#include <algorithm>

namespace millrace {
namespace {

// Working space of the thread that writes.
TileScratch& WriterScratch() {
  thread_local TileScratch scratch;
  return scratch;
}

// Whether the log holds all entries from that time on.
bool HoldsFrom(const MicroLog& log, int64_t time_ms, const Horizon& horizon) {
  return time_ms >= horizon.log_cut_ms && time_ms >= log.complete_from_ms();
}

}  // namespace

TileStack::TileStack(const ViewLayout& layout)
    : layout_(&layout),
      closed_ms_(layout.tiers() > 0 ? FloorTo(-kTimeLimitMs, layout.tile_ms(0)) : -kTimeLimitMs) {}

void TileStack::Add(const MicroLog& log, const EntryRef& entry, const MicroLog::Inserted& inserted,
                    const Horizon& horizon) {
  if (layout_->tiers() == 0) return;
  const int64_t time = entry.time_ms();
  const int64_t finest = layout_->tile_ms(0);
  if (time - closed_ms_ >= finest) CloseUntil(log, horizon, FloorTo(time, finest));
  if (entry.cancelled()) return;
  if (time >= closed_ms_) {
    AddOpen(log, entry, inserted, horizon);
  } else {
    AddLate(log, entry, inserted, horizon);
  }
}

bool TileStack::StaysEntries(const MicroLog& log, const Horizon& horizon, int64_t start_ms,
                             int64_t end_ms) const {
  if (!layout_->may_be_sparse() || start_ms < stored_until_ms_) return false;
  if (empty() && log.size() <= kSparseEntries) return HoldsFrom(log, start_ms, horizon);
  return !log.HasMoreThan(kFewEntries, start_ms, end_ms) && HoldsFrom(log, start_ms, horizon);
}

bool TileStack::Matters(const MicroLog& log, int64_t start_ms, StateView tile) const {
  return !layout_->may_be_sparse() || tile.entries() > static_cast<int64_t>(kFewEntries) ||
         start_ms < log.complete_from_ms();
}

void TileStack::AddOpen(const MicroLog& log, const EntryRef& entry,
                        const MicroLog::Inserted& inserted, const Horizon& horizon) {
  if (open_is_stale_) return;
  const FoldPlan& plan = layout_->state().plan();
  const int64_t end = closed_ms_ + layout_->tile_ms(0);
  if (StaysEntries(log, horizon, closed_ms_, end)) return;
  const bool stored = Stored(0, closed_ms_);
  const bool holds = HoldsFrom(log, closed_ms_, horizon);
  if (!stored && holds) {
    return Store(0, closed_ms_, FoldEntries(log, plan, 0, closed_ms_, end, &WriterScratch()));
  }
  const bool in_place = !inserted.cancels && (!plan.ordered || inserted.next_ms == INT64_MAX);
  if (!in_place && holds) {
    open_is_stale_ = true;
    return;
  }
  Update(0, closed_ms_, [&](StateSlot tile) { AddEntry(layout_->state(), plan, entry, tile); });
}

void TileStack::AddLate(const MicroLog& log, const EntryRef& entry,
                        const MicroLog::Inserted& inserted, const Horizon& horizon) {
  const FoldPlan& plan = layout_->state().plan();
  const int64_t time = entry.time_ms();
  bool again = inserted.cancels;
  for (size_t i = 0; i < layout_->tiers(); ++i) {
    const int64_t start = FloorTo(time, layout_->tile_ms(i));
    // A tile holds only those of its parts that are closed.
    if (i > 0) {
      const int64_t part = layout_->tile_ms(i - 1);
      if (FloorTo(time, part) + part > closed_ms_) return;
    }
    if (horizon.tier_cut_ms[i] > start) continue;
    const int64_t end = std::min(start + layout_->tile_ms(i), ClosedUntil(i));
    const bool in_place =
        i == 0 && !inserted.cancels && (!plan.ordered || !inserted.kept || inserted.next_ms >= end);
    again |= plan.ordered && !in_place;
    if (StaysEntries(log, horizon, start, end)) continue;
    // One that was not stored holds records that the log tells.
    const bool whole = again || (!Stored(i, start) && HoldsFrom(log, start, horizon));
    if (whole && Rebuild(log, i, start, horizon)) continue;
    Update(i, start, [&](StateSlot tile) { AddEntry(layout_->state(), plan, entry, tile); });
  }
}

bool TileStack::Rebuild(const MicroLog& log, size_t tier, int64_t start_ms,
                        const Horizon& horizon) {
  const FoldPlan& plan = layout_->state().plan();
  const int64_t until = std::min(start_ms + layout_->tile_ms(tier), ClosedUntil(tier));
  if (tier > 0 && horizon.tier_cut_ms[tier - 1] <= start_ms) {
    Store(tier, start_ms, FoldParts(log, plan, tier, start_ms, until, &WriterScratch()));
    return true;
  }
  if (!HoldsFrom(log, start_ms, horizon)) return false;
  Store(tier, start_ms, FoldEntries(log, plan, tier, start_ms, until, &WriterScratch()));
  return true;
}

void TileStack::Store(size_t tier, int64_t start_ms, StateView state) {
  if (state.entries() == 0) {
    if (!empty()) tiers_[tier].Remove(start_ms);
    return;
  }
  Update(tier, start_ms, [&](StateSlot tile) {
    ResetState(layout_->state(), tile);
    MergeState(layout_->state().plan(), state, tile);
  });
}

void TileStack::Settle(const MicroLog& log) {
  if (!open_is_stale_) return;
  open_is_stale_ = false;
  Store(0, closed_ms_,
        FoldEntries(log, layout_->state().plan(), 0, closed_ms_, closed_ms_ + layout_->tile_ms(0),
                    &WriterScratch()));
}

void TileStack::CloseUntil(const MicroLog& log, const Horizon& horizon, int64_t time_ms) {
  Settle(log);
  const FoldPlan& plan = layout_->state().plan();
  TileScratch& scratch = WriterScratch();
  const bool nothing = empty() && layout_->may_be_sparse() && log.size() <= kSparseEntries &&
                       !log.floor().has_value();
  for (size_t i = 0; !nothing && i + 1 < layout_->tiers(); ++i) {
    // All that closes is the tile that was open: later ones have no entries yet.
    const int64_t from = FloorTo(closed_ms_, layout_->tile_ms(i));
    const int64_t to = FloorTo(time_ms, layout_->tile_ms(i));
    if (from == to) break;
    const int64_t parent = FloorTo(from, layout_->tile_ms(i + 1));
    const int64_t end = from + layout_->tile_ms(i);
    if (StaysEntries(log, horizon, parent, end)) continue;
    if (!Stored(i + 1, parent)) {
      Store(i + 1, parent, FoldParts(log, plan, i + 1, parent, end, &scratch));
      continue;
    }
    Update(i + 1, parent,
           [&](StateSlot tile) { MergeParts(log, plan, i, from, end, &scratch, tile); });
  }
  closed_ms_ = time_ms;
}

void TileStack::StoreOldest(const MicroLog& log, const Horizon& horizon) {
  const Span oldest = log.OldestSpan();
  Settle(log);
  const FoldPlan& plan = layout_->state().plan();
  for (size_t i = 0; i < layout_->tiers(); ++i) {
    const int64_t tile = layout_->tile_ms(i);
    log.ForRange(oldest.begin_ms, std::min(oldest.end_ms, ClosedUntil(i)), [&](const EntryRef& e) {
      const int64_t start = FloorTo(e.time_ms(), tile);
      if (start < horizon.tier_cut_ms[i] || Stored(i, start)) return;
      Store(
          i, start,
          FoldParts(log, plan, i, start, std::min(start + tile, ClosedUntil(i)), &WriterScratch()));
    });
  }
  stored_until_ms_ = oldest.end_ms;
}

bool TileStack::MustClose(const Horizon& horizon) const {
  return layout_->tiers() > 0 && ClosedBy(horizon) > closed_ms_;
}

int64_t TileStack::ClosedBy(const Horizon& horizon) const {
  int64_t cut = horizon.base_end_ms;
  for (size_t i = 0; i < layout_->tiers(); ++i) cut = std::max(cut, horizon.tier_cut_ms[i]);
  return cut;
}

void TileStack::CloseFor(const MicroLog& log, const Horizon& horizon) {
  if (MustClose(horizon)) CloseUntil(log, horizon, ClosedBy(horizon));
}

void TileStack::Trim(const MicroLog& log, const Horizon& horizon) {
  CloseFor(log, horizon);
  if (horizon.log_cut_ms > closed_ms_) Settle(log);
  for (size_t i = 0; i < tiers_.size(); ++i) tiers_[i].CutBefore(horizon.tier_cut_ms[i]);
}

std::optional<StateView> TileStack::View(const MicroLog& log, const FoldPlan& plan, size_t tier,
                                         int64_t start_ms, TileScratch* scratch) const {
  const int64_t end = start_ms + layout_->tile_ms(tier);
  std::optional<StateView> stored;
  if (!empty()) stored = tiers_[tier].Find(start_ms);
  const auto folded = [&](int64_t until) -> std::optional<StateView> {
    const StateView state = FoldEntries(log, plan, tier, start_ms, until, scratch);
    if (state.entries() == 0) return std::nullopt;
    return state;
  };
  const bool closed = end <= closed_ms_ || start_ms > closed_ms_;
  if (tier == 0) {
    if (stored && (closed || !open_is_stale_)) return stored;
    return folded(end);
  }
  if (closed) return stored ? stored : folded(end);
  OwnedState& whole = (*scratch)[tier];
  if (stored) {
    whole.Reset(layout_->state());
    MergeState(plan, *stored, whole.slot());
  } else {
    FoldParts(log, plan, tier, start_ms, ClosedUntil(tier), scratch);
  }
  if (const auto part = View(log, plan, tier - 1, ClosedUntil(tier), scratch)) {
    MergeState(plan, *part, whole.slot());
  }
  if (whole.view().entries() == 0) return std::nullopt;
  return whole.view();
}

StateView TileStack::FoldParts(const MicroLog& log, const FoldPlan& plan, size_t tier,
                               int64_t start_ms, int64_t until_ms, TileScratch* scratch) const {
  if (tier == 0 || empty()) return FoldEntries(log, plan, tier, start_ms, until_ms, scratch);
  OwnedState& whole = (*scratch)[tier];
  whole.Reset(layout_->state());
  MergeParts(log, plan, tier - 1, start_ms, until_ms, scratch, whole.slot());
  return whole.view();
}

int64_t TileStack::MergeRange(const MicroLog& log, const FoldPlan& plan, size_t tier,
                              int64_t begin_ms, int64_t end_ms, TileScratch* scratch,
                              StateSlot state) const {
  const int64_t open = FloorTo(closed_ms_, layout_->tile_ms(tier));
  int64_t merges = MergeParts(log, plan, tier, begin_ms, std::min(end_ms, open), scratch, state);
  if (open < begin_ms || open >= end_ms) return merges;
  if (const auto tile = View(log, plan, tier, open, scratch)) {
    MergeState(plan, *tile, state);
    ++merges;
  }
  return merges;
}

int64_t TileStack::MergeClosed(const MicroLog& log, const FoldPlan& plan, size_t tier,
                               int64_t start_ms, TileScratch* scratch, StateSlot state) const {
  int64_t merges = 0;
  for (; tier > 0; --tier) {
    const int64_t until = ClosedUntil(tier);
    const auto stored = empty() ? std::nullopt : tiers_[tier].Find(start_ms);
    MergeState(plan, stored ? *stored : FoldParts(log, plan, tier, start_ms, until, scratch),
               state);
    ++merges;
    start_ms = until;
  }
  return merges;
}

int64_t TileStack::MergeParts(const MicroLog& log, const FoldPlan& plan, size_t tier,
                              int64_t begin_ms, int64_t end_ms, TileScratch* scratch,
                              StateSlot state) const {
  int64_t merges = 0;
  const auto merge = [&](int64_t, StateView tile) {
    MergeState(plan, tile, state);
    ++merges;
  };
  if (plan.ordered) {
    ForParts(log, plan, tier, begin_ms, end_ms, INT64_MAX, scratch, merge);
    return merges;
  }
  // The entries between stored tiles need not be put together to tiles.
  const auto add = [&](int64_t from, int64_t to) {
    if (from >= to) return;
    log.ForRange(from, to, [&](const EntryRef& entry) {
      AddEntry(layout_->state(), plan, entry, state);
      ++merges;
    });
  };
  int64_t next = begin_ms;
  if (!empty()) {
    tiers_[tier].ForRange(begin_ms, end_ms, [&](int64_t start, StateView tile) {
      add(next, start);
      merge(start, tile);
      next = start + layout_->tile_ms(tier);
    });
  }
  add(next, end_ms);
  return merges;
}

StateView TileStack::FoldEntries(const MicroLog& log, const FoldPlan& plan, size_t tier,
                                 int64_t start_ms, int64_t until_ms, TileScratch* scratch) const {
  OwnedState& whole = (*scratch)[tier];
  whole.Reset(layout_->state());
  if (tier == 0 || !plan.ordered) {
    log.ForRange(start_ms, until_ms, [&](const EntryRef& entry) {
      AddEntry(layout_->state(), plan, entry, whole.slot());
    });
    return whole.view();
  }
  ForEntries(log, plan, tier - 1, start_ms, until_ms, scratch,
             [&](int64_t, StateView part) { MergeState(plan, part, whole.slot()); });
  return whole.view();
}

void TileStack::Restore(int64_t closed_ms, int64_t stored_until_ms, bool has_tiles) {
  closed_ms_ = closed_ms;
  stored_until_ms_ = stored_until_ms;
  if (has_tiles) MakeTiers();
}

void TileStack::MakeTiers() {
  tiers_.reserve(layout_->tiers());
  for (size_t i = 0; i < layout_->tiers(); ++i) tiers_.emplace_back(layout_->tile_shape(i));
}

size_t TileStack::MemoryBytes() const {
  size_t bytes = tiers_.capacity() * sizeof(TileTier);
  for (const TileTier& tier : tiers_) bytes += tier.MemoryBytes();
  return bytes;
}

}  // namespace millrace
