#include "core/double_text.h"

#include <bit>
#include <cstdlib>
#include <limits>

#include "core/random.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(DoubleText, IsShortAndPlain) {
  EXPECT_EQ(DoubleText(0), "0");
  EXPECT_EQ(DoubleText(-0.0), "-0");
  EXPECT_EQ(DoubleText(0.1), "0.1");
  EXPECT_EQ(DoubleText(1.5), "1.5");
  EXPECT_EQ(DoubleText(-123456789), "-123456789");
  EXPECT_EQ(DoubleText(1e300), "1e+300");
}

TEST(DoubleText, NamesWhatIsNotANumber) {
  EXPECT_EQ(DoubleText(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(DoubleText(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(DoubleText(-std::numeric_limits<double>::infinity()), "-Inf");
}

TEST(DoubleText, ReadsBackAsTheSameBits) {
  constexpr uint64_t kSeed = 11;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int i = 0; i < 20000; ++i) {
    const auto v = std::bit_cast<double>(random.Bits());
    if (v != v) continue;
    const double read = std::strtod(DoubleText(v).c_str(), nullptr);
    ASSERT_EQ(std::bit_cast<uint64_t>(read), std::bit_cast<uint64_t>(v)) << DoubleText(v);
  }
}

}  // namespace
}  // namespace millrace
