#include "stream/tile_ladder.h"

#include "core/random.h"
#include "gmock/gmock.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kMinute = 60'000, kHour = 3'600'000, kDay = 86'400'000;

std::vector<int> LadderOf(const std::vector<int64_t>& windows) {
  std::vector<LadderNeed> needs;
  for (const int64_t window : windows) needs.push_back({window, TailTier(window)});
  return BuildLadder(needs);
}

std::vector<int64_t> Sizes(const std::vector<int64_t>& windows) {
  std::vector<int64_t> sizes;
  for (const int tier : LadderOf(windows)) sizes.push_back(kTileSizesMs[tier]);
  return sizes;
}

TEST(TileLadder, EachSizeDividesTheNext) {
  for (size_t i = 1; i < kTileSizesMs.size(); ++i) {
    EXPECT_EQ(kTileSizesMs[i] % kTileSizesMs[i - 1], 0);
  }
}

TEST(TileLadder, TailTierIsTheLargestWithinAHundredAndTwentyEighth) {
  EXPECT_EQ(TailTier(1'279), -1);
  EXPECT_EQ(kTileSizesMs[TailTier(1'280)], 10);
  EXPECT_EQ(kTileSizesMs[TailTier(12 * kHour)], kMinute);
  EXPECT_EQ(kTileSizesMs[TailTier(30 * kDay)], kHour);
  EXPECT_EQ(kTileSizesMs[TailTier(90 * kDay)], 6 * kHour);
}

TEST(TileLadder, ThirtyDaysCostFortyMerges) {
  EXPECT_THAT(Sizes({30 * kDay}), ElementsAre(kHour, 6 * kHour, kDay));
  EXPECT_EQ(WorstCover({30 * kDay}, LadderOf({30 * kDay})), 40);
}

TEST(TileLadder, CountsBothEdgesWhereTheWindowIsNoMultiple) {
  // 90 d over {6 h, 1 d, 8 d}: 4 + 2·7 + 11.
  EXPECT_THAT(Sizes({90 * kDay}), ElementsAre(6 * kHour, kDay, 8 * kDay));
  EXPECT_EQ(WorstCover({90 * kDay}, LadderOf({90 * kDay})), 29);
}

TEST(TileLadder, WindowsShareTiers) {
  EXPECT_THAT(Sizes({12 * kHour, 30 * kDay}),
              ElementsAre(kMinute, 10 * kMinute, kHour, 6 * kHour, kDay));
  EXPECT_THAT(Sizes({500}), ElementsAre());
}

TEST(TileLadder, WhatOnlyEndsCostsOneEdgeAndGrowsWithItsSpan) {
  const LadderNeed forty_days = {40 * kDay, TailTier(kHour), true};
  const std::vector<int> ladder = BuildLadder(std::vector{forty_days});
  EXPECT_EQ(kTileSizesMs[ladder.front()], 10'000);
  EXPECT_EQ(kTileSizesMs[ladder.back()], kDay);
  // 10 s, 1 min, 10 min, 1 h, 6 h, 1 d: 5 + 9 + 5 + 5 + 3, and 40 days.
  EXPECT_EQ(WorstCover(forty_days, ladder), 67);
  const LadderNeed year = {365 * kDay, TailTier(kHour), true};
  EXPECT_LE(WorstCover(year, BuildLadder(std::vector{year})), kMaxLifetimeMerges);
}

TEST(TileLadder, EveryCoverIsWithinTheBound) {
  const uint64_t seed = 20130101;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int i = 0; i < 2000; ++i) {
    std::vector<int64_t> windows;
    for (int64_t n = random.Between(1, 5); n > 0; --n) {
      windows.push_back(random.Between(1, random.Chance(0.5) ? 90 * kDay : kHour));
    }
    const std::vector<int> ladder = LadderOf(windows);
    for (const int64_t window : windows) {
      const int tail = TailTier(window);
      if (tail < 0) continue;
      const auto from = std::find(ladder.begin(), ladder.end(), tail);
      ASSERT_NE(from, ladder.end());
      EXPECT_LE(WorstCover({window}, std::vector<int>(from, ladder.end())), kMaxMerges) << window;
    }
  }
}

}  // namespace
}  // namespace millrace
