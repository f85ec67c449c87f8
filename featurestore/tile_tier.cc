#include "featurestore/tile_tier.h"

#include <cstddef>

#include "core/coding.h"

namespace millrace {

TileTier::Block* TileTier::FindOrAddBlock(int64_t number) {
  if (!blocks_.empty() && blocks_.back().number == number) return &blocks_.back();
  auto at = blocks_.begin() + (AtOrAfter(number) - blocks_.cbegin());
  if (at == blocks_.end() || at->number != number) {
    Block block;
    block.number = number;
    at = blocks_.insert(at, std::move(block));
  }
  return &*at;
}

void TileTier::Add(const EntryRef& entry) {
  const int64_t time = entry.time_ms();
  if (hot_start_ms_ == INT64_MAX || time < hot_start_ms_ || time - hot_start_ms_ >= tile_ms_) {
    const int64_t span = tile_ms_ * kTilesPerBlock;
    const int64_t block_start = FloorTo(time, span);
    Block* block = FindOrAddBlock(block_start / span);
    const int bit = static_cast<int>((time - block_start) / tile_ms_);
    const size_t index = Rank(block->present, bit);
    if ((block->present >> bit & 1) == 0) {
      block->present |= uint64_t{1} << bit;
      block->words.insert(block->words.begin() + static_cast<std::ptrdiff_t>(index * stride_),
                          stride_, 0);
      ResetState(*layout_, &block->words[index * stride_]);
    }
    hot_start_ms_ = block_start + bit * tile_ms_;
    hot_block_ = static_cast<size_t>(block - blocks_.data());
    hot_index_ = index;
  }
  Block& block = blocks_[hot_block_];
  block.dirty = true;
  AddEntry(*layout_, layout_->ops(), entry, &block.words[hot_index_ * stride_], &block.blobs);
}

void TileTier::CutBefore(int64_t time_ms) {
  const int64_t span = tile_ms_ * kTilesPerBlock;
  size_t gone = 0;
  while (gone < blocks_.size() && blocks_[gone].number * span < time_ms) {
    if (blocks_[gone].stored) removed_.push_back(blocks_[gone].number);
    ++gone;
  }
  if (gone == 0) return;
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(gone));
  hot_start_ms_ = INT64_MAX;
}

const uint64_t* TileTier::Find(int64_t start_ms, const BlobList** blobs) const {
  const int64_t span = tile_ms_ * kTilesPerBlock;
  const int64_t block_start = FloorTo(start_ms, span);
  const auto block = AtOrAfter(block_start / span);
  if (block == blocks_.end() || block->number != block_start / span) return nullptr;
  const int bit = static_cast<int>((start_ms - block_start) / tile_ms_);
  if ((block->present >> bit & 1) == 0) return nullptr;
  *blobs = &block->blobs;
  return &block->words[Rank(block->present, bit) * stride_];
}

void TileTier::EncodeBlock(const Block& block, std::string* out) const {
  PutBig64(out, block.present);
  int64_t start = block.number * tile_ms_ * kTilesPerBlock;
  size_t index = 0;
  for (int bit = 0; bit < kTilesPerBlock; ++bit, start += tile_ms_) {
    if ((block.present >> bit & 1) == 0) continue;
    EncodeState(*layout_, &block.words[index++ * stride_], block.blobs, start, out);
  }
}

bool TileTier::DecodeBlock(int64_t number, absl::string_view in) {
  Block block;
  block.number = number;
  block.dirty = false;
  block.stored = true;
  if (!GetBig64(&in, &block.present)) return false;
  block.words.resize(static_cast<size_t>(std::popcount(block.present)) * stride_);
  int64_t start = number * tile_ms_ * kTilesPerBlock;
  size_t index = 0;
  for (int bit = 0; bit < kTilesPerBlock; ++bit, start += tile_ms_) {
    if ((block.present >> bit & 1) == 0) continue;
    if (!DecodeState(*layout_, start, &in, &block.words[index++ * stride_], &block.blobs)) {
      return false;
    }
  }
  if (!in.empty() || (!blocks_.empty() && blocks_.back().number >= number)) return false;
  blocks_.push_back(std::move(block));
  return true;
}

size_t TileTier::MemoryBytes() const {
  size_t bytes = blocks_.capacity() * sizeof(Block);
  for (const Block& block : blocks_) {
    bytes += block.words.capacity() * sizeof(uint64_t);
    for (const std::string& blob : block.blobs) bytes += sizeof(std::string) + blob.size();
  }
  return bytes;
}

}  // namespace millrace
