#include "stream/window.h"

#include "gtest/gtest.h"

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

Window Tumbling(int64_t size, Which which, int64_t origin = 0) {
  Window window;
  window.kind = WindowKind::kTumbling;
  window.size_ms = size;
  window.which = which;
  window.origin_ms = origin;
  return window;
}

TEST(Window, TumblingWindowsLieSideBySideBefore1970Too) {
  EXPECT_EQ(SpanAt(Tumbling(300, Which::kCurrent), 650), (Span{600, 650}));
  EXPECT_EQ(SpanAt(Tumbling(300, Which::kComplete), 650), (Span{300, 600}));
  EXPECT_EQ(SpanAt(Tumbling(300, Which::kCurrent), 600), (Span{600, 600}));
  EXPECT_EQ(SpanAt(Tumbling(300, Which::kCurrent), -1), (Span{-300, -1}));
  EXPECT_EQ(SpanAt(Tumbling(300, Which::kCurrent, 100), 650), (Span{400, 650}));
}

TEST(Window, HoppingWindowsEndAtTheNewestHop) {
  Window window;
  window.kind = WindowKind::kHopping;
  window.size_ms = 600;
  window.hop_ms = 250;
  EXPECT_EQ(SpanAt(window, 1'100), (Span{400, 1'000}));
  EXPECT_EQ(SpanAt(window, 1'000), (Span{400, 1'000}));
  EXPECT_EQ(SpanAt(window, -1), (Span{-850, -250}));
}

TEST(Window, LeavesOutTheReadTimeWhereAsked) {
  Window window{WindowKind::kSliding, 100, 0, Bounds::kClosedClosed};
  window.exclude_current = ExcludeCurrent::kTime;
  EXPECT_EQ(SpanAt(window, 1'000), (Span{900, 1'000}));
}

TEST(Window, DescribesItself) {
  Window window{WindowKind::kSliding, 3'600'000, 600'000, Bounds::kOpenClosed};
  window.max_events = 5;
  EXPECT_EQ(DescribeWindow(window), "newest 5 records in 1h, 10m ago, (]");
  EXPECT_EQ(DescribeWindow(Tumbling(86'400'000, Which::kComplete)), "complete tumbling 1d");
}

}  // namespace
}  // namespace millrace
