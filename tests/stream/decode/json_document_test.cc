#include "stream/decode/json_document.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using testing::HasSubstr;

TEST(JsonDocument, KeepsTypesOrderAndExactValues) {
  const auto root = ParseJson(
      R"({"i":-9223372036854775808,"d":1.0,"e":1e2,"s":"a\u00e9\n","b":true,"n":null,"a":[1,[2]],"o":{"x":0}})");
  ASSERT_TRUE(root.ok()) << root.status();
  EXPECT_EQ(root->members()[0].name, "i");
  EXPECT_EQ(root->Find("i")->int_value(), INT64_MIN);
  EXPECT_EQ(root->Find("d")->kind(), JsonKind::kDouble);
  EXPECT_EQ(root->Find("e")->double_value(), 100.0);
  EXPECT_EQ(root->Find("s")->string_value(), "a\xc3\xa9\n");
  EXPECT_TRUE(root->Find("b")->bool_value());
  EXPECT_TRUE(root->Find("n")->is_null());
  EXPECT_EQ(root->Find("a")->items()[1].items()[0].int_value(), 2);
  EXPECT_EQ(root->Find("o")->Find("x")->int_value(), 0);
  EXPECT_EQ(root->Find("zz"), nullptr);
}

TEST(JsonDocument, RefusesWhatIsNotStrictJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "[",
                           "}",
                           "]",
                           "{]",
                           "[1,]",
                           "{\"a\":1,}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{a:1}",
                           "[1 2]",
                           "[01]",
                           "[+1]",
                           "[.5]",
                           "[1.]",
                           "[1e]",
                           "[-]",
                           "[NaN]",
                           "[Infinity]",
                           "[nul]",
                           "[nulll]",
                           "[tru]",
                           "[truee]",
                           "['a']",
                           "[\"a]",
                           "[\"\\x\"]",
                           "[\"\\ud800\"]",
                           "[\"\x01\"]",
                           "[\"\xff\"]",
                           "[\"\xc0\x80\"]",
                           "[1]]",
                           "[1] x",
                           "{} {}",
                           "[1],",
                           "1",
                           "\"a\"",
                           "null",
                           "[1e400]",
                           "[9223372036854775808]",
                           "[-9223372036854775809]",
                           "[18446744073709551616]",
                           "\xef\xbb\xbf[]",
                           "/**/[]",
                           "[1]//",
                           "{\"a\":1,\"a\":2}",
                           "{\"\\u0061\":1,\"a\":2}",
                           "[\"\\u12\"]",
                           "{\"a\":1 \"b\":2}",
                           "{,}",
                           "[,]",
                           "{1:2}"}) {
    EXPECT_FALSE(ParseJson(text).ok()) << "'" << text << "'";
  }
}

TEST(JsonDocument, BigIntegersAreDoublesWhereThatIsWanted) {
  const JsonLimits limits = {.big_integers = BigIntegers::kNearestDouble};
  const auto root =
      ParseJson("[9223372036854775807, 9223372036854775808, -1000000000000000000000]", limits);
  ASSERT_TRUE(root.ok()) << root.status();
  EXPECT_EQ(root->items()[0].kind(), JsonKind::kInt);
  EXPECT_EQ(root->items()[1].double_value(), 9223372036854775808.0);
  EXPECT_EQ(root->items()[2].double_value(), -1e21);
  for (const char* text : {"[1e400]", "[00]", "[-]", "[9223372036854775808x]", "[1-2]"}) {
    EXPECT_FALSE(ParseJson(text, limits).ok()) << text;
  }
}

TEST(JsonDocument, SaysWhereTheFaultLies) {
  const auto broken = ParseJson(R"({"keys":[{"origin":nope}]})");
  ASSERT_FALSE(broken.ok());
  EXPECT_THAT(std::string(broken.status().message()), HasSubstr("$.keys[0].origin"));
  EXPECT_THAT(std::string(broken.status().message()), HasSubstr("byte 1"));
  const auto twice = ParseJson(R"({"a":{"b":1,"b":2}})");
  EXPECT_THAT(std::string(twice.status().message()), HasSubstr("$.a.b: duplicate name"));
  // Long names are cut between characters.
  const std::string long_name = absl::StrCat("x", std::string(62, 'x'), "\u00e9");
  const auto named = ParseJson(absl::StrCat("{\"", long_name, "\":!}"));
  EXPECT_THAT(std::string(named.status().message()), HasSubstr("$." + std::string(63, 'x') + ": "));
}

TEST(JsonDocument, HoldsItsLimits) {
  const auto nested = [](int depth) {
    return std::string(static_cast<size_t>(depth), '[') +
           std::string(static_cast<size_t>(depth), ']');
  };
  EXPECT_TRUE(ParseJson(nested(32)).ok());
  EXPECT_FALSE(ParseJson(nested(33)).ok());
  EXPECT_FALSE(ParseJson(nested(100'000)).ok());
  EXPECT_FALSE(ParseJson(std::string(500'000, '[')).ok());

  const auto wide = [](int members) {
    std::string text = "{";
    for (int i = 0; i < members; ++i) absl::StrAppend(&text, i ? "," : "", "\"k", i, "\":", i);
    return text + "}";
  };
  EXPECT_TRUE(ParseJson(wide(1024)).ok());
  EXPECT_FALSE(ParseJson(wide(1025)).ok());
  std::string duplicate = wide(1000);
  duplicate.back() = ',';
  EXPECT_FALSE(ParseJson(duplicate + "\"k500\":1}").ok());

  std::string many = "[0";
  for (int i = 0; i < 100'000; ++i) many += ",0";
  EXPECT_FALSE(ParseJson(many + "]").ok());
  EXPECT_EQ(ParseJson("[" + std::string(1 << 20, ' ') + "]").status().code(),
            absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace millrace
