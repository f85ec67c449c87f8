#include "featurestore/entity_row.h"

#include <algorithm>

#include "core/status_macros.h"

namespace millrace {

EntityRow::EntityRow(const ViewLayout& layout, const Horizon& horizon)
    : layout_(&layout), log_(layout.entry()) {
  if (layout.has_lifetime()) {
    base_end_ms_ = horizon.base_end_ms;
    base_.Reset(layout.state());
  }
  if (!layout.may_be_sparse() && layout.tiers() > 0) tiles_.emplace(layout);
}

void EntityRow::FoldIntoBase(const Horizon& horizon) {
  if (!layout_->has_lifetime() || horizon.base_end_ms <= base_end_ms_) return;
  const FoldPlan& plan = layout_->state().plan();
  const size_t top = layout_->tiers() - 1;
  if (sparse()) {
    TileScratch scratch;
    const int64_t step = layout_->tile_ms(top);
    std::optional<int64_t> next;
    log_.ForRange(base_end_ms_, horizon.base_end_ms, [&](const EntryRef& entry) {
      const int64_t start = FloorTo(entry.time_ms(), step);
      if (next && start < *next) return;
      next = start + step;
      const StateView tile = TileStack::FoldEntries(*layout_, plan, log_, top, start,
                                                    std::min(*next, horizon.base_end_ms), &scratch);
      if (tile.entries() > 0) MergeState(plan, tile, base_.slot());
    });
  } else {
    tiles_->CloseFor(log_, horizon);
    tiles_->tier(top).ForRange(base_end_ms_, horizon.base_end_ms, [&](int64_t, StateView tile) {
      MergeState(plan, tile, base_.slot());
    });
  }
  base_end_ms_ = horizon.base_end_ms;
}

void EntityRow::Trim(const Horizon& horizon) {
  FoldIntoBase(horizon);  // before its tiles go
  if (tiles_) tiles_->Trim(log_, horizon);
  log_.CutBefore(horizon.log_cut_ms);
}

EntityRow::Added EntityRow::Add(const EntryRef& entry, const Horizon& horizon) {
  const int64_t time = entry.time_ms();
  if (layout_->has_lifetime() && time < base_end_ms_) {
    AddEntry(layout_->state(), layout_->state().plan(), entry, base_.slot());
  }
  // What the tile was waiting to be folded from may be dropped now.
  if (tiles_ && log_.size() >= layout_->max_entries()) tiles_->Settle(log_);
  MicroLog::Inserted inserted;
  if (time >= horizon.log_cut_ms) inserted = log_.Insert(entry, layout_->max_entries());
  if (tiles_) {
    tiles_->Add(log_, entry, inserted, horizon);
  } else if (log_.size() > kSparseEntries && layout_->tiers() > 0 && layout_->may_be_sparse()) {
    tiles_ = BuildTiles(horizon);
  }
  if (inserted.cancels) {
    newest_ms_ = FindNewest();
  } else if (!entry.retracts()) {
    newest_ms_ = std::max(newest_ms_, time);
  }
  return entry.retracts() && !inserted.cancels ? Added::kRetractedNothing : Added::kDone;
}

// After a retraction: of the log, or what the tiles know.
int64_t EntityRow::FindNewest() const {
  int64_t newest = log_.NewestBefore(INT64_MAX).value_or(-kTimeLimitMs);
  if (tiles_) {
    for (size_t i = 0; i < tiles_->tiers(); ++i) {
      if (const auto last =
              tiles_->tier(i).LastBefore(std::min(log_.complete_from_ms(), kTimeLimitMs))) {
        newest = std::max(newest, tiles_->tier(i).Find(*last)->max_time_ms());
      }
    }
  }
  if (!base_.empty() && base_.view().entries() > 0) {
    newest = std::max(newest, base_.view().max_time_ms());
  }
  return newest;
}

TileStack EntityRow::BuildTiles(const Horizon& horizon) const {
  TileStack tiles(*layout_);
  tiles.Trim(log_, horizon);
  // In order, as if each were the newest.
  MicroLog::Inserted in_order;
  in_order.kept = true;
  log_.ForRange(-kTimeLimitMs, INT64_MAX,
                [&](const EntryRef& entry) { tiles.Add(log_, entry, in_order, horizon); });
  return tiles;
}

size_t EntityRow::MemoryBytes() const {
  return sizeof(EntityRow) + log_.MemoryBytes() + base_.MemoryBytes() +
         (tiles_ ? tiles_->MemoryBytes() : 0);
}

absl::StatusOr<std::unique_ptr<EntityRow>> EntityRow::Load(const ViewLayout& layout,
                                                           absl::string_view prefix,
                                                           const StateStore& store) {
  std::string key(prefix.data(), prefix.size());
  key.push_back('\0');
  std::string head;
  if (const absl::Status found = store.Get(key, &head); !found.ok()) {
    if (absl::IsNotFound(found)) return std::unique_ptr<EntityRow>();
    return found;
  }
  std::vector<std::pair<std::string, std::string>> parts;
  if (HasParts(head)) {
    key.back() = '\1';
    std::string end(prefix.data(), prefix.size());
    end.push_back('\xff');
    RETURN_IF_ERROR(store.Scan(key, end, [&](absl::string_view part, absl::string_view value) {
      part.remove_prefix(prefix.size());
      parts.emplace_back(std::string(part.data(), part.size()),
                         std::string(value.data(), value.size()));
      return true;
    }));
  }
  return Decode(layout, head, parts);
}

}  // namespace millrace
