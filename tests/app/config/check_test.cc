#include "app/config/check.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

ConfigNode Scalar(const std::string& text, bool quoted = false) {
  ConfigNode node;
  node.kind = ConfigNode::Kind::kScalar;
  node.text = node.shown = text;
  node.quoted = quoted;
  return node;
}

TEST(Scalars, AreReadAsYamlDoes) {
  EXPECT_TRUE(IsInt(Scalar("-12")));
  EXPECT_FALSE(IsInt(Scalar("12", true)));
  EXPECT_FALSE(IsInt(Scalar("1.0")));
  EXPECT_TRUE(IsNumber(Scalar("1e-6")));
  EXPECT_TRUE(IsNumber(Scalar(".5")));
  for (const char* text : {"nan", "inf", "-inf", "0x1g", "1h", "1e999", "-", ""}) {
    EXPECT_FALSE(IsNumber(Scalar(text))) << text;
  }
  EXPECT_TRUE(IsBool(Scalar("true")));
  EXPECT_FALSE(IsBool(Scalar("True")));
}

TEST(Names, AreIdentifiersThatExpressionsDoNotReserve) {
  for (const char* name : {"a", "_x", "late_share_1h", "A1"}) {
    EXPECT_TRUE(IsValidName(name)) << name;
  }
  for (const char* name :
       {"", "1a", "a-b", "a.b", "a b", "\xC3\xBC", "at", "true", "null", "score"}) {
    EXPECT_FALSE(IsValidName(name)) << name;
  }
  EXPECT_TRUE(IsValidName(std::string(64, 'a')));
  EXPECT_FALSE(IsValidName(std::string(65, 'a')));
}

TEST(Addresses, AreAHostAndAPort) {
  EXPECT_EQ(AddressHost("127.0.0.1:7470"), "127.0.0.1");
  EXPECT_EQ(AddressHost("localhost:0"), "localhost");
  EXPECT_EQ(AddressHost("[::1]:80"), "::1");
  for (const char* text :
       {"", ":80", "host", "host:", "host:65536", "host:-1", "::1:80", "a b:80", "host:80x"}) {
    EXPECT_EQ(AddressHost(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace millrace
