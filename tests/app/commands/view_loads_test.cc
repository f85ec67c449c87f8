#include "app/commands/view_loads.h"

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
  ViewLoads loads;
  loads.SetRates({"0.1", "b=20"});
  loads.SetEntities({"a=7", "100", "b=8", "b=9"});
  EXPECT_EQ(loads.Of("a").records_per_s, 0.1);
  EXPECT_EQ(loads.Of("a").entities, 7);
  EXPECT_EQ(loads.Of("b").records_per_s, 20);
  EXPECT_EQ(loads.Of("b").entities, 9);
  EXPECT_EQ(loads.Of("c").records_per_s, 0.1);
  EXPECT_EQ(loads.Of("c").entities, 100);
  EXPECT_THAT(loads.names(), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace millrace
