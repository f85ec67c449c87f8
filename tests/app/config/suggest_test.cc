#include "app/config/suggest.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(Suggestion, NamesTheNearestWord) {
  EXPECT_EQ(DidYouMean("cuont", {"count", "sum"}), "did you mean 'count'?");
}

TEST(Suggestion, IsAbsentWhenNothingIsNear) { EXPECT_EQ(DidYouMean("zz", {"ab"}), ""); }

}  // namespace
}  // namespace millrace
