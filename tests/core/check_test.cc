#include "core/check.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(Check, PassesWhenTheConditionHolds) {
  int evaluated = 0;
  CHECK(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

TEST(CheckDeathTest, StopsTheProcessAndNamesPlaceAndCondition) {
  EXPECT_DEATH(CHECK(1 + 1 == 3), "check_test\\.cc:[0-9]+: broken invariant: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace millrace
