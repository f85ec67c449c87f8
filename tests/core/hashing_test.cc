#include "core/hashing.h"

#include <string>

#include "core/random.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

// From Apache Kafka's UtilsTest.testMurmur2: what Java producers compute.
TEST(Murmur2, AgreesWithKafkasJavaVectors) {
  const struct {
    absl::string_view input;
    int32_t hash;
  } kVectors[] = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107},
  };
  for (const auto& vector : kVectors) {
    EXPECT_EQ(static_cast<int32_t>(Murmur2(vector.input)), vector.hash) << vector.input;
  }
}

TEST(PartitionOfKey, MasksTheSignAsJavaDoes) {
  EXPECT_EQ(PartitionOfKey("21", 10), static_cast<int32_t>((-973932308 & 0x7fffffff) % 10));
  EXPECT_EQ(PartitionOfKey("21", 1), 0);
  Random random(3);
  for (int i = 0; i < 1000; ++i) {
    const int32_t partition = PartitionOfKey(std::to_string(random.Bits()), 7);
    EXPECT_GE(partition, 0);
    EXPECT_LT(partition, 7);
  }
}

// The check value of the CRC catalogue, and RFC 3720 appendix B.4.
TEST(Crc32c, AgreesWithPublishedVectors) {
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc32c, ContinuesWhereItStopped) {
  const std::string text = "the quick brown fox jumps over the lazy dog, twice";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(Crc32c(text.substr(cut), Crc32c(text.substr(0, cut))), Crc32c(text));
  }
}

TEST(Crc32c, SeesEveryFlippedBit) {
  std::string text = "forty-two bytes of something worth keeping";
  const uint32_t crc = Crc32c(text);
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(Crc32c(text), crc);
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
  }
}

// XXH3_64bits of the empty input, from the xxHash specification's reference implementation.
TEST(Xxh3, IsTheStableXxh3Of64Bits) {
  EXPECT_EQ(Xxh3(""), 0x2d06800538d394c2u);
  EXPECT_NE(Xxh3("a", 1), Xxh3("a"));
  EXPECT_EQ(Xxh3("a", 0), Xxh3("a"));
}

}  // namespace
}  // namespace millrace
