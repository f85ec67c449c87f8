#include "featurestore/entity_row.h"

#include <algorithm>

#include "core/status_macros.h"
#include "featurestore/newest_event.h"

namespace millrace {

EntityRow::EntityRow(const ViewLayout& layout, const Horizon& horizon)
    : layout_(&layout), log_(layout.entry()), tiles_(layout) {
  if (layout.has_lifetime()) {
    base_end_ms_ = horizon.base_end_ms;
    base_.Reset(layout.state());
  }
}

void EntityRow::FoldIntoBase(const Horizon& horizon) {
  if (!layout_->has_lifetime() || horizon.base_end_ms <= base_end_ms_) return;
  const FoldPlan& plan = layout_->state().plan();
  TileScratch scratch;
  tiles_.CloseFor(log_, horizon);
  tiles_.ForRange(log_, plan, layout_->tiers() - 1, base_end_ms_, horizon.base_end_ms, &scratch,
                  [&](int64_t, StateView tile) { MergeState(plan, tile, base_.slot()); });
  base_end_ms_ = horizon.base_end_ms;
}

void EntityRow::Trim(const Horizon& horizon) {
  lost_ms_ = NewestLost(*this, horizon);
  FoldIntoBase(horizon);  // before its tiles go
  tiles_.Trim(log_, horizon);
  log_.CutBefore(horizon.log_cut_ms);
}

EntityRow::Added EntityRow::Add(const EntryRef& entry, const Horizon& horizon) {
  const int64_t time = entry.time_ms();
  // A record that is newer than all before it finds its place whatever else the row holds.
  if (time <= newest_ms_ || entry.retracts() || time < horizon.log_cut_ms) Trim(horizon);
  if (layout_->has_lifetime() && time < base_end_ms_) {
    AddEntry(layout_->state(), layout_->state().plan(), entry, base_.slot());
  }
  MicroLog::Inserted inserted;
  if (time >= horizon.log_cut_ms) {
    if (log_.size() >= layout_->max_entries() && tiles_.MustStoreOldest(log_)) {
      Trim(horizon);  // what lies before its tiles goes into the base, or out of the log
      if (log_.size() >= layout_->max_entries()) tiles_.StoreOldest(log_, horizon);
    }
    inserted = log_.Insert(entry, layout_->max_entries());
  }
  tiles_.Add(log_, entry, inserted, horizon);
  if (inserted.cancels) {
    const auto newest = FindNewestBefore(*this, horizon, kTimeLimitMs + 1);
    newest_ms_ = newest ? newest->ms : -kTimeLimitMs;
  } else if (!entry.retracts()) {
    newest_ms_ = std::max(newest_ms_, time);
    if (IsLost(time, horizon)) lost_ms_ = std::max(lost_ms_, time);
  }
  return entry.retracts() && !inserted.cancels ? Added::kRetractedNothing : Added::kDone;
}

bool EntityRow::IsLost(int64_t time_ms, const Horizon& horizon) const {
  const size_t tiers = layout_->tiers();
  return time_ms < horizon.log_cut_ms && (tiers == 0 || time_ms < horizon.tier_cut_ms[tiers - 1]);
}

size_t EntityRow::MemoryBytes() const {
  return sizeof(EntityRow) + log_.MemoryBytes() + base_.MemoryBytes() + tiles_.MemoryBytes();
}

void EntityRow::Prefetch(int step) const {
  constexpr size_t kLineBytes = 64;
  const auto fetch = [](const void* data, size_t bytes) {
    for (size_t at = 0; at < bytes; at += kLineBytes) {
      __builtin_prefetch(static_cast<const char*>(data) + at);
    }
  };
  switch (step) {
    case 0: return fetch(this, sizeof(*this));
    case 1:
      fetch(log_.chunks().data(), log_.chunks().size() * sizeof(MicroLog::Chunk));
      return fetch(tiles_.tiers().data(), tiles_.tiers().size() * sizeof(TileTier));
    default:
      if (!log_.chunks().empty()) {
        const std::vector<uint64_t>& words = log_.chunks().back().words;
        const size_t newest = std::min(words.size(), size_t{32});
        fetch(words.data() + words.size() - newest, newest * sizeof(uint64_t));
      }
      for (const TileTier& tier : tiles_.tiers()) {
        if (!tier.blocks().empty()) fetch(&tier.blocks().back(), sizeof(TileTier::Block));
      }
  }
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
