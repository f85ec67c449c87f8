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
    : layout_(&layout), closed_ms_(FloorTo(-kTimeLimitMs, layout.tile_ms(0))) {
  tiers_.reserve(layout.tiers());
  for (size_t i = 0; i < layout.tiers(); ++i) {
    tiers_.emplace_back(layout.state(), layout.tile_ms(i));
  }
}

void TileStack::Add(const MicroLog& log, const EntryRef& entry, const MicroLog::Inserted& inserted,
                    const Horizon& horizon) {
  const int64_t time = entry.time_ms();
  const int64_t finest = layout_->tile_ms(0);
  if (time - closed_ms_ >= finest) CloseUntil(log, FloorTo(time, finest));
  if (entry.cancelled()) return;
  if (time >= closed_ms_) {
    AddOpen(log, entry, inserted, horizon);
  } else {
    AddLate(log, entry, inserted, horizon);
  }
}

void TileStack::AddOpen(const MicroLog& log, const EntryRef& entry,
                        const MicroLog::Inserted& inserted, const Horizon& horizon) {
  if (open_is_stale_) return;
  const bool in_place =
      !inserted.cancels && (!layout_->state().plan().ordered || inserted.next_ms == INT64_MAX);
  if (!in_place && HoldsFrom(log, closed_ms_, horizon)) {
    open_is_stale_ = true;
    return;
  }
  tiers_[0].Update(closed_ms_, [&](StateSlot tile) {
    AddEntry(layout_->state(), layout_->state().plan(), entry, tile);
  });
}

void TileStack::AddLate(const MicroLog& log, const EntryRef& entry,
                        const MicroLog::Inserted& inserted, const Horizon& horizon) {
  const FoldPlan& plan = layout_->state().plan();
  const int64_t time = entry.time_ms();
  bool again = inserted.cancels;
  for (size_t i = 0; i < tiers_.size(); ++i) {
    const int64_t start = FloorTo(time, tiers_[i].tile_ms());
    // A tile holds only those of its parts that are closed.
    if (i > 0) {
      const int64_t part = tiers_[i - 1].tile_ms();
      if (FloorTo(time, part) + part > closed_ms_) return;
    }
    if (horizon.tier_cut_ms[i] > start) continue;
    const bool in_place =
        i == 0 && !inserted.cancels &&
        (!plan.ordered || !inserted.kept || inserted.next_ms >= start + tiers_[0].tile_ms());
    again |= plan.ordered && !in_place;
    if (again && Rebuild(log, i, start, horizon)) continue;
    tiers_[i].Update(start, [&](StateSlot tile) { AddEntry(layout_->state(), plan, entry, tile); });
  }
}

bool TileStack::Rebuild(const MicroLog& log, size_t tier, int64_t start_ms,
                        const Horizon& horizon) {
  const FoldPlan& plan = layout_->state().plan();
  TileScratch& scratch = WriterScratch();
  const int64_t end = start_ms + tiers_[tier].tile_ms();
  if (tier > 0 && horizon.tier_cut_ms[tier - 1] <= start_ms) {
    scratch[tier].Reset(layout_->state());
    const int64_t part = tiers_[tier - 1].tile_ms();
    tiers_[tier - 1].ForRange(
        start_ms, std::min(end, FloorTo(closed_ms_, part)),
        [&](int64_t, StateView tile) { MergeState(plan, tile, scratch[tier].slot()); });
    Replace(tier, start_ms, scratch[tier].view());
    return true;
  }
  if (!HoldsFrom(log, start_ms, horizon)) return false;
  const int64_t until = tier == 0 ? end : FloorTo(closed_ms_, tiers_[tier - 1].tile_ms());
  Replace(tier, start_ms,
          FoldEntries(*layout_, plan, log, tier, start_ms, std::min(end, until), &scratch));
  return true;
}

void TileStack::Replace(size_t tier, int64_t start_ms, StateView state) {
  if (state.entries() == 0) return tiers_[tier].Remove(start_ms);
  tiers_[tier].Update(start_ms, [&](StateSlot tile) {
    ResetState(layout_->state(), tile);
    MergeState(layout_->state().plan(), state, tile);
  });
}

