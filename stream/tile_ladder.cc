#include "stream/tile_ladder.h"

#include <cstddef>
#include <set>

namespace millrace {

int TailTier(int64_t window_ms) {
  int tier = -1;
  for (size_t i = 0; i < kTileSizesMs.size() && kTileSizesMs[i] <= window_ms / 128; ++i) {
    tier = static_cast<int>(i);
  }
  return tier;
}

int64_t WorstCover(int64_t window_ms, std::span<const int> tiers) {
  int64_t merges = 0;
  size_t top = 0;
  while (top + 1 < tiers.size() && kTileSizesMs[tiers[top + 1]] <= window_ms) {
    const int64_t coarser = kTileSizesMs[tiers[top + 1]];
    const int64_t ratio = coarser / kTileSizesMs[tiers[top]];
    merges += window_ms % coarser == 0 ? ratio : 2 * (ratio - 1);
    ++top;
  }
  return merges + window_ms / kTileSizesMs[tiers[top]];
}

std::vector<int> BuildLadder(std::span<const int64_t> windows_ms) {
  std::set<int> ladder;
  for (const int64_t window : windows_ms) {
    if (const int tail = TailTier(window); tail >= 0) ladder.insert(tail);
  }
  for (const int64_t window : windows_ms) {
    const int tail = TailTier(window);
    if (tail < 0) continue;
    for (int next = tail + 1; next < static_cast<int>(kTileSizesMs.size()); ++next) {
      const std::vector<int> tiers(ladder.find(tail), ladder.end());
      if (WorstCover(window, tiers) <= kMaxMerges || kTileSizesMs[next] > window) break;
      ladder.insert(next);
    }
  }
  return {ladder.begin(), ladder.end()};
}

}  // namespace millrace
