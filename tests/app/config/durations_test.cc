#include "app/config/durations.h"

#include <random>

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(Durations, ReadsUnitsFromLargeToSmall) {
  EXPECT_EQ(ParseDuration("500ms"), 500);
  EXPECT_EQ(ParseDuration("30s"), 30'000);
  EXPECT_EQ(ParseDuration("10m"), 600'000);
  EXPECT_EQ(ParseDuration("1h30m"), 5'400'000);
  EXPECT_EQ(ParseDuration("7d"), 604'800'000);
  EXPECT_EQ(ParseDuration("1w"), 604'800'000);
  EXPECT_EQ(ParseDuration("1d2h3m4s5ms"), 93'784'005);
  EXPECT_EQ(ParseDuration("0s"), 0);
}

TEST(Durations, RefusesEverythingElse) {
  for (const char* text : {"", "s", "1", "0", "-1s", "1.5h", "1h ", " 1h", "1H", "30m1h", "1m1m",
                           "1y", "1h30", "99999999999999999999s", "9999999999999h", "366001d"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(Durations, SaysWhatWasMeant) {
  EXPECT_EQ(DurationAdvice("5min"), "did you mean 5m?");
  EXPECT_EQ(DurationAdvice("1 hour 30 mins"), "did you mean 1h30m?");
  EXPECT_EQ(DurationAdvice("1.5h"), "whole numbers only, as in 1h30m");
  EXPECT_EQ(DurationAdvice("3y"), "the units are w, d, h, m, s and ms");
  EXPECT_EQ(DurationAdvice("30m1h"), "from the largest unit to the smallest, as in 1h30m");
  EXPECT_EQ(DurationAdvice("400000d"), "at most a thousand years");
  EXPECT_EQ(DurationAdvice("99999999999999999999s"), "at most a thousand years");
  EXPECT_EQ(DurationAdvice("forever"), "");
  EXPECT_EQ(DurationAdvice(""), "");
}

TEST(Durations, TooLongIsNotMalformed) {
  EXPECT_FALSE(IsTooLong("366000d"));
  EXPECT_TRUE(IsTooLong("366001d"));
  EXPECT_TRUE(IsTooLong("366000d1ms"));
  EXPECT_TRUE(IsTooLong("9223372036854775807w9223372036854775807ms"));
  EXPECT_FALSE(IsTooLong("400000 d"));
  EXPECT_FALSE(IsTooLong("1h400000d"));
  EXPECT_FALSE(IsTooLong(""));
}

TEST(Durations, RoundTrip) {
  const unsigned seed = 20130101;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 10'000; ++i) {
    const int64_t ms = static_cast<int64_t>(random() >> (20 + random() % 44)) % 31'000'000'000'000;
    ASSERT_EQ(ParseDuration(FormatDuration(ms)), ms) << FormatDuration(ms);
  }
  EXPECT_EQ(FormatDuration(0), "0s");
  EXPECT_EQ(FormatDuration(5'400'000), "1h30m");
}

TEST(Sizes, ReadsBinaryAndDecimalUnits) {
  EXPECT_EQ(ParseSize("12B"), 12);
  EXPECT_EQ(ParseSize("64MiB"), 64LL << 20);
  EXPECT_EQ(ParseSize("1GiB"), 1LL << 30);
  EXPECT_EQ(ParseSize("2GB"), 2'000'000'000);
  for (const char* text : {"", "1", "GiB", "1gib", "1.5GiB", "1GX", "-1B", "9999999999TiB"}) {
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace millrace
