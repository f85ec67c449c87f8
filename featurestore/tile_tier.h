// TileTier: the tiles of one size of one entity, in blocks of 64 consecutive ones. Absent tiles
// cost a bit. Thread-compatible.

#ifndef MILLRACE_FEATURESTORE_TILE_TIER_H_
#define MILLRACE_FEATURESTORE_TILE_TIER_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "stream/aggregate_state.h"
#include "stream/window.h"

namespace millrace {

inline constexpr int64_t kTilesPerBlock = 64;

// What the tiles of a tier are like, in all entities of a view.
struct TileShape {
  TileShape(const StateLayout& layout, int64_t tile_ms)
      : layout(&layout), tile_ms(tile_ms), stride(static_cast<size_t>(layout.words())) {}
  const StateLayout* layout;
  int64_t tile_ms;
  size_t stride;  // words of a state
};

class TileTier {
 public:
  struct Block {
    int64_t number = 0;    // tile start / (64 · tile size)
    uint64_t present = 0;  // bit i: the i-th tile has entries
    bool dirty = true;     // differs from what is stored
    bool stored = false;   // a row of its own was written
    std::vector<uint64_t> words;
    std::vector<StateParts> parts;  // by present tile; empty while none has any
  };

  // The shape outlives the tier.
  explicit TileTier(const TileShape& shape) : shape_(&shape) {}

  int64_t tile_ms() const { return shape_->tile_ms; }
  const StateLayout& layout() const { return *shape_->layout; }

  // Calls change(StateSlot) with the tile that starts there, which is made if need be.
  template <typename Change>
  void Update(int64_t start_ms, Change change) {
    if (start_ms != hot_start_ms_) FindOrAdd(start_ms);
    Block& block = blocks_[hot_block_];
    block.dirty = true;
    StateParts first;  // of a block that has no parts yet
    StateParts* const parts = block.parts.empty() ? &first : &block.parts[hot_index_];
    change(StateSlot{&block.words[hot_index_ * shape_->stride], parts});
    if (!first.empty()) KeepParts(&block, std::move(first));
  }
  // The tile becomes absent.
  void Remove(int64_t start_ms);
  // Drops the blocks before `time_ms`, a multiple of a block's span.
  void CutBefore(int64_t time_ms);

  // The tile that starts there; nullopt when it is absent.
  std::optional<StateView> Find(int64_t start_ms) const;

  // Calls visit(start, StateView) for the present tiles with begin <= start < end, ascending.
  // REQUIRES: begin and end are multiples of the tile size.
  template <typename Visit>
  void ForRange(int64_t begin_ms, int64_t end_ms, Visit visit) const {
    if (begin_ms >= end_ms) return;
    const int64_t span = tile_ms() * kTilesPerBlock;
    for (auto block = AtOrAfter(FloorTo(begin_ms, span) / span); block != blocks_.end(); ++block) {
      const int64_t start = block->number * span;
      if (start >= end_ms) return;
      uint64_t mask = block->present;
      if (begin_ms > start) mask &= ~uint64_t{0} << ((begin_ms - start) / tile_ms());
      if (end_ms < start + span) mask &= (uint64_t{1} << ((end_ms - start) / tile_ms())) - 1;
      if (mask == 0) continue;
      size_t index = Rank(block->present, std::countr_zero(mask));
      PrefetchTiles(*block, index, static_cast<size_t>(std::popcount(mask)));
      for (uint64_t left = mask; left != 0; left &= left - 1, ++index) {
        visit(start + std::countr_zero(left) * tile_ms(), ViewOf(*block, index));
      }
    }
  }
  // Calls visit(start, StateView) for the present tiles that start before `end_ms`, newest first,
  // until it returns false. REQUIRES: end is a multiple of the tile size.
  template <typename Visit>
  void ForBackwards(int64_t end_ms, Visit visit) const {
    const int64_t span = tile_ms() * kTilesPerBlock;
    auto block = AtOrAfter(FloorTo(end_ms - 1, span) / span + 1);
    while (block != blocks_.begin()) {
      --block;
      const int64_t start = block->number * span;
      uint64_t left = block->present;
      if (end_ms < start + span) left &= (uint64_t{1} << ((end_ms - start) / tile_ms())) - 1;
      for (size_t index = static_cast<size_t>(std::popcount(left)); left != 0; --index) {
        const int bit = 63 - std::countl_zero(left);
        left &= ~(uint64_t{1} << bit);
        if (!visit(start + bit * tile_ms(), ViewOf(*block, index - 1))) return;
      }
    }
  }
  // The newest present tile that starts before `time_ms`: its start.
  std::optional<int64_t> LastBefore(int64_t time_ms) const;

  // --- storage ---
  std::vector<Block>& blocks() { return blocks_; }
  const std::vector<Block>& blocks() const { return blocks_; }
  // Numbers of stored blocks that are gone, since the last call.
  std::vector<int64_t> TakeRemoved() {
    return removed_ == nullptr ? std::vector<int64_t>() : std::move(*std::exchange(removed_, {}));
  }
  void EncodeBlock(const Block& block, std::string* out) const;
  // Adds a block as stored. False when it does not parse. REQUIRES: ascending numbers.
  bool DecodeBlock(int64_t number, absl::string_view in);
  size_t MemoryBytes() const;

 private:
  static constexpr size_t kPrefetchWords = 256;  // 32 cache lines

  static size_t Rank(uint64_t present, int bit) {
    return static_cast<size_t>(std::popcount(present & ((uint64_t{1} << bit) - 1)));
  }
  std::vector<Block>::const_iterator AtOrAfter(int64_t number) const {
    return std::lower_bound(blocks_.begin(), blocks_.end(), number,
                            [](const Block& b, int64_t n) { return b.number < n; });
  }
  StateView ViewOf(const Block& block, size_t index) const {
    return {&block.words[index * shape_->stride],
            block.parts.empty() ? &NoParts() : &block.parts[index]};
  }
  // Asks for the memory of several tiles at once, so that folding waits for it once.
  void PrefetchTiles(const Block& block, size_t index, size_t n) const {
    const uint64_t* words = &block.words[index * shape_->stride];
    const uint64_t* const end = words + std::min(n * shape_->stride, kPrefetchWords);
    for (; words < end; words += 8) __builtin_prefetch(words);
  }
  static const StateParts& NoParts();
  // Makes the tile the hot one.
  void FindOrAdd(int64_t start_ms);
  void KeepParts(Block* block, StateParts first);
  void Removed(const Block& block);

  const TileShape* shape_;
  std::vector<Block> blocks_;  // ascending
  std::unique_ptr<std::vector<int64_t>> removed_;
  // The tile that was changed last: the next change mostly goes there too.
  int64_t hot_start_ms_ = INT64_MAX;
  uint32_t hot_block_ = 0;
  uint32_t hot_index_ = 0;
};

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_TILE_TIER_H_
