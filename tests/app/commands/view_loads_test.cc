#include "app/commands/view_loads.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ViewLoads, AreARecordASecondOfNobodyKnowsHowMany) {
  const ViewLoads loads;
  EXPECT_EQ(loads.Of("any").records_per_s, 1);
  EXPECT_EQ(loads.Of("any").entities, std::nullopt);
  EXPECT_THAT(loads.names(), IsEmpty());
}

TEST(ViewLoads, OfAViewGoBeforeThoseOfAll) {
  const absl::StatusOr<ViewLoads> parsed = ViewLoads::Parse({"0.1", "b=20"}, {"a=7", "100", "b=9"});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const ViewLoads& loads = *parsed;
  EXPECT_EQ(loads.Of("a").records_per_s, 0.1);
  EXPECT_EQ(loads.Of("a").entities, 7);
  EXPECT_EQ(loads.Of("b").records_per_s, 20);
  EXPECT_EQ(loads.Of("b").entities, 9);
  EXPECT_EQ(loads.Of("c").records_per_s, 0.1);
  EXPECT_EQ(loads.Of("c").entities, 100);
  EXPECT_THAT(loads.names(), ElementsAre("a", "b"));
}

TEST(ViewLoads, AreRefusedWhenOneIsForNoViewOrTwoForTheSame) {
  const struct {
    std::vector<std::string> words;
    const char* said;
  } kCases[] = {
      {{"=5"}, " =5 names no view; without = it is of all"},
      {{"1", "a=2", "3"}, " is given twice for all views"},
      {{"a=1", "2", "a=3"}, " is given twice for 'a'"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(ViewLoads::Parse(test.words, {}).status(),
              absl::InvalidArgumentError(absl::StrCat("--rate", test.said)));
    EXPECT_EQ(ViewLoads::Parse({}, test.words).status(),
              absl::InvalidArgumentError(absl::StrCat("--entities", test.said)));
  }
}

}  // namespace
}  // namespace millrace
