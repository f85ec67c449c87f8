#include "app/commands/text_table.h"

#include <cstdint>
#include <string>

#include "app/commands/api_client.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(TextTable, AlignsTextLeftAndNumbersRight) {
  TextTable table({"name", ">n", "status"});
  table.Add({"a", "1,000", "present"});
  table.Add({"längst", "2", "null"});
  EXPECT_EQ(table.ToString(),
            "name        n  status\n"
            "a       1,000  present\n"
            "längst      2  null\n");
}

TEST(TextTable, ShowsNoControlCharacters) {
  TextTable table({"x"});
  table.Add({"a\x1b[31m\nb"});
  EXPECT_EQ(table.ToString(), "x\na?[31m?b\n");
}

TEST(AgeText, ChoosesTheUnit) {
  EXPECT_EQ(AgeText(0), "0 ms");
  EXPECT_EQ(AgeText(812), "812 ms");
  EXPECT_EQ(AgeText(-5), "-5 ms");
  EXPECT_EQ(AgeText(1'500), "1.5 s");
  EXPECT_EQ(AgeText(240'000), "4 min");
  EXPECT_EQ(AgeText(5'400'000), "1.5 h");
  EXPECT_EQ(AgeText(41LL * 86'400'000), "41 d");
}

TEST(CountText, GroupsThousands) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(-999), "-999");
  EXPECT_EQ(CountText(1'000), "1,000");
  EXPECT_EQ(CountText(-1'234'567), "-1,234,567");
  EXPECT_EQ(CountText(INT64_MIN), "-9,223,372,036,854,775,808");
}

TEST(MemberText, ShowsADashForNothing) {
  const auto json = ParseAnswer(R"({"i":5,"d":0.1,"s":"x","n":null,"b":true})");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(MemberText(*json, "i"), "5");
  EXPECT_EQ(MemberText(*json, "d"), "0.1");
  EXPECT_EQ(MemberText(*json, "s"), "x");
  EXPECT_EQ(MemberText(*json, "n"), "-");
  EXPECT_EQ(MemberText(*json, "absent"), "-");
  EXPECT_EQ(MemberText(*json, "b"), "true");
  EXPECT_EQ(MemberText(*json, "i", AgeText), "5 ms");
  EXPECT_EQ(MemberText(*json, "n", AgeText), "-");
  EXPECT_EQ(MemberRounded(*json, "d"), "0.1");
  EXPECT_EQ(TimeText(1357038000000), "2013-01-01T11:00:00.000Z");
}

TEST(MemberValue, ShowsListsAndMaps) {
  const auto json =
      ParseAnswer(R"({"list":[11.82,null,"x"],"none":[],"map":{"a":1,"b":[2.0]},"n":null})");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(MemberValue(*json, "list"), R"([11.82,null,"x"])");
  EXPECT_EQ(MemberValue(*json, "none"), "[]");
  EXPECT_EQ(MemberValue(*json, "map"), R"({"a":1,"b":[2.0]})");
  EXPECT_EQ(MemberValue(*json, "n"), "-");
  EXPECT_EQ(MemberValue(*json, "absent"), "-");
}

TEST(MemberValue, CutsLongOnesBetweenCharacters) {
  const auto shown = [](const std::string& text) {
    const auto json = ParseAnswer("{\"v\":\"" + text + "\"}");
    return json.ok() ? MemberValue(*json, "v") : std::string(json.status().message());
  };
  const std::string fits(kShownValue, 'x');
  EXPECT_EQ(shown(fits), fits);
  EXPECT_EQ(shown(fits + "y"), fits.substr(1) + "…");
  std::string wide, cut;
  for (size_t i = 0; i < kShownValue + 1; ++i) wide += "é";
  for (size_t i = 0; i + 1 < kShownValue; ++i) cut += "é";
  EXPECT_EQ(shown(wide), cut + "…");
}

}  // namespace
}  // namespace millrace
