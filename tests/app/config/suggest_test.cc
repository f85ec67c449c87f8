#include "app/config/suggest.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(Suggestion, NamesTheNearestWord) {
  EXPECT_EQ(DidYouMean("cuont", {"count", "sum"}), "did you mean 'count'?");
}

TEST(Suggestion, KnowsWhatOthersCallIt) {
  const std::vector<std::string> aggregations = {"count", "count_distinct", "mean", "quantile"};
  EXPECT_EQ(DidYouMean("avg", aggregations), "did you mean 'mean'?");
  EXPECT_EQ(DidYouMean("NUnique", aggregations), "did you mean 'count_distinct'?");
  EXPECT_EQ(DidYouMean("p95", aggregations), "did you mean 'quantile' with q: 0.95?");
  EXPECT_EQ(DidYouMean("p90", aggregations), "did you mean 'quantile' with q: 0.9?");
  EXPECT_EQ(DidYouMean("p9x", aggregations), "");
  EXPECT_EQ(DidYouMean("float", {"int", "double"}), "did you mean 'double'?");
  EXPECT_EQ(DidYouMean("iso", {"ms", "rfc3339"}), "did you mean 'rfc3339'?");
  // Only where there is such a word.
  EXPECT_EQ(DidYouMean("float", {"sum"}), "");
}

TEST(Suggestion, IsAbsentWhenNothingIsNear) { EXPECT_EQ(DidYouMean("zz", {"ab"}), ""); }

}  // namespace
}  // namespace millrace
