#include "stream/aggregations/exact_sum.h"

#include <cmath>
#include <limits>
#include <vector>

#include "core/random.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

Expansion SumOf(const std::vector<double>& addends) {
  Expansion sum;
  for (const double x : addends) AddToExpansion(x, &sum);
  return sum;
}

TEST(ExactSum, KeepsWhatCancellationWouldLose) {
  EXPECT_EQ(SumOf({1e100, 1.0, -1e100}), Expansion({1.0}));
  EXPECT_EQ(SumOf({0.1, 0.2, -0.3})[0], 2.7755575615628914e-17);  // math.fsum
  std::vector<double> tenths(10, 0.1);
  EXPECT_EQ(SumOf(tenths)[0], 1.0);
  EXPECT_TRUE(SumOf({1e308, -1e308}).empty());
}

TEST(ExactSum, RoundsHalfWayCasesByWhatLiesBelow) {
  // 1 + 2^-53 is half-way between 1 and its successor.
  EXPECT_EQ(SumOf({1.0, 0x1p-53})[0], 1.0);
  EXPECT_EQ(SumOf({1.0, 0x1p-53, 0x1p-200})[0], 1.0 + 0x1p-52);
  EXPECT_EQ(SumOf({1.0, 0x1p-53, -0x1p-200})[0], 1.0);
}

TEST(ExactSum, IsTheSameInEveryOrder) {
  const uint64_t seed = 4711;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 300; ++round) {
    std::vector<double> addends;
    for (int64_t n = random.Between(1, 60); n > 0; --n) {
      addends.push_back(
          std::ldexp(random.Unit() - 0.5, static_cast<int>(random.Between(-300, 300))));
    }
    const Expansion sum = SumOf(addends);
    random.Shuffle(std::span<double>(addends));
    EXPECT_EQ(SumOf(addends), sum);
    for (double& x : addends) x = -x;
    Expansion zero = sum;
    for (const double x : addends) AddToExpansion(x, &zero);
    EXPECT_TRUE(zero.empty()) << "adding and subtracting must cancel exactly";
  }
}

TEST(ExactSum, PairAgreesWithTheExpansionWhileItSuffices) {
  const uint64_t seed = 99;
  SCOPED_TRACE(seed);
  Random random(seed);
  int spilled = 0;
  for (int round = 0; round < 500; ++round) {
    double high = 0, low = 0;
    Expansion sum;
    for (int i = 0; i < 50; ++i) {
      const double x = std::ldexp(random.Unit() - 0.5, static_cast<int>(random.Between(-30, 30)));
      if (!AddToPair(x, &high, &low)) {
        ++spilled;
        break;
      }
      AddToExpansion(x, &sum);
      ASSERT_EQ(high, sum.empty() ? 0 : sum[0]);
      ASSERT_EQ(low, sum.size() < 2 ? 0 : sum[1]);
      ASSERT_LE(sum.size(), 2u);
    }
  }
  EXPECT_GT(spilled, 0);
}

TEST(ExactSum, DividesIntegersBeyondDoublesExactly) {
  double high, low;
  const __int128 big = static_cast<__int128>(std::numeric_limits<int64_t>::max()) * 3;
  PairOfInteger(big, &high, &low);
  EXPECT_EQ(DividePair(high, low, 3), 0x1p63);
  PairOfInteger((static_cast<__int128>(1) << 60) + 1, &high, &low);
  EXPECT_EQ(DividePair(high, low, 1), 0x1p60);
  PairOfInteger(10, &high, &low);
  EXPECT_EQ(DividePair(high, low, 4), 2.5);
  EXPECT_EQ(DividePair(1.0, 0.0, 3), 1.0 / 3.0);
}

}  // namespace
}  // namespace millrace
