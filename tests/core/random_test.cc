#include "core/random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

// Published first outputs: splitmix64.c from state 0 and from 1234567; xoshiro256** from state
// {1, 2, 3, 4} (test vector of the rand_xoshiro crate, made with the reference C code).
TEST(Random, AgreesWithTheReferenceCode) {
  EXPECT_EQ(SplitMix64(0), 0xe220a8397b1dcdafu);
  EXPECT_EQ(SplitMix64(1234567), 6457827717110365317u);
  Random random(Random::State{1, 2, 3, 4});
  for (const uint64_t expected :
       {uint64_t{11520}, uint64_t{0}, uint64_t{1509978240}, uint64_t{1215971899390074240},
        uint64_t{1216172134540287360}, uint64_t{607988272756665600}}) {
    EXPECT_EQ(random.Bits(), expected);
  }
}

TEST(Random, SeedDecidesTheSequenceAndCopiesContinueIt) {
  Random first(42);
  Random second(42);
  Random other(43);
  EXPECT_EQ(first.Bits(), second.Bits());
  EXPECT_NE(first.Bits(), other.Bits());
  second.Bits();
  Random copy = first;
  Random restored(first.state());
  for (int i = 0; i < 100; ++i) {
    const uint64_t bits = first.Bits();
    EXPECT_EQ(copy.Bits(), bits);
    EXPECT_EQ(restored.Bits(), bits);
  }
}

TEST(Random, BelowIsUniform) {
  Random random(5);
  constexpr int kDraws = 70000;
  std::map<uint64_t, int> counts;
  for (int i = 0; i < kDraws; ++i) ++counts[random.Below(7)];
  ASSERT_EQ(counts.size(), 7u);
  // Binomial(70000, 1/7): standard deviation 93; the seed is fixed, five deviations are generous.
  for (const auto& [value, count] : counts) EXPECT_NEAR(count, kDraws / 7, 465) << value;
  EXPECT_EQ(random.Below(1), 0u);
  EXPECT_LT(random.Below(std::numeric_limits<uint64_t>::max()),
            std::numeric_limits<uint64_t>::max());
}

TEST(Random, BetweenIncludesBothEndsAndCoversAllOfInt64) {
  Random random(6);
  std::set<int64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.Between(-2, 2));
  EXPECT_EQ(seen, (std::set<int64_t>{-2, -1, 0, 1, 2}));
  EXPECT_EQ(random.Between(9, 9), 9);
  bool negative = false;
  bool positive = false;
  for (int i = 0; i < 100; ++i) {
    const int64_t v =
        random.Between(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
    (v < 0 ? negative : positive) = true;
  }
  EXPECT_TRUE(negative && positive);
}

TEST(Random, UnitIsInTheHalfOpenIntervalWithTheRightMoments) {
  Random random(7);
  constexpr int kDraws = 100000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double v = random.Unit();
    ASSERT_GE(v, 0.0);
    ASSERT_LT(v, 1.0);
    sum += v;
    squares += v * v;
  }
  // Standard error of the mean 0.0009, of the second moment 0.00094: five of them.
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 0.005);
  EXPECT_LT(UnitInterval(std::numeric_limits<uint64_t>::max()), 1.0);
}

TEST(Random, ChanceIsCertainAtTheEnds) {
  Random random(8);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(random.Chance(0.0));
    EXPECT_TRUE(random.Chance(1.0));
  }
}

TEST(Random, ShuffleReachesEveryOrderEquallyOften) {
  Random random(9);
  std::map<std::vector<int>, int> counts;
  constexpr int kDraws = 24000;
  for (int i = 0; i < kDraws; ++i) {
    std::vector<int> items = {1, 2, 3, 4};
    random.Shuffle(std::span<int>(items));
    ++counts[items];
  }
  EXPECT_EQ(counts.size(), 24u);
  // Binomial(24000, 1/24): standard deviation 31.
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, kDraws / 24, 155);
}

TEST(RandomDeathTest, RefusesTheAllZeroState) {
  EXPECT_DEATH(Random(Random::State{}), "broken invariant");
}

}  // namespace
}  // namespace millrace
