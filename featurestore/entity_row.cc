#include "featurestore/entity_row.h"

#include <algorithm>

#include "core/status_macros.h"

namespace millrace {

EntityRow::EntityRow(const ViewLayout& layout, const Horizon& horizon)
    : layout_(&layout), log_(layout.state()) {
  if (layout.has_lifetime()) {
    base_end_ms_ = horizon.base_end_ms;
    base_.resize(static_cast<size_t>(layout.state().words()));
    ResetState(layout.state(), base_.data());
  }
  if (!layout.may_be_sparse()) {
    for (size_t i = 0; i < layout.tiers(); ++i) {
      tiers_.emplace_back(layout.state(), layout.tile_ms(i));
    }
  }
}

void EntityRow::FoldIntoBase(const Horizon& horizon) {
  if (!layout_->has_lifetime() || horizon.base_end_ms <= base_end_ms_) return;
  const auto& ops = layout_->state().ops();
  if (sparse()) {
    log_.ForRange(base_end_ms_, horizon.base_end_ms, [&](const EntryRef& entry) {
      AddEntry(layout_->state(), ops, entry, base_.data(), &base_blobs_);
    });
  } else {
    tiers_.back().ForRange(base_end_ms_, horizon.base_end_ms,
                           [&](const uint64_t* words, const BlobList& blobs) {
                             MergeState(ops, words, blobs, base_.data(), &base_blobs_);
                           });
  }
  base_end_ms_ = horizon.base_end_ms;
}

void EntityRow::Trim(const Horizon& horizon) {
  FoldIntoBase(horizon);  // before its tiles go
  log_.CutBefore(horizon.log_cut_ms);
  for (size_t i = 0; i < tiers_.size(); ++i) tiers_[i].CutBefore(horizon.tier_cut_ms[i]);
}

void EntityRow::Add(const EntryRef& entry, const Horizon& horizon) {
  const int64_t time = entry.time_ms();
  newest_ms_ = std::max(newest_ms_, time);
  if (layout_->has_lifetime() && time < base_end_ms_) {
    AddEntry(layout_->state(), layout_->state().ops(), entry, base_.data(), &base_blobs_);
  }
  if (time >= horizon.log_cut_ms) log_.Insert(entry, layout_->max_entries());
  if (!tiers_.empty()) {
    for (size_t i = 0; i < tiers_.size(); ++i) {
      if (time >= horizon.tier_cut_ms[i]) tiers_[i].Add(entry);
    }
  } else if (log_.size() > kSparseEntries) {
    BuildTiers(horizon, &tiers_);
  }
}

void EntityRow::BuildTiers(const Horizon& horizon, std::vector<TileTier>* tiers) const {
  for (size_t i = 0; i < layout_->tiers(); ++i) {
    TileTier& tier = tiers->emplace_back(layout_->state(), layout_->tile_ms(i));
    log_.ForRange(horizon.tier_cut_ms[i], INT64_MAX,
                  [&tier](const EntryRef& entry) { tier.Add(entry); });
  }
}

size_t EntityRow::MemoryBytes() const {
  size_t bytes = sizeof(EntityRow) + log_.MemoryBytes() + base_.capacity() * sizeof(uint64_t) +
                 tiers_.capacity() * sizeof(TileTier);
  for (const TileTier& tier : tiers_) bytes += tier.MemoryBytes();
  return bytes;
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
