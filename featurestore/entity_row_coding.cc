// How an EntityRow is stored (docs/formats/feature-state.md).

#include <utility>

#include "core/coding.h"
#include "featurestore/entity_row.h"
#include "stream/state_limits.h"

namespace millrace {
namespace {

constexpr char kVersion = 4;
constexpr uint8_t kHasTiles = 1;
constexpr uint8_t kSplit = 2;
constexpr uint8_t kHasFloor = 4;
constexpr uint8_t kHasBase = 8;
constexpr uint8_t kHasLost = 16;

// The byte after the prefix: 0 for the head, 1 + tile size for a block, this for a chunk.
constexpr char kChunkPart = '\xfe';

void PutOrder(std::string* out, const EventOrder& order) {
  PutSignedVarint(out, order.event_time_ms);
  PutVarint(out, static_cast<uint32_t>(order.source));
  PutVarint(out, static_cast<uint32_t>(order.partition));
  PutSignedVarint(out, order.offset);
}

bool GetOrder(absl::string_view* in, EventOrder* order) {
  uint64_t source, partition;
  if (!GetSignedVarint(in, &order->event_time_ms) || !GetVarint(in, &source) ||
      !GetVarint(in, &partition) || !GetSignedVarint(in, &order->offset) || source > 0x7fffffff ||
      partition > 0x7fffffff || !IsStateTime(order->event_time_ms)) {
    return false;
  }
  order->source = static_cast<int32_t>(source);
  order->partition = static_cast<int32_t>(partition);
  return true;
}

// A time of the head: an event's, or where a tile begins or a window reaches back to from there.
bool GetTime(absl::string_view* in, int64_t* time_ms) {
  return GetSignedVarint(in, time_ms) && IsStateTime(*time_ms / 2);
}

std::string PartKey(absl::string_view prefix, char part, int64_t number) {
  std::string key(prefix.data(), prefix.size());
  key.push_back(part);
  PutOrdered64(&key, number);
  return key;
}

absl::Status Damaged() { return absl::DataLossError("feature state does not parse"); }

}  // namespace

void EntityRow::EncodeHead(std::string* out) const {
  const bool base = layout_->has_lifetime();
  out->push_back(kVersion);
  const bool lost = lost_ms_ > -kTimeLimitMs;
  out->push_back(static_cast<char>((tiles_.empty() ? 0 : kHasTiles) | (split_ ? kSplit : 0) |
                                   (log_.floor() ? kHasFloor : 0) | (base ? kHasBase : 0) |
                                   (lost ? kHasLost : 0)));
  PutSignedVarint(out, newest_ms_);
  if (lost) PutSignedVarint(out, lost_ms_);
  PutSignedVarint(out, log_.next_id());
  if (log_.floor()) {
    PutOrder(out, *log_.floor());
    PutSignedVarint(out, log_.newest_dropped_ms());
  }
  if (base) {
    PutSignedVarint(out, base_end_ms_);
    EncodeState(layout_->state(), base_.view(), base_end_ms_, out);
  }
  if (layout_->tiers() == 0) return;
  PutSignedVarint(out, tiles_.closed_ms());
  if (log_.floor()) PutSignedVarint(out, tiles_.stored_until_ms());
}

void EntityRow::EncodeInline(std::string* out) const {
  PutVarint(out, log_.chunks().size());
  std::string part;
  for (const MicroLog::Chunk& chunk : log_.chunks()) {
    part.clear();
    log_.EncodeChunk(chunk, &part);
    PutSignedVarint(out, chunk.id);
    PutLengthPrefixed(out, part);
  }
  for (const TileTier& tier : tiles_.tiers()) {
    PutVarint(out, tier.blocks().size());
    for (const TileTier::Block& block : tier.blocks()) {
      part.clear();
      tier.EncodeBlock(block, &part);
      PutSignedVarint(out, block.number);
      PutLengthPrefixed(out, part);
    }
  }
}

void EntityRow::AddChanges(absl::string_view prefix, StateBatch* batch,
                           std::vector<std::string>* deleted) {
  tiles_.Settle(log_);
  std::string head_key(prefix.data(), prefix.size());
  head_key.push_back('\0');
  std::string head;
  if (!split_) {
    EncodeHead(&head);
    EncodeInline(&head);
    if (head.size() <= kInlineBytes) {
      batch->Put(std::move(head_key), std::move(head));
      return;
    }
    split_ = true;
    MarkAllDirty();
  }
  head.clear();
  EncodeHead(&head);
  batch->Put(std::move(head_key), std::move(head));
  const auto remove = [&](char part, int64_t number) {
    deleted->push_back(PartKey(prefix, part, number));
    batch->Delete(deleted->back());
  };
  for (const int64_t id : log_.TakeRemoved()) remove(kChunkPart, id);
  for (MicroLog::Chunk& chunk : log_.chunks()) {
    if (!chunk.dirty) continue;
    std::string value;
    log_.EncodeChunk(chunk, &value);
    batch->Put(PartKey(prefix, kChunkPart, chunk.id), std::move(value));
    chunk.dirty = false;
    chunk.stored = true;
  }
  for (size_t i = 0; i < tiles_.tiers().size(); ++i) {
    const char part = static_cast<char>(1 + layout_->tile_size_index(i));
    TileTier& tier = tiles_.tiers()[i];
    for (const int64_t number : tier.TakeRemoved()) remove(part, number);
    for (TileTier::Block& block : tier.blocks()) {
      if (!block.dirty) continue;
      std::string value;
      tier.EncodeBlock(block, &value);
      batch->Put(PartKey(prefix, part, block.number), std::move(value));
      block.dirty = false;
      block.stored = true;
    }
  }
}

void EntityRow::MarkAllDirty() {
  for (MicroLog::Chunk& chunk : log_.chunks()) chunk.dirty = true;
  for (TileTier& tier : tiles_.tiers()) {
    for (TileTier::Block& block : tier.blocks()) block.dirty = true;
  }
}

bool EntityRow::HasParts(absl::string_view head) {
  return head.size() >= 2 && (static_cast<uint8_t>(head[1]) & kSplit) != 0;
}

bool EntityRow::DecodeHead(absl::string_view* in, LogHead* log) {
  if (in->size() < 2 || (*in)[0] != kVersion) return false;
  const auto flags = static_cast<uint8_t>((*in)[1]);
  in->remove_prefix(2);
  if (!GetTime(in, &newest_ms_)) return false;
  if ((flags & kHasLost) != 0 && !GetTime(in, &lost_ms_)) return false;
  if (!GetSignedVarint(in, &log->next_chunk)) return false;
  if ((flags & kHasFloor) != 0) {
    log->floor.emplace();
    if (!GetOrder(in, &*log->floor) || !GetTime(in, &log->newest_dropped_ms)) return false;
  }
  if (((flags & kHasBase) != 0) != layout_->has_lifetime()) return false;
  if (layout_->has_lifetime()) {
    if (!GetTime(in, &base_end_ms_) ||
        !DecodeState(layout_->state(), base_end_ms_, in, base_.slot())) {
      return false;
    }
  }
  split_ = (flags & kSplit) != 0;
  const bool has_tiles = (flags & kHasTiles) != 0;
  if (layout_->tiers() == 0) return !has_tiles;
  int64_t closed_ms = 0;
  int64_t stored_until_ms = -kTimeLimitMs;
  if (!GetTime(in, &closed_ms) || (log->floor && !GetTime(in, &stored_until_ms))) {
    return false;
  }
  tiles_.Restore(closed_ms, stored_until_ms, has_tiles);
  return true;
}

bool EntityRow::DecodeInline(absl::string_view* in) {
  uint64_t n;
  int64_t number;
  absl::string_view part;
  if (!GetVarint(in, &n)) return false;
  for (uint64_t i = 0; i < n; ++i) {
    if (!GetSignedVarint(in, &number) || !GetLengthPrefixed(in, &part) ||
        !log_.DecodeChunk(number, part)) {
      return false;
    }
  }
  for (TileTier& tier : tiles_.tiers()) {
    if (!GetVarint(in, &n)) return false;
    for (uint64_t i = 0; i < n; ++i) {
      if (!GetSignedVarint(in, &number) || !GetLengthPrefixed(in, &part) ||
          !tier.DecodeBlock(number, part)) {
        return false;
      }
    }
  }
  // Stored inside the head: no rows of their own, and none to delete later.
  for (MicroLog::Chunk& chunk : log_.chunks()) chunk.stored = false;
  for (TileTier& tier : tiles_.tiers()) {
    for (TileTier::Block& block : tier.blocks()) block.stored = false;
  }
  return in->empty();
}

bool EntityRow::DecodePart(absl::string_view key, absl::string_view value) {
  if (key.empty()) return false;
  const char part = key.front();
  key.remove_prefix(1);
  int64_t number;
  if (!GetOrdered64(&key, &number) || !key.empty()) return false;
  if (part == kChunkPart) return log_.DecodeChunk(number, value);
  for (size_t i = 0; i < tiles_.tiers().size(); ++i) {
    if (part == static_cast<char>(1 + layout_->tile_size_index(i))) {
      return tiles_.tiers()[i].DecodeBlock(number, value);
    }
  }
  return false;
}

absl::StatusOr<std::unique_ptr<EntityRow>> EntityRow::Decode(
    const ViewLayout& layout, absl::string_view head,
    const std::vector<std::pair<std::string, std::string>>& parts) {
  auto row = std::make_unique<EntityRow>(layout, Horizon{});
  LogHead log;
  if (!row->DecodeHead(&head, &log)) return Damaged();
  if (row->split_) {
    if (!head.empty()) return Damaged();
    for (const auto& [key, value] : parts) {
      if (!row->DecodePart(key, value)) return Damaged();
    }
  } else if (!row->DecodeInline(&head)) {
    return Damaged();
  }
  if (!row->log_.FinishDecode(log.floor, log.newest_dropped_ms, log.next_chunk)) return Damaged();
  return row;
}

std::string EntityRow::Canonical(const Horizon& horizon) {
  tiles_.Settle(log_);
  std::string out;
  PutSignedVarint(&out, newest_ms_);
  PutSignedVarint(&out, lost_ms_);
  if (layout_->has_lifetime()) {
    PutSignedVarint(&out, base_end_ms_);
    EncodeState(layout_->state(), base_.view(), base_end_ms_, &out);
  }
  const bool floor = log_.floor() && log_.floor()->event_time_ms >= horizon.log_cut_ms;
  out.push_back(floor ? 1 : 0);
  if (floor) PutOrder(&out, *log_.floor());
  log_.EncodeEntries(horizon.log_cut_ms, &out);
  if (layout_->tiers() == 0) return out;
  PutSignedVarint(&out, tiles_.closed_ms());
  TileScratch scratch;
  for (size_t i = 0; i < layout_->tiers(); ++i) {
    std::string tiles;
    uint64_t n = 0;
    tiles_.ForClosed(log_, i, horizon.tier_cut_ms[i], &scratch, [&](int64_t start, StateView tile) {
      if (!tiles_.Matters(log_, start, tile)) return;
      ++n;
      PutSignedVarint(&tiles, start);
      EncodeState(layout_->state(), tile, start, &tiles);
    });
    PutVarint(&out, n);
    out += tiles;
  }
  return out;
}

}  // namespace millrace
