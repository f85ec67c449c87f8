#include "tests/oracle/exact.h"

#include <gtest/gtest.h>

#include <limits>

namespace millrace::oracle {
namespace {

double SumOf(const std::vector<double>& xs) {
  std::vector<Datum> numbers(xs.begin(), xs.end());
  const Exact exact = ToExact(numbers);
  Integer sum = 0;
  for (const Integer& value : exact.values) sum += value;
  return Rounded(sum, 1, exact.exponent);
}

// Expected values are those of Python's math.fsum.
TEST(Exact, SumsRoundOnce) {
  EXPECT_EQ(SumOf(std::vector<double>(10, 0.1)), 1.0);
  EXPECT_EQ(SumOf({1e16, 1.0, -1e16, 1e-3}), 1.001);
  EXPECT_EQ(SumOf({1e300, -1e-300, -1e300}), -1e-300);
}

TEST(Exact, QuotientsRoundHalfToEven) {
  EXPECT_EQ(Rounded(1, 3, 0), 1.0 / 3.0);
  EXPECT_EQ(Rounded(-2, 3, 0), -2.0 / 3.0);
  const Integer beyond = Integer(1) << 53;
  EXPECT_EQ(Rounded(beyond + 1, 1, 0), 9007199254740992.0);
  EXPECT_EQ(Rounded(beyond + 3, 1, 0), 9007199254740996.0);
  EXPECT_EQ(Rounded(2 * beyond + 3, 2, 0), 9007199254740994.0);
}

TEST(Exact, SubnormalAndHugeResultsAreRounded) {
  EXPECT_EQ(Rounded(1, 1, -1074), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(Rounded(3, 2, -1074), 2 * std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(Rounded(1, 4, -1074), 0.0);
  EXPECT_EQ(Rounded(1, 1, 1023), 0x1p1023);
  EXPECT_EQ(Rounded(1, 1, 1024), std::numeric_limits<double>::infinity());
}

TEST(Exact, DoublesComeBackAsTheyWere) {
  for (const double x : {0.1, -1e-310, 5e-324, 1.7976931348623157e308, 123456789.0}) {
    const Exact exact = ToExact({Datum(x)});
    EXPECT_EQ(Rounded(exact.values[0], 1, exact.exponent), x);
  }
}

}  // namespace
}  // namespace millrace::oracle
