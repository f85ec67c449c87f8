#include "featurestore/tile_tier.h"

#include <cstddef>

#include "core/coding.h"
#include "stream/state_limits.h"

namespace millrace {

const StateParts& TileTier::NoParts() {
  static const auto* const kNone = new StateParts;
  return *kNone;
}

void TileTier::FindOrAdd(int64_t start_ms) {
  const int64_t span = tile_ms() * kTilesPerBlock;
  const int64_t block_start = FloorTo(start_ms, span);
  const int64_t number = block_start / span;
  auto block = blocks_.begin() + (AtOrAfter(number) - blocks_.cbegin());
  if (block == blocks_.end() || block->number != number) {
    Block made;
    made.number = number;
    block = blocks_.insert(block, std::move(made));
  }
  const int bit = static_cast<int>((start_ms - block_start) / tile_ms());
  const size_t index = Rank(block->present, bit);
  if ((block->present >> bit & 1) == 0) {
    block->present |= uint64_t{1} << bit;
    const auto at = static_cast<std::ptrdiff_t>(index);
    block->words.insert(block->words.begin() + at * static_cast<std::ptrdiff_t>(shape_->stride),
                        shape_->stride, 0);
    if (!block->parts.empty()) block->parts.emplace(block->parts.begin() + at);
    StateParts none;
    ResetState(*shape_->layout, {&block->words[index * shape_->stride], &none});
  }
  hot_start_ms_ = start_ms;
  hot_block_ = static_cast<uint32_t>(block - blocks_.begin());
  hot_index_ = static_cast<uint32_t>(index);
}

void TileTier::KeepParts(Block* block, StateParts first) {
  block->parts.resize(static_cast<size_t>(std::popcount(block->present)));
  block->parts[hot_index_] = std::move(first);
}

void TileTier::Removed(const Block& block) {
  if (!block.stored) return;
  if (removed_ == nullptr) removed_ = std::make_unique<std::vector<int64_t>>();
  removed_->push_back(block.number);
}

void TileTier::Remove(int64_t start_ms) {
  const int64_t span = tile_ms() * kTilesPerBlock;
  const int64_t block_start = FloorTo(start_ms, span);
  const auto block = blocks_.begin() + (AtOrAfter(block_start / span) - blocks_.cbegin());
  if (block == blocks_.end() || block->number != block_start / span) return;
  const int bit = static_cast<int>((start_ms - block_start) / tile_ms());
  if ((block->present >> bit & 1) == 0) return;
  const auto at = static_cast<std::ptrdiff_t>(Rank(block->present, bit));
  const auto stride = static_cast<std::ptrdiff_t>(shape_->stride);
  block->words.erase(block->words.begin() + at * stride, block->words.begin() + (at + 1) * stride);
  if (!block->parts.empty()) block->parts.erase(block->parts.begin() + at);
  block->present &= ~(uint64_t{1} << bit);
  block->dirty = true;
  if (block->present == 0) {
    Removed(*block);
    blocks_.erase(block);
  }
  hot_start_ms_ = INT64_MAX;
}

void TileTier::CutBefore(int64_t time_ms) {
  const int64_t span = tile_ms() * kTilesPerBlock;
  size_t gone = 0;
  while (gone < blocks_.size() && blocks_[gone].number * span < time_ms) {
    Removed(blocks_[gone]);
    ++gone;
  }
  if (gone == 0) return;
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(gone));
  hot_start_ms_ = INT64_MAX;
}

std::optional<StateView> TileTier::Find(int64_t start_ms) const {
  const int64_t span = tile_ms() * kTilesPerBlock;
  const int64_t block_start = FloorTo(start_ms, span);
  const auto block = AtOrAfter(block_start / span);
  if (block == blocks_.end() || block->number != block_start / span) return std::nullopt;
  const int bit = static_cast<int>((start_ms - block_start) / tile_ms());
  if ((block->present >> bit & 1) == 0) return std::nullopt;
  return ViewOf(*block, Rank(block->present, bit));
}

std::optional<int64_t> TileTier::LastBefore(int64_t time_ms) const {
  const int64_t span = tile_ms() * kTilesPerBlock;
  auto block = AtOrAfter(FloorTo(time_ms, span) / span + 1);
  while (block != blocks_.begin()) {
    --block;
    const int64_t start = block->number * span;
    uint64_t mask = block->present;
    if (time_ms < start + span) {
      const int64_t tiles = (std::max(time_ms, start) - start + tile_ms() - 1) / tile_ms();
      if (tiles < kTilesPerBlock) mask &= (uint64_t{1} << tiles) - 1;
    }
    if (mask != 0) return start + (63 - std::countl_zero(mask)) * tile_ms();
  }
  return std::nullopt;
}

void TileTier::EncodeBlock(const Block& block, std::string* out) const {
  PutBig64(out, block.present);
  int64_t start = block.number * tile_ms() * kTilesPerBlock;
  size_t index = 0;
  for (int bit = 0; bit < kTilesPerBlock; ++bit, start += tile_ms()) {
    if ((block.present >> bit & 1) == 0) continue;
    EncodeState(*shape_->layout, ViewOf(block, index++), start, out);
  }
}

bool TileTier::DecodeBlock(int64_t number, absl::string_view in) {
  Block block;
  block.number = number;
  block.dirty = false;
  block.stored = true;
  if (!GetBig64(&in, &block.present)) return false;
  const auto tiles = static_cast<size_t>(std::popcount(block.present));
  block.words.resize(tiles * shape_->stride);
  const int64_t span = tile_ms() * kTilesPerBlock;
  if (tiles == 0 || number < -kTimeLimitMs / span || number > kTimeLimitMs / span) return false;
  int64_t start = number * span;
  size_t index = 0;
  for (int bit = 0; bit < kTilesPerBlock; ++bit, start += tile_ms()) {
    if ((block.present >> bit & 1) == 0) continue;
    StateParts parts;
    const StateSlot tile = {&block.words[index * shape_->stride], &parts};
    if (!DecodeState(*shape_->layout, start, &in, tile)) return false;
    if (!parts.empty()) {
      block.parts.resize(tiles);
      block.parts[index] = std::move(parts);
    }
    ++index;
  }
  if (!in.empty() || (!blocks_.empty() && blocks_.back().number >= number)) return false;
  blocks_.push_back(std::move(block));
  return true;
}

size_t TileTier::MemoryBytes() const {
  size_t bytes = blocks_.capacity() * sizeof(Block);
  for (const Block& block : blocks_) {
    bytes += block.words.capacity() * sizeof(uint64_t);
    for (const StateParts& parts : block.parts) {
      bytes += sizeof(StateParts) + PartsMemoryBytes(parts);
    }
  }
  return bytes;
}

}  // namespace millrace
