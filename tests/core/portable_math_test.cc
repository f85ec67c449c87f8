#include "core/portable_math.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "core/hashing.h"
#include "core/random.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr uint64_t kSeed = 20240517;
constexpr int kDraws = 300000;

// The distance of `actual` from the 64-bit-significand reference, in units in the last place of the
// reference rounded to double. x87's expl, logl and log1pl err by less than 0.001 of these ulps.
double UlpError(double actual, long double reference) {
  const auto rounded = static_cast<double>(reference);
  const double next = std::nextafter(std::fabs(rounded), kInf);
  const long double ulp = static_cast<long double>(next) - std::fabs(rounded);
  return static_cast<double>(std::fabs(static_cast<long double>(actual) - reference) / ulp);
}

template <typename Draw, typename Actual, typename Reference>
double WorstUlps(Draw draw, Actual actual, Reference reference) {
  Random random(kSeed);
  double worst = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = draw(random);
    worst = std::max(worst, UlpError(actual(x), reference(static_cast<long double>(x))));
  }
  testing::Test::RecordProperty("seed", std::to_string(kSeed));
  testing::Test::RecordProperty("worst_ulps", std::to_string(worst));
  return worst;
}

// 0.5 ulp is the best any function can do; the rest is a dozen roundings. One ulp is the promise.
TEST(PortableExp, IsWithinOneUlpOverItsRange) {
  EXPECT_LT(WorstUlps([](Random& r) { return r.Unit() * 1417.0 - 708.0; }, PortableExp,
                      [](long double x) { return std::exp(x); }),
            1.0);
}

TEST(PortableExp, IsWithinOneUlpNearZero) {
  EXPECT_LT(WorstUlps(
                [](Random& r) {
                  return (r.Unit() - 0.5) * std::ldexp(2.0, -static_cast<int>(r.Below(40)));
                },
                PortableExp, [](long double x) { return std::exp(x); }),
            1.0);
}

// Subnormal results are rounded twice.
TEST(PortableExp, IsWithinTwoUlpsOfSubnormalResults) {
  EXPECT_LT(WorstUlps([](Random& r) { return -708.0 - 37.0 * r.Unit(); }, PortableExp,
                      [](long double x) { return std::exp(x); }),
            2.0);
}

