#include "stream/expr/time_text.h"

#include <optional>
#include <random>
#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "stream/expr/utf8.h"

namespace millrace {
namespace {

std::string Timestamp(int64_t ms) {
  char out[kMaxTimeTextBytes];
  return std::string(out, WriteTimestamp(ms, out));
}
std::string DurationOf(int64_t ms) {
  char out[kMaxTimeTextBytes];
  return std::string(out, WriteDuration(ms, out));
}

TEST(Rfc3339, ReadsWhatTheStandardAllows) {
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ParseRfc3339("2013-01-01T05:00:00-05:00"), 1'357'034'400'000);
  EXPECT_EQ(ParseRfc3339("2013-01-01t10:00:00z"), 1'357'034'400'000);
  EXPECT_EQ(ParseRfc3339("2013-01-01 10:00:00+00:00"), 1'357'034'400'000);
  EXPECT_EQ(ParseRfc3339("2012-02-29T00:00:00Z"), 1'330'473'600'000);
  EXPECT_EQ(ParseRfc3339("2016-12-31T23:59:60Z"), 1'483'228'800'000);  // a leap second
  EXPECT_EQ(ParseRfc3339("0001-01-01T00:00:00Z"), kMinTimestampMs);
  EXPECT_EQ(ParseRfc3339("9999-12-31T23:59:59.999Z"), kMaxTimestampMs);
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00.5Z"), 500);
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:00.0019999999999Z"), 1);
  // Finer than a millisecond goes towards the past, also before the epoch.
  EXPECT_EQ(ParseRfc3339("1969-12-31T23:59:59.9999Z"), -1);
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const char* text : {"",
                           "2013",
                           "2013-01-01",
                           "2013-01-01T00:00:00",
                           "2013-01-01T00:00Z",
                           "2013-1-01T00:00:00Z",
                           "2013-13-01T00:00:00Z",
                           "2013-00-01T00:00:00Z",
                           "2013-02-29T00:00:00Z",
                           "2013-04-31T00:00:00Z",
                           "1900-02-29T00:00:00Z",
                           "2013-01-01T24:00:00Z",
                           "2013-01-01T00:60:00Z",
                           "2013-01-01T00:00:61Z",
                           "2013-01-01T00:00:00.Z",
                           "2013-01-01T00:00:00+5:00",
                           "2013-01-01T00:00:00+0500",
                           "2013-01-01T00:00:00+24:00",
                           "2013-01-01T00:00:00Zx",
                           "2013-01-01X00:00:00Z",
                           " 2013-01-01T00:00:00Z",
                           "2013-01-01T00:00:00Z ",
                           "0000-12-31T23:59:59Z",
                           "0001-01-01T00:00:00+01:00",
                           "9999-12-31T23:59:59-01:00",
                           "+013-01-01T00:00:00Z",
                           "2013-01-01T-1:00:00Z"}) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

TEST(Rfc3339, RoundTripsAndAgreesWithAbseil) {
  constexpr uint64_t kSeed = 7;
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  std::uniform_int_distribution<int64_t> times(kMinTimestampMs, kMaxTimestampMs);
  for (int i = 0; i < 20'000; ++i) {
    const int64_t ms = times(random);
    const std::string text = Timestamp(ms);
    ASSERT_EQ(ParseRfc3339(text), ms) << text;
    absl::Time time;
    std::string error;
    ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << text << " " << error;
    ASSERT_EQ(absl::ToUnixMillis(time), ms) << text;
  }
}

TEST(Rfc3339, WritesMillisecondsOnlyWhenThereAreSome) {
  EXPECT_EQ(Timestamp(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(Timestamp(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(Timestamp(20), "1970-01-01T00:00:00.020Z");
  EXPECT_EQ(Timestamp(kMinTimestampMs - 1), "");
  EXPECT_EQ(Timestamp(kMaxTimestampMs + 1), "");
}

TEST(DurationText, ReadsNumbersWithUnits) {
  EXPECT_EQ(ParseDurationText("90s"), 90'000);
  EXPECT_EQ(ParseDurationText("1h30m"), 5'400'000);
  EXPECT_EQ(ParseDurationText("1.5h"), 5'400'000);
  EXPECT_EQ(ParseDurationText("7d"), 604'800'000);
  EXPECT_EQ(ParseDurationText("-1.5s"), -1'500);
  EXPECT_EQ(ParseDurationText("0.0019s"), 1);
  EXPECT_EQ(ParseDurationText("0s"), 0);
  for (const char* text : {"", "-", "5", "s", "5 s", "5x", "5s3", ".5s", "5.s", "1e3s",
                           "99999999999999999999s", "9223372036854775807s", "106751991168d"}) {
    EXPECT_EQ(ParseDurationText(text), std::nullopt) << text;
  }
}

TEST(DurationText, WritesDecimalSeconds) {
  EXPECT_EQ(DurationOf(0), "0s");
  EXPECT_EQ(DurationOf(90'000), "90s");
  EXPECT_EQ(DurationOf(-1'500), "-1.5s");
  EXPECT_EQ(DurationOf(20), "0.02s");
  EXPECT_EQ(DurationOf(INT64_MIN), "-9223372036854775.808s");
}

TEST(Utf8, ValidPrefixEndsAtTheFirstFault) {
  EXPECT_EQ(ValidUtf8Prefix(""), 0u);
  EXPECT_EQ(ValidUtf8Prefix("aé€😀"), 10u);
  EXPECT_EQ(ValidUtf8Prefix("ab\xff"), 2u);
  EXPECT_EQ(ValidUtf8Prefix("a\xc0\x80"), 1u);         // overlong
  EXPECT_EQ(ValidUtf8Prefix("\xe0\x80\x80"), 0u);      // overlong
  EXPECT_EQ(ValidUtf8Prefix("\xed\xa0\x80"), 0u);      // surrogate
  EXPECT_EQ(ValidUtf8Prefix("\xf4\x90\x80\x80"), 0u);  // beyond U+10FFFF
  EXPECT_EQ(ValidUtf8Prefix("ok\xe2\x82"), 2u);        // cut off
  EXPECT_EQ(CountCodePoints("aé€😀"), 4);
}

TEST(Utf8, EncodesEveryCodePointValidly) {
  for (uint32_t c = 0; c <= 0x110000; ++c) {
    std::string out;
    const bool is_character = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
    ASSERT_EQ(AppendUtf8(c, &out), is_character) << c;
    ASSERT_EQ(ValidUtf8Prefix(out), out.size()) << c;
    ASSERT_EQ(CountCodePoints(out), is_character ? 1 : 0) << c;
  }
}

}  // namespace
}  // namespace millrace
