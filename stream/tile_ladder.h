// TileLadder: which tile sizes ("tiers") a view keeps so that every window is covered by few merges
// however many events it holds (docs/windows.md). Pure functions; thread-safe.

#ifndef MILLRACE_STREAM_TILE_LADDER_H_
#define MILLRACE_STREAM_TILE_LADDER_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {

// Sizes a tile may have, in ms; each divides the next. The index is stored on disk: append only.
inline constexpr std::array<int64_t, 11> kTileSizesMs = {
    10,        100,        1'000,      10'000,      60'000,       600'000,
    3'600'000, 21'600'000, 86'400'000, 691'200'000, 5'529'600'000};

inline constexpr int kMaxMerges = 64;
// Behind a lifetime window whose states must find late records lies all their retention, by days.
inline constexpr int kMaxLifetimeMerges = 80;

// The largest tile size <= window / 128, as an index; -1 when there is none: such a window is
// folded record by record.
int TailTier(int64_t window_ms);

// What a window needs of a ladder.
struct LadderNeed {
  int64_t window_ms = 0;
  int tail = -1;           // the tier that its edges are resolved by; -1: folded record by record
  bool only_ends = false;  // it begins at a whole tile of the coarsest tier, as lifetime windows do
};

// The most merges that covering a window takes with these tiers (indices, ascending, the first one
// its tail tier): the sum of 2(r-1) over neighbours of ratio r, or r where the window is a multiple
// of the coarser one, r-1 where it only ends, plus whole tiles of the coarsest. Tiers above the
// window do not count.
int64_t WorstCover(const LadderNeed& need, std::span<const int> tiers);

// The tail tiers of the windows, and coarser ones until every cover is <= kMaxMerges
// (kMaxLifetimeMerges for what only ends); ascending indices into kTileSizesMs. Windows without a
// tail tier add nothing.
std::vector<int> BuildLadder(std::span<const LadderNeed> needs);

}  // namespace millrace

#endif  // MILLRACE_STREAM_TILE_LADDER_H_
