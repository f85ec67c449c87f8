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

int64_t WorstCover(const LadderNeed& need, std::span<const int> tiers) {
  const int64_t window_ms = need.window_ms;
  int64_t merges = 0;
  size_t top = 0;
  while (top + 1 < tiers.size() && kTileSizesMs[tiers[top + 1]] <= window_ms) {
    const int64_t coarser = kTileSizesMs[tiers[top + 1]];
    const int64_t ratio = coarser / kTileSizesMs[tiers[top]];
    if (need.only_ends) {
      merges += ratio - 1;
    } else {
      merges += window_ms % coarser == 0 ? ratio : 2 * (ratio - 1);
    }
    ++top;
  }
  return merges + window_ms / kTileSizesMs[tiers[top]];
}

std::vector<int> BuildLadder(std::span<const LadderNeed> needs) {
  std::set<int> ladder;
  for (const LadderNeed& need : needs) {
    if (need.tail >= 0) ladder.insert(need.tail);
  }
  for (const LadderNeed& need : needs) {
    if (need.tail < 0) continue;
    for (int next = need.tail + 1; next < static_cast<int>(kTileSizesMs.size()); ++next) {
      const std::vector<int> tiers(ladder.find(need.tail), ladder.end());
      const int most = need.only_ends ? kMaxLifetimeMerges : kMaxMerges;
      if (WorstCover(need, tiers) <= most || kTileSizesMs[next] > need.window_ms) break;
      ladder.insert(next);
    }
  }
  return {ladder.begin(), ladder.end()};
}

}  // namespace millrace
