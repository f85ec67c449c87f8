#include "stream/window.h"

#include "gtest/gtest.h"
#include "stream/aggregation.h"

namespace millrace {
namespace {

TEST(Window, FloorsTowardsThePastBefore1970Too) {
  EXPECT_EQ(FloorTo(-1, 300'000), -300'000);
  EXPECT_EQ(FloorTo(0, 300'000), 0);
  EXPECT_EQ(FloorTo(-300'000, 300'000), -300'000);
  EXPECT_EQ(FloorTo(299'999, 300'000), 0);
}

TEST(Window, SpansFollowBoundsAndLag) {
  struct Case {
    Window window;
    int64_t at;
    Span span;
  };
  const Case cases[] = {
      {{WindowKind::kSliding, 100, 0, Bounds::kClosedOpen}, 1000, {900, 1000}},
      {{WindowKind::kSliding, 100, 0, Bounds::kOpenClosed}, 1000, {901, 1001}},
      {{WindowKind::kSliding, 100, 0, Bounds::kClosedClosed}, 1000, {900, 1001}},
      {{WindowKind::kSliding, 100, 0, Bounds::kOpenOpen}, 1000, {901, 1000}},
      {{WindowKind::kSliding, 1, 0, Bounds::kOpenOpen}, 1000, {1000, 1000}},
      {{WindowKind::kSliding, 100, 30, Bounds::kClosedOpen}, 1000, {870, 970}},
      {{WindowKind::kSliding, 100, 30, Bounds::kOpenClosed}, 0, {-129, -29}},
      {{WindowKind::kSliding, 100, 0, Bounds::kClosedOpen}, -50, {-150, -50}},
      {{WindowKind::kLifetime, 0, 0, Bounds::kClosedOpen}, 5, {kBeginningOfTime, 5}},
      {{WindowKind::kLifetime, 0, 7, Bounds::kClosedClosed}, 5, {kBeginningOfTime, -1}},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(SpanAt(c.window, c.at), c.span) << c.window.size_ms << " at " << c.at;
  }
}

TEST(Aggregation, NamesRoundTripAndUnknownWordsAreNone) {
  for (int i = 0; i < 6; ++i) {
    const auto kind = static_cast<AggregationKind>(i);
    EXPECT_EQ(FindAggregation(AggregationName(kind)), kind);
  }
  EXPECT_EQ(FindAggregation("median-ish"), std::nullopt);
}

TEST(Aggregation, RefusesTypesItCannotFold) {
  EXPECT_EQ(ResultType(AggregationKind::kCount, Type::kNull), Type::kInt);
  EXPECT_EQ(ResultType(AggregationKind::kSum, Type::kInt), Type::kInt);
  EXPECT_EQ(ResultType(AggregationKind::kMean, Type::kInt), Type::kDouble);
  EXPECT_EQ(ResultType(AggregationKind::kSum, Type::kBool), std::nullopt);
  EXPECT_EQ(ResultType(AggregationKind::kMean, Type::kBool), std::nullopt);
  EXPECT_EQ(ResultType(AggregationKind::kSum, Type::kTimestamp), std::nullopt);
  EXPECT_EQ(ResultType(AggregationKind::kMin, Type::kString), Type::kString);
  EXPECT_EQ(ResultType(AggregationKind::kLast, Type::kTimestamp), Type::kTimestamp);
  EXPECT_EQ(ResultType(AggregationKind::kLast, Type::kNull), std::nullopt);
}

}  // namespace
}  // namespace millrace
