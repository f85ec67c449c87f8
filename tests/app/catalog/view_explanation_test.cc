#include "app/catalog/view_explanation.h"

#include "gmock/gmock.h"
#include "stream/tile_ladder.h"
#include "tests/app/catalog/shop.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kHourMs = 60 * kMinuteMs;

class ViewExplanationTest : public ::testing::Test {
 protected:
  ViewExplanation Explain(int32_t view, double rate = 1) {
    auto explained = ExplainView(project_, view, {.records_per_s = rate, .entities = {}});
    EXPECT_TRUE(explained.ok()) << explained.status();
    return *std::move(explained);
  }
  static const WindowExplanation& Over(const ViewExplanation& view, absl::string_view window) {
    for (const WindowExplanation& known : view.windows) {
      if (known.window == window) return known;
    }
    ADD_FAILURE() << "no window " << window;
    return view.windows[0];
  }

  const Project project_ = LoadShop();
};

TEST_F(ViewExplanationTest, WindowsHaveTheirTailTierAndAFewMerges) {
  const ViewExplanation view = Explain(0);
  EXPECT_EQ(Over(view, "30d").tail_ms, kHourMs);
  EXPECT_EQ(Over(view, "12h").tail_ms, kMinuteMs);
  EXPECT_EQ(Over(view, "1h").tail_ms, 10'000);
  EXPECT_EQ(Over(view, "1s").tail_ms, std::nullopt) << "folded from records";
  EXPECT_EQ(Over(view, "newest 5 records").tail_ms, std::nullopt);
  for (const WindowExplanation& window : view.windows) {
    // Behind a quantile, which must find late records, lie 40 days until the base begins.
    EXPECT_LE(window.merges, window.window == "lifetime" ? 80 : kMaxMerges) << window.window;
    EXPECT_LE(window.blocks, 24) << window.window;
  }
  EXPECT_THAT(Over(view, "30d").features, ElementsAre("sum_30d", "mean_30d", "orders_30d"));
}

TEST_F(ViewExplanationTest, TiersAreKeptForTheLongestWindowThatUsesThem) {
  for (const TierExplanation& tier : Explain(1).tiers) {
    EXPECT_GE(tier.kept_ms, 7 * 24 * kHourMs + kHourMs);
    EXPECT_LE(tier.kept_ms, 7 * 24 * kHourMs + kHourMs + 65 * tier.tile_ms);
  }
}

TEST_F(ViewExplanationTest, FeaturesShareStates) {
  const ViewExplanation view = Explain(0);
  EXPECT_EQ(view.states[0].computes, "sum, mean of price");
  EXPECT_THAT(view.states[0].features, ElementsAre("sum_1h", "sum_30d", "mean_30d"));
  EXPECT_EQ(view.states[0].state_class, StateClass::kExact);
  EXPECT_EQ(view.states[1].computes, "count of *");
  EXPECT_THAT(view.states[1].features, ElementsAre("orders_30d", "ever", "visit", "burst"));
  EXPECT_EQ(view.states[2].computes, "quantile of price where pieces > 1");
  EXPECT_EQ(view.states[2].state_class, StateClass::kRounded);
}

TEST_F(ViewExplanationTest, AutoIsExactWhileTheRecordsAtTheEndsAreKept) {
  // 4,096 records at 1/s are 68 minutes.
  const ViewExplanation view = Explain(0);
  EXPECT_TRUE(Over(view, "1h").exact);
  EXPECT_FALSE(Over(view, "12h").exact);
  EXPECT_EQ(Over(view, "12h").off_by_ms, kMinuteMs);
  EXPECT_TRUE(Over(Explain(0, 0.05), "12h").exact);
  const ViewExplanation hot = Explain(0, 10'000);
  EXPECT_TRUE(Over(hot, "lifetime").exact);
  EXPECT_TRUE(Over(hot, "newest 5 records").exact);
  EXPECT_FALSE(Over(hot, "1s").exact);
  EXPECT_EQ(Over(hot, "1s").off_by_ms, std::nullopt) << "truncated";
}

TEST_F(ViewExplanationTest, SessionsSayHowFarBackTheyAreTold) {
  const ViewExplanation view = Explain(0);
  EXPECT_EQ(Over(view, "session of gap 30m").session_reach_ms, 128 * 30 * kMinuteMs);
  EXPECT_EQ(Over(view, "1h").session_reach_ms, std::nullopt);
}

TEST_F(ViewExplanationTest, ExactKeepsAllAndTiledNothing) {
  const ViewExplanation exact = Explain(1, 2);
  EXPECT_TRUE(Over(exact, "7d").exact);
  EXPECT_EQ(exact.most_records, std::nullopt);
  EXPECT_NEAR(static_cast<double>(exact.dense.records),
              2 * static_cast<double>(*exact.records_kept_ms) / 1'000, 1);
  const ViewExplanation tiled = Explain(2);
  EXPECT_EQ(Over(tiled, "1d").off_by_ms, 10 * kMinuteMs);
  EXPECT_LT(tiled.dense.records, 2'000);
}

}  // namespace
}  // namespace millrace
