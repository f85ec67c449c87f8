#include "app/config/suggest.h"

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

TEST(Suggestion, IsTheNearestWord) {
  EXPECT_EQ(Nearest("meen", {"min", "mean", "max"}), "mean");
  EXPECT_EQ(DidYouMean("cuont", {"count", "sum"}), "did you mean 'count'?");
}

TEST(Suggestion, IsAbsentWhenNothingIsNear) {
  EXPECT_EQ(Nearest("quantile", {"count", "sum"}), std::nullopt);
  EXPECT_EQ(DidYouMean("zz", {"ab"}), "");
  // Every one-letter word is near every other.
  EXPECT_EQ(Nearest("x", {"y"}), std::nullopt);
}

}  // namespace
}  // namespace millrace
