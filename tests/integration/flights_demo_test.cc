// `millrace demo flights` on the embedded log, by the real binary: the numbers of the real data.

#include <filesystem>

#include "gtest/gtest.h"
#include "tests/app/demo/demo_process.h"

namespace millrace {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(2);

void Remove(const std::string& directory) {
  for (const char* suffix : {"", ".out", ".err"}) std::filesystem::remove_all(directory + suffix);
}

TEST(FlightsDemo, JanuaryGivesTheTotalsOfTheDataAndAChampionThatPredicts) {
  const std::string directory = DemoDirectory("totals");
  DemoProcess process(directory, {"--speed", "max"});
  ASSERT_TRUE(process.AwaitEnd(kPatience)) << process.Errors();
  const DemoReport report(process);
  EXPECT_EQ(report.Count("records"), 82'632);
  EXPECT_EQ(report.Count("decisions"), 27'004);
  EXPECT_EQ(report.Count("labels"), 26'398);
  EXPECT_EQ(report.Count("examples"), 26'398);
  EXPECT_EQ(report.Count("dropped"), 606);
  EXPECT_EQ(report.Count("pending"), 0);
  EXPECT_EQ(report.Count("unmatched"), 0);
  EXPECT_EQ(report.Count("dead_letters"), 0);
  EXPECT_GE(report.Metric("adagrad", "auc"), 0.715);
  EXPECT_LE(report.Metric("adagrad", "logloss"), 0.480);
  // The baselines learn from the same examples and are worse.
  for (const char* baseline : {"rate_table", "constant"}) {
    EXPECT_LT(report.Metric(baseline, "auc"), report.Metric("adagrad", "auc"));
    EXPECT_GT(report.Metric(baseline, "logloss"), report.Metric("adagrad", "logloss"));
  }
  Remove(directory);
}

TEST(FlightsDemo, TwoRunsAndAPacedOneAreTheSameToTheBit) {
  std::string first;
  // A month in about three seconds, appended a few records at a time.
  for (const char* speed : {"max", "max", "900000"}) {
    const std::string directory = DemoDirectory("same");
    DemoProcess process(directory, {"--speed", speed});
    ASSERT_TRUE(process.AwaitEnd(kPatience)) << process.Errors();
    const DemoReport report(process);
    EXPECT_EQ(report.digest().size(), 16u);
    if (first.empty()) first = report.text();
    EXPECT_EQ(report.text(), first) << "speed " << speed;
    Remove(directory);
  }
}

TEST(FlightsDemo, AFinishedRunIsFollowedByAFreshOne) {
  const std::string directory = DemoDirectory("again");
  std::string first;
  for (int run = 0; run < 2; ++run) {
    DemoProcess process(directory, {"--speed", "max"});
    ASSERT_TRUE(process.AwaitEnd(kPatience)) << process.Errors();
    const DemoReport report(process);
    if (run == 0) first = report.text();
    EXPECT_EQ(report.text(), first);
  }
  Remove(directory);
}

}  // namespace
}  // namespace millrace
