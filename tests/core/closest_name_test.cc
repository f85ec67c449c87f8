#include "core/closest_name.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(EditDistance("count", "count", 2), 0);
  EXPECT_EQ(EditDistance("cuont", "count", 2), 1);
  EXPECT_EQ(EditDistance("cont", "count", 2), 1);
  EXPECT_EQ(EditDistance("coount", "count", 2), 1);
  EXPECT_EQ(EditDistance("kount", "count", 2), 1);
  EXPECT_EQ(EditDistance("kuont", "count", 2), 2);
  EXPECT_EQ(EditDistance("", "ab", 2), 2);
}

TEST(EditDistance, StopsAtItsLimit) {
  EXPECT_EQ(EditDistance("count", "quantile", 2), 3);
  EXPECT_EQ(EditDistance("abc", "xyz", 2), 3);
}

TEST(EditDistance, IgnoresCase) { EXPECT_EQ(EditDistance("JFK", "jfk", 2), 0); }

TEST(ClosestName, IsTheNearestAndOfEqualsTheFirst) {
  EXPECT_EQ(ClosestName("meen", {"min", "mean", "max"}), "mean");
  EXPECT_EQ(ClosestName("max", {"mix", "man"}), "mix");
}

TEST(ClosestName, IsElseTheOnlyOneThatBeginsAlike) {
  EXPECT_EQ(ClosestName("tumble", {"session", "tumbling"}), "tumbling");
  EXPECT_EQ(ClosestName("kurtosis", {"kurtosis_pop", "kurtosis_samp"}), "");
  EXPECT_EQ(ClosestName("spend.amounts_sum", {"spend.count"}), "");
  EXPECT_EQ(ClosestName("count_all", {"count_distinct"}), "");
}

TEST(ClosestName, IsEmptyWhenNothingIsNear) {
  EXPECT_EQ(ClosestName("quantile", {"count", "sum"}), "");
  // Every one-letter word is near every other.
  EXPECT_EQ(ClosestName("x", {"y"}), "");
  EXPECT_EQ(ClosestName("abc", {"axy"}), "");
}

}  // namespace
}  // namespace millrace
