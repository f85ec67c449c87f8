#include "learners/sealed_bytes.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(SealedBytes, RoundTripBehindOtherBytes) {
  std::string out = "before";
  Seal("kind", 3, "content", &out);
  const auto content = Unseal("kind", 3, absl::string_view(out).substr(6));
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(*content, "content");
}

TEST(SealedBytes, HaveTheseBytes) {
  std::string out;
  Seal("ab", 1, "xyz", &out);
  EXPECT_EQ(out.substr(0, 12), std::string("MRLN\x02"
                                           "ab\x01\x03xyz",
                                           12));
  EXPECT_EQ(out.size(), 16u);
}

TEST(SealedBytes, RefuseAnotherKindOrFormatAndAnyDamage) {
  std::string out;
  Seal("kind", 3, "content", &out);
  EXPECT_EQ(Unseal("other", 3, out).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Unseal("kind", 4, out).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(Unseal("kind", 3, out + "x").ok());
  for (size_t size = 0; size < out.size(); ++size) {
    EXPECT_FALSE(Unseal("kind", 3, absl::string_view(out).substr(0, size)).ok()) << size;
  }
  for (size_t bit = 0; bit < 8 * out.size(); ++bit) {
    std::string flipped = out;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(Unseal("kind", 3, flipped).ok()) << bit;
  }
}

}  // namespace
}  // namespace millrace