void TileStack::Settle(const MicroLog& log) {
  if (!open_is_stale_) return;
  open_is_stale_ = false;
  const int64_t end = closed_ms_ + layout_->tile_ms(0);
  Replace(
      0, closed_ms_,
      FoldEntries(*layout_, layout_->state().plan(), log, 0, closed_ms_, end, &WriterScratch()));
}

void TileStack::CloseUntil(const MicroLog& log, int64_t time_ms) {
  Settle(log);
  const FoldPlan& plan = layout_->state().plan();
  for (size_t i = 0; i + 1 < tiers_.size(); ++i) {
    const int64_t tile = tiers_[i].tile_ms();
    const int64_t from = FloorTo(closed_ms_, tile), to = FloorTo(time_ms, tile);
    if (from == to) break;
    tiers_[i].ForRange(from, to, [&](int64_t start, StateView state) {
      tiers_[i + 1].Update(FloorTo(start, tiers_[i + 1].tile_ms()),
                           [&](StateSlot coarser) { MergeState(plan, state, coarser); });
    });
  }
  closed_ms_ = time_ms;
}

void TileStack::CloseFor(const MicroLog& log, const Horizon& horizon) {
  int64_t cut = horizon.base_end_ms;
  for (size_t i = 0; i < tiers_.size(); ++i) cut = std::max(cut, horizon.tier_cut_ms[i]);
  if (cut > closed_ms_) CloseUntil(log, cut);
}

void TileStack::Trim(const MicroLog& log, const Horizon& horizon) {
  CloseFor(log, horizon);
  if (horizon.log_cut_ms > closed_ms_) Settle(log);
  for (size_t i = 0; i < tiers_.size(); ++i) tiers_[i].CutBefore(horizon.tier_cut_ms[i]);
}

std::optional<StateView> TileStack::View(const MicroLog& log, const FoldPlan& plan, size_t tier,
                                         int64_t start_ms, TileScratch* scratch) const {
  const auto stored = tiers_[tier].Find(start_ms);
  if (start_ms + tiers_[tier].tile_ms() <= closed_ms_ || start_ms > closed_ms_) return stored;
  OwnedState& whole = (*scratch)[tier];
  if (tier == 0) {
    if (!open_is_stale_) return stored;
    return FoldEntries(*layout_, plan, log, 0, start_ms, start_ms + tiers_[0].tile_ms(), scratch);
  }
  const auto part =
      View(log, plan, tier - 1, FloorTo(closed_ms_, tiers_[tier - 1].tile_ms()), scratch);
  if (!part) return stored;
  if (!stored) return part;
  whole.Reset(layout_->state());
  MergeState(plan, *stored, whole.slot());
  MergeState(plan, *part, whole.slot());
  return whole.view();
}

StateView TileStack::FoldEntries(const ViewLayout& layout, const FoldPlan& plan,
                                 const MicroLog& log, size_t tier, int64_t start_ms, int64_t end_ms,
                                 TileScratch* scratch) {
  OwnedState& whole = (*scratch)[tier];
  whole.Reset(layout.state());
  if (tier == 0) {
    log.ForRange(start_ms, end_ms, [&](const EntryRef& entry) {
      AddEntry(layout.state(), plan, entry, whole.slot());
    });
    return whole.view();
  }
  const int64_t part = layout.tile_ms(tier - 1);
  int64_t next = start_ms;
  while (next < end_ms) {
    // The next part that has entries.
    std::optional<int64_t> first;
    log.ForRange(next, end_ms, [&first](const EntryRef& entry) {
      if (!first) first = entry.time_ms();
    });
    if (!first) break;
    const int64_t start = FloorTo(*first, part);
    next = start + part;
    const StateView folded =
        FoldEntries(layout, plan, log, tier - 1, start, std::min(next, end_ms), scratch);
    if (folded.entries() > 0) MergeState(plan, folded, whole.slot());
  }
  return whole.view();
}

size_t TileStack::MemoryBytes() const {
  size_t bytes = tiers_.capacity() * sizeof(TileTier);
  for (const TileTier& tier : tiers_) bytes += tier.MemoryBytes();
  return bytes;
}

}  // namespace millrace
