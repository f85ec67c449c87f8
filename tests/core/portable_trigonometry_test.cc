#include "core/portable_trigonometry.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "core/hashing.h"
#include "core/random.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kPi = 3.141592653589793;
constexpr uint64_t kSeed = 20260521;
constexpr int kDraws = 300'000;

// In units in the last place of the reference rounded to double. x87's sinl, cosl and atan2l reduce
// and round with 64 bits and err by less than 0.01 of these ulps.
double UlpError(double actual, long double reference) {
  const auto rounded = static_cast<double>(reference);
  const long double ulp =
      static_cast<long double>(std::nextafter(std::fabs(rounded), kInf)) - std::fabs(rounded);
  return static_cast<double>(std::fabs(static_cast<long double>(actual) - reference) / ulp);
}

template <typename Actual, typename Reference>
double WorstUlps(double range, Actual actual, Reference reference) {
  Random random(kSeed);
  double worst = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = (random.Unit() * 2 - 1) * range;
    worst = std::max(worst, UlpError(actual(x), reference(static_cast<long double>(x))));
  }
  testing::Test::RecordProperty("seed", std::to_string(kSeed));
  testing::Test::RecordProperty("worst_ulps", std::to_string(worst));
  return worst;
}

// 0.5 ulp is the best any function can do; the rest is a dozen roundings. One ulp is the promise.
TEST(PortableTrigonometry, SineAndCosineAreWithinOneUlp) {
  for (const double range : {0.8, 10.0, 1000.0, kMaxAngle}) {
    EXPECT_LT(WorstUlps(range, PortableSin, [](long double x) { return std::sin(x); }), 1.0)
        << range;
    EXPECT_LT(WorstUlps(range, PortableCos, [](long double x) { return std::cos(x); }), 1.0)
        << range;
  }
}

// The quotient is rounded before its arc tangent is taken.
TEST(PortableTrigonometry, ArcTangentIsWithinTwoUlpsInEveryQuadrant) {
  Random random(kSeed);
  double worst = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double y = random.Unit() * 2 - 1;
    const double x = (random.Unit() * 2 - 1) * std::ldexp(1.0, static_cast<int>(random.Below(20)));
    worst = std::max(worst, UlpError(PortableAtan2(y, x), std::atan2(static_cast<long double>(y),
                                                                     static_cast<long double>(x))));
  }
  EXPECT_LT(worst, 2.0) << "seed " << kSeed;
}

TEST(PortableTrigonometry, HandlesTheEdges) {
  EXPECT_EQ(PortableSin(0.0), 0.0);
  EXPECT_TRUE(std::signbit(PortableSin(-0.0)));
  EXPECT_EQ(PortableCos(0.0), 1.0);
  EXPECT_EQ(PortableSin(1e-300), 1e-300);
  // Double's π misses π by this much.
  EXPECT_EQ(PortableSin(kPi), 1.2246467991473532e-16);
  EXPECT_EQ(PortableCos(kPi), -1.0);
  for (const double x : {kInf, -kInf, kNaN, kMaxAngle * 1.001}) {
    EXPECT_TRUE(std::isnan(PortableSin(x))) << x;
    EXPECT_TRUE(std::isnan(PortableCos(x))) << x;
  }
  EXPECT_EQ(PortableAtan2(0.0, 1.0), 0.0);
  EXPECT_EQ(PortableAtan2(0.0, -1.0), kPi);
  EXPECT_EQ(PortableAtan2(-0.0, -1.0), -kPi);
  EXPECT_EQ(PortableAtan2(1.0, 0.0), kPi / 2);
  EXPECT_EQ(PortableAtan2(-1.0, 0.0), -kPi / 2);
  EXPECT_EQ(PortableAtan2(kInf, 1.0), kPi / 2);
  EXPECT_EQ(PortableAtan2(kInf, kInf), kPi / 4);
  EXPECT_EQ(PortableAtan2(1.0, kInf), 0.0);
  EXPECT_EQ(PortableAtan2(0.0, 0.0), 0.0);
  EXPECT_TRUE(std::isnan(PortableAtan2(kNaN, 1.0)));
  EXPECT_TRUE(std::isnan(PortableAtan2(1.0, kNaN)));
}

// The digest may never change, on any machine, compiler or build type: features are stored.
TEST(PortableTrigonometry, GivesTheseBits) {
  std::string bytes;
  for (int i = -2000; i <= 2000; ++i) {
    const double x = i * 0.37;
    for (const double v : {PortableSin(x), PortableCos(x), PortableAtan2(x, 1.5 - i)}) {
      char raw[sizeof v];
      std::memcpy(raw, &v, sizeof v);
      bytes.append(raw, sizeof raw);
    }
  }
  EXPECT_EQ(Xxh3(bytes), 8187246469894323648u);
}

}  // namespace
}  // namespace millrace