TEST(PortableExp, HandlesTheEdges) {
  EXPECT_EQ(PortableExp(0.0), 1.0);
  EXPECT_EQ(PortableExp(-0.0), 1.0);
  EXPECT_EQ(PortableExp(kInf), kInf);
  EXPECT_EQ(PortableExp(-kInf), 0.0);
  EXPECT_TRUE(std::isnan(PortableExp(kNaN)));
  EXPECT_EQ(PortableExp(709.79), kInf);
  EXPECT_TRUE(std::isfinite(PortableExp(709.782712893383973096)));
  EXPECT_EQ(PortableExp(-745.2), 0.0);
  EXPECT_EQ(PortableExp(-745.1), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(PortableExp(1e308), kInf);
  EXPECT_EQ(PortableExp(-1e308), 0.0);
}

TEST(PortableLog, IsWithinOneUlpOfAnyPositiveNumber) {
  EXPECT_LT(
      WorstUlps(
          [](Random& r) { return std::bit_cast<double>(r.Below(0x7ff0000000000000u - 1) + 1); },
          PortableLog, [](long double x) { return std::log(x); }),
      1.0);
}

TEST(PortableLog, IsWithinOneUlpNearOne) {
  EXPECT_LT(WorstUlps([](Random& r) { return 0.5 + 1.5 * r.Unit(); }, PortableLog,
                      [](long double x) { return std::log(x); }),
            1.0);
}

TEST(PortableLog, HandlesTheEdges) {
  EXPECT_EQ(PortableLog(1.0), 0.0);
  EXPECT_EQ(PortableLog(0.0), -kInf);
  EXPECT_EQ(PortableLog(-0.0), -kInf);
  EXPECT_EQ(PortableLog(kInf), kInf);
  EXPECT_TRUE(std::isnan(PortableLog(-1.0)));
  EXPECT_TRUE(std::isnan(PortableLog(-kInf)));
  EXPECT_TRUE(std::isnan(PortableLog(kNaN)));
  EXPECT_TRUE(std::isnan(PortableLog(-kNaN)));
  EXPECT_NEAR(PortableLog(std::numeric_limits<double>::denorm_min()), -744.4400719213812, 1e-12);
}

// One rounding more than the natural logarithm, and that of the factor.
TEST(PortableLog2And10, AreWithinTwoUlps) {
  const auto any = [](Random& r) {
    return std::bit_cast<double>(r.Below(0x7ff0000000000000u - 1) + 1);
  };
  EXPECT_LT(WorstUlps(any, PortableLog2, [](long double x) { return std::log2(x); }), 2.0);
  EXPECT_LT(WorstUlps(any, PortableLog10, [](long double x) { return std::log10(x); }), 2.0);
}

TEST(PortableLog2And10, AreExactForExactPowers) {
  for (int k = -1074; k <= 1023; ++k) EXPECT_EQ(PortableLog2(std::ldexp(1.0, k)), k);
  double power = 1;
  for (int k = 0; k <= 22; ++k, power *= 10) EXPECT_EQ(PortableLog10(power), k);
}

TEST(PortableLog2And10, HandleTheEdges) {
  for (const auto log : {PortableLog2, PortableLog10}) {
    EXPECT_EQ(log(0.0), -kInf);
    EXPECT_EQ(log(kInf), kInf);
    EXPECT_TRUE(std::isnan(log(-1.0)));
    EXPECT_TRUE(std::isnan(log(kNaN)));
  }
}

TEST(PortableLog1p, IsWithinOneUlpEverywhere) {
  const auto log1p = [](long double x) { return std::log1p(x); };
  EXPECT_LT(WorstUlps([](Random& r) { return r.Unit() * 2.0 - 0.9999; }, PortableLog1p, log1p),
            1.0);
  EXPECT_LT(WorstUlps(
                [](Random& r) {
                  return (r.Unit() - 0.5) * std::ldexp(1.0, 1 - static_cast<int>(r.Below(60)));
                },
                PortableLog1p, log1p),
            1.0);
  EXPECT_LT(
      WorstUlps(
          [](Random& r) { return std::ldexp(r.Unit() + 0.5, static_cast<int>(r.Below(1000))); },
          PortableLog1p, log1p),
      1.0);
}

TEST(PortableLog1p, HandlesTheEdges) {
  EXPECT_EQ(PortableLog1p(0.0), 0.0);
  EXPECT_TRUE(std::signbit(PortableLog1p(-0.0)));
  EXPECT_EQ(PortableLog1p(1e-300), 1e-300);
  EXPECT_EQ(PortableLog1p(-1.0), -kInf);
  EXPECT_EQ(PortableLog1p(kInf), kInf);
  EXPECT_TRUE(std::isnan(PortableLog1p(-1.5)));
  EXPECT_TRUE(std::isnan(PortableLog1p(kNaN)));
}

// One exp (1 ulp), one addition and one division more.
TEST(Logistic, IsWithinThreeUlpsIncludingTheTails) {
  EXPECT_LT(WorstUlps([](Random& r) { return r.Unit() * 1400.0 - 700.0; }, Logistic,
                      [](long double x) { return 1.0L / (1.0L + std::exp(-x)); }),
            3.0);
  EXPECT_LT(WorstUlps([](Random& r) { return r.Unit() * 12.0 - 6.0; }, Logistic,
                      [](long double x) { return 1.0L / (1.0L + std::exp(-x)); }),
            3.0);
}

TEST(Logistic, StaysInsideTheOpenIntervalUpTo36AndNeverNaN) {
  EXPECT_EQ(Logistic(0.0), 0.5);
  EXPECT_LT(Logistic(36.0), 1.0);
  EXPECT_GT(Logistic(-36.0), 0.0);
  EXPECT_EQ(Logistic(kInf), 1.0);
  EXPECT_EQ(Logistic(-kInf), 0.0);
  EXPECT_EQ(Logistic(1e308), 1.0);
  EXPECT_EQ(Logistic(-1e308), 0.0);
  EXPECT_TRUE(std::isnan(Logistic(kNaN)));
}

// The error of log is multiplied by |y log x| <= 100: 1e-14 as the header says, with room.
TEST(PortablePow, MatchesTheReferenceForModerateExponents) {
  Random random(kSeed);
  for (int i = 0; i < kDraws; ++i) {
    const double x = std::ldexp(random.Unit() + 0.5, static_cast<int>(random.Below(40)) - 20);
    const double limit = 100.0 / std::max(1.0, std::fabs(std::log(x)));
    const double y = (random.Unit() * 2 - 1) * limit;
    const auto reference = std::pow(static_cast<long double>(x), static_cast<long double>(y));
    ASSERT_NEAR(PortablePow(x, y) / static_cast<double>(reference), 1.0, 2.5e-14)
        << x << " ^ " << y << " seed " << kSeed;
  }
  EXPECT_EQ(PortablePow(0.0, 0.0), 1.0);
  EXPECT_EQ(PortablePow(7.0, 0.0), 1.0);
  EXPECT_EQ(PortablePow(1.0, kInf), 1.0);
}

// The point of this module. The digest covers every function; it may never change, on any machine,
// compiler or build type.
TEST(PortableMath, GivesTheSameBitsEverywhere) {
  Random random(kSeed);
  std::string bits;
  const auto append = [&bits](double v) {
    bits.append(reinterpret_cast<const char*>(&v), sizeof(v));
  };
  for (int i = 0; i < 100000; ++i) {
    const double x = (random.Unit() - 0.5) * std::bit_cast<double>((random.Below(30) + 1010) << 52);
    append(PortableExp(x));
    append(PortableLog(x < 0 ? -x : x));
    append(PortableLog1p(x < 0 ? -x : x));
    append(Logistic(x));
    append(PortablePow(x < 0 ? -x : x, 0.5));
  }
  EXPECT_EQ(Xxh3(bits), 5685402585683023724u);
}

}  // namespace
}  // namespace millrace
