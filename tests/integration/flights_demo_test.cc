// `millrace demo flights` on the embedded log, by the real binary: the numbers of the real data.

#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/app/demo/demo_process.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

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

TEST(FlightsDemo, TellsWhatItResumedAndBeginsAnewWhenAsked) {
  constexpr int kInterruptions = 4;  // on a busy machine the first may come before any record
  for (const bool fresh : {false, true}) {
    const std::string directory = DemoDirectory("resumed");
    for (int i = 0; i < kInterruptions; ++i) {
      DemoProcess unfinished(directory, {"--speed", "36000"});  // a month in over a minute
      ASSERT_FALSE(unfinished.AwaitEnd(absl::Milliseconds(1'500)));
      unfinished.End(SIGINT);
    }
    std::vector<std::string> arguments = {"--speed", "max"};
    if (fresh) arguments.push_back("--fresh");
    DemoProcess process(directory, arguments);
    ASSERT_TRUE(process.AwaitEnd(kPatience)) << process.Errors();
    const DemoReport report(process);
    EXPECT_EQ(report.Count("records"), 82'632);
    if (fresh) {
      EXPECT_EQ(report.Count("resumed"), 0);
    } else {
      EXPECT_GT(report.Count("resumed"), 0);
      EXPECT_LT(report.Count("resumed"), 82'632);
    }
    Remove(directory);
  }
}

TEST(FlightsDemo, WhatADemoUsesNoOtherOneDeletes) {
  const std::string directory = DemoDirectory("in-use");
  DemoProcess first(directory, {"--speed", "200000"});  // a month in over ten seconds
  const std::filesystem::path begun = std::filesystem::path(directory) / "data" / "run";
  while (!std::filesystem::exists(begun)) {
    ASSERT_FALSE(first.AwaitEnd(absl::Milliseconds(20))) << first.Errors();
  }
  const std::vector<std::vector<std::string>> others = {{"--fresh"},
                                                        {"--set", "server.http=127.0.0.1:0"}};
  for (const std::vector<std::string>& arguments : others) {
    DemoProcess second(directory, arguments, ".second");
    EXPECT_EQ(second.ExitCode(), 75);
    EXPECT_THAT(second.Errors(), AllOf(HasSubstr(" is in use by another process (pid "),
                                       HasSubstr("hint: stop that process")));
    std::filesystem::remove(directory + ".second.out");
    std::filesystem::remove(directory + ".second.err");
  }
  ASSERT_TRUE(first.AwaitEnd(kPatience)) << first.Errors();
  const DemoReport report(first);
  EXPECT_EQ(report.Count("records"), 82'632);
  EXPECT_EQ(report.Count("examples"), 26'398);
  Remove(directory);
}

}  // namespace
}  // namespace millrace
