#include "core/coding.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/random.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr int64_t kMin64 = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax64 = std::numeric_limits<int64_t>::max();

// Edges of every varint length, then random magnitudes.
std::vector<uint64_t> Numbers() {
  std::vector<uint64_t> numbers = {0, 1, std::numeric_limits<uint64_t>::max()};
  for (int bit = 1; bit < 64; ++bit) {
    const uint64_t power = uint64_t{1} << bit;
    numbers.insert(numbers.end(), {power - 1, power, power + 1});
  }
  Random random(20130101);
  for (int i = 0; i < 2000; ++i) numbers.push_back(random.Bits() >> random.Below(64));
  return numbers;
}

TEST(Coding, VarintRoundTripsAndRefusesEveryTruncation) {
  for (const uint64_t number : Numbers()) {
    std::string bytes;
    PutVarint(&bytes, number);
    for (size_t size = 0; size < bytes.size(); ++size) {
      absl::string_view cut = absl::string_view(bytes).substr(0, size);
      uint64_t ignored;
      EXPECT_FALSE(GetVarint(&cut, &ignored)) << number;
    }
    bytes += "rest";
    absl::string_view in = bytes;
    uint64_t read = ~number;
    ASSERT_TRUE(GetVarint(&in, &read));
    EXPECT_EQ(read, number);
    EXPECT_EQ(in, "rest");
  }
}

TEST(Coding, SignedVarintRoundTripsAndIsShortNearZero) {
  for (const uint64_t number : Numbers()) {
    for (const int64_t v : {static_cast<int64_t>(number), static_cast<int64_t>(-number)}) {
      std::string bytes;
      PutSignedVarint(&bytes, v);
      absl::string_view in = bytes;
      int64_t read = 0;
      ASSERT_TRUE(GetSignedVarint(&in, &read));
      EXPECT_EQ(read, v);
      EXPECT_TRUE(in.empty());
      if (v >= -64 && v < 64) {
        EXPECT_EQ(bytes.size(), 1u);
      }
    }
  }
}

TEST(Coding, VarintRefusesMoreThan64Bits) {
  uint64_t v;
  const std::string eleven(11, '\x80');
  absl::string_view in = eleven;
  EXPECT_FALSE(GetVarint(&in, &v));
  const std::string too_big = std::string(9, '\xff') + '\x02';  // 2^64
  in = too_big;
  EXPECT_FALSE(GetVarint(&in, &v));
  const std::string biggest = std::string(9, '\xff') + '\x01';  // 2^64 - 1
  in = biggest;
  ASSERT_TRUE(GetVarint(&in, &v));
  EXPECT_EQ(v, std::numeric_limits<uint64_t>::max());
}

TEST(Coding, OnlyTheShortestVarintIsOurs) {
  for (const std::string& padded : {std::string("\x80\x00", 2), std::string("\xac\x82\x00", 3)}) {
    absl::string_view in = padded;
    uint64_t v;
    EXPECT_FALSE(GetVarint(&in, &v));
    in = padded;
    ASSERT_TRUE(GetPaddedVarint(&in, &v));
    EXPECT_TRUE(in.empty());
    std::string shortest;
    PutVarint(&shortest, v);
    in = shortest;
    uint64_t same;
    ASSERT_TRUE(GetVarint(&in, &same));
    EXPECT_EQ(same, v);
  }
}

TEST(Coding, BytesAreAsDocumented) {
  std::string out;
  PutVarint(&out, 300);
  PutSignedVarint(&out, -2);
  PutBig16(&out, 0x0102);
  PutBig32(&out, 0x03040506);
  PutBig64(&out, 0x0708090a0b0c0d0e);
  PutOrdered64(&out, -1);
  PutDouble(&out, 1.0);
  PutLengthPrefixed(&out, "ab");
  EXPECT_EQ(out, std::string("\xac\x02"
                             "\x03"
                             "\x01\x02"
                             "\x03\x04\x05\x06"
                             "\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"
                             "\x7f\xff\xff\xff\xff\xff\xff\xff"
                             "\x3f\xf0\x00\x00\x00\x00\x00\x00"
                             "\x02"
                             "ab",
                             36));
}

TEST(Coding, FixedIntegersRoundTripAndRefuseTruncation) {
  for (const uint64_t number : Numbers()) {
    std::string bytes;
    PutBig16(&bytes, static_cast<uint16_t>(number));
    PutBig32(&bytes, static_cast<uint32_t>(number));
    PutBig64(&bytes, number);
    absl::string_view in = bytes;
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;
    ASSERT_TRUE(GetBig16(&in, &v16));
    ASSERT_TRUE(GetBig32(&in, &v32));
    ASSERT_TRUE(GetBig64(&in, &v64));
    EXPECT_EQ(v16, static_cast<uint16_t>(number));
    EXPECT_EQ(v32, static_cast<uint32_t>(number));
    EXPECT_EQ(v64, number);
    EXPECT_TRUE(in.empty());
  }
  uint16_t v16;
  uint32_t v32;
  uint64_t v64;
  for (size_t size = 0; size < 8; ++size) {
    const std::string bytes(size, 'x');
    absl::string_view in16 = bytes;
    absl::string_view in32 = bytes;
    absl::string_view in64 = bytes;
    EXPECT_EQ(GetBig16(&in16, &v16), size >= 2);
    EXPECT_EQ(GetBig32(&in32, &v32), size >= 4);
    EXPECT_FALSE(GetBig64(&in64, &v64));
  }
}

TEST(Coding, OrderedBytesSortAsTheNumbersDo) {
  std::vector<int64_t> numbers = {kMin64, kMin64 + 1, -1, 0, 1, kMax64 - 1, kMax64};
  for (const uint64_t number : Numbers()) numbers.push_back(static_cast<int64_t>(number));
  std::sort(numbers.begin(), numbers.end());
  std::string previous;
  for (const int64_t number : numbers) {
    std::string bytes;
    PutOrdered64(&bytes, number);
    EXPECT_LE(previous, bytes) << number;
    absl::string_view in = bytes;
    int64_t read;
    ASSERT_TRUE(GetOrdered64(&in, &read));
    EXPECT_EQ(read, number);
    previous = bytes;
  }
}

TEST(Coding, DoublesKeepTheirBits) {
  for (const double v : {0.0, -0.0, 1.5, -1e300, std::numeric_limits<double>::denorm_min(),
                         std::numeric_limits<double>::infinity(), std::nan("7")}) {
    std::string bytes;
    PutDouble(&bytes, v);
    absl::string_view in = bytes;
    double read;
    ASSERT_TRUE(GetDouble(&in, &read));
    EXPECT_EQ(std::bit_cast<uint64_t>(read), std::bit_cast<uint64_t>(v));
  }
}

TEST(Coding, LengthPrefixedRoundTripsAndRefusesALengthBeyondTheInput) {
  for (const size_t size : {0, 1, 127, 128, 5000}) {
    const std::string text(size, 'q');
    std::string bytes;
    PutLengthPrefixed(&bytes, text);
    absl::string_view in = bytes;
    absl::string_view read;
    ASSERT_TRUE(GetLengthPrefixed(&in, &read));
    EXPECT_EQ(read, text);
    EXPECT_TRUE(in.empty());
    if (size > 0) {
      in = absl::string_view(bytes).substr(0, bytes.size() - 1);
      EXPECT_FALSE(GetLengthPrefixed(&in, &read));
    }
  }
  std::string hostile;
  PutVarint(&hostile, std::numeric_limits<uint64_t>::max());
  absl::string_view in = hostile;
  absl::string_view read;
  EXPECT_FALSE(GetLengthPrefixed(&in, &read));
}

TEST(Coding, ReadersSurviveRandomBytes) {
  constexpr uint64_t kSeed = 7;
  RecordProperty("seed", std::to_string(kSeed));
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes;
    for (uint64_t n = random.Below(24); n > 0; --n) {
      bytes.push_back(static_cast<char>(random.Bits()));
    }
    absl::string_view in = bytes;
    uint64_t number;
    absl::string_view text;
    while (!in.empty()) {
      const size_t before = in.size();
      if (!(random.Chance(0.5) ? GetVarint(&in, &number) : GetLengthPrefixed(&in, &text))) break;
      ASSERT_LT(in.size(), before);  // progress: a reader's loop ends
    }
  }
}

}  // namespace
}  // namespace millrace
