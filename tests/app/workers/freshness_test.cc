#include "app/workers/freshness.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Views "of_a" over source 0 and "of_both" over sources 0 and 1.
Project TwoViews() {
  Project project;
  project.sources.resize(2);
  const auto add = [&project](const char* name, std::vector<ViewInput> inputs) {
    ViewSpec view;
    view.name = name;
    view.inputs = std::move(inputs);
    project.views.push_back(std::make_shared<const ViewSpec>(std::move(view)));
  };
  add("of_a", {{.source = 0}});
  add("of_both", {{.source = 0}, {.source = 1}});
  return project;
}

class FreshnessTest : public ::testing::Test {
 protected:
  // The record reaches all views over its source, but the one it says.
  void Apply(int32_t source, int64_t append_ms, int left_out = -1) {
    Event event;
    event.source = source;
    event.append_ms = append_ms;
    freshness_.Applied(event);
    for (int view = 0; view < 2; ++view) {
      if (view != left_out && (view == 1 || source == 0)) ++updates_[view];
    }
  }
  static std::string Sum(const std::string& view, const std::string& seconds) {
    return "millrace_feature_freshness_seconds_sum{view=\"" + view + "\"} " + seconds + "\n";
  }
  static std::string Count(const std::string& view, int count) {
    return "millrace_feature_freshness_seconds_count{view=\"" + view + "\"} " +
           std::to_string(count) + "\n";
  }

  const Project project_ = TwoViews();
  Registry registry_;
  uint64_t updates_[2] = {};
  Freshness freshness_{project_, &registry_, [this](int32_t view) { return updates_[view]; }};
};

TEST_F(FreshnessTest, IsOfTheRecordThatWaitedLongest) {
  Apply(0, 10'000);
  Apply(0, 8'000);
  Apply(1, 6'000);
  freshness_.EndTurn(10'000);
  EXPECT_THAT(registry_.Text(), HasSubstr(Sum("of_a", "2")));
  EXPECT_THAT(registry_.Text(), HasSubstr(Sum("of_both", "4")));
  EXPECT_THAT(registry_.Text(), HasSubstr(Count("of_both", 1)));
}

TEST_F(FreshnessTest, ATurnMeasuresWhatItAppliedAlone) {
  Apply(0, 9'000);
  freshness_.EndTurn(10'000);
  Apply(1, 9'500);
  freshness_.EndTurn(10'000);
  freshness_.EndTurn(20'000);
  EXPECT_THAT(registry_.Text(), HasSubstr(Count("of_a", 1)));
  EXPECT_THAT(registry_.Text(), HasSubstr(Count("of_both", 2)));
  EXPECT_THAT(registry_.Text(), HasSubstr(Sum("of_both", "1.5")));
}

TEST_F(FreshnessTest, WhatIsSkippedIsNeverMeasured) {
  Apply(0, 0);
  freshness_.SkipTurn();
  freshness_.EndTurn(10'000);
  EXPECT_THAT(registry_.Text(), HasSubstr(Count("of_a", 0)));
}

TEST_F(FreshnessTest, AnAppendTimeAheadOfTheClockIsNoAge) {
  Apply(0, 11'000);
  freshness_.EndTurn(10'000);
  EXPECT_THAT(registry_.Text(), HasSubstr(Sum("of_a", "0")));
}

TEST_F(FreshnessTest, AViewThatTheRecordDoesNotReachIsNotMeasured) {
  Apply(0, 9'000, /*left_out=*/0);
  freshness_.EndTurn(10'000);
  EXPECT_THAT(registry_.Text(), HasSubstr(Count("of_a", 0)));
  EXPECT_THAT(registry_.Text(), HasSubstr(Count("of_both", 1)));
}

TEST_F(FreshnessTest, BucketsBeginAtTheMillisecondThatTimesAreKnownTo) {
  Apply(0, 9'998);
  freshness_.EndTurn(10'000);
  const auto bucket = [](const char* bound, int count) {
    return absl::StrCat("_bucket{view=\"of_a\",le=\"", bound, "\"} ", count, "\n");
  };
  EXPECT_THAT(registry_.Text(), HasSubstr(bucket("0.001", 0)));
  EXPECT_THAT(registry_.Text(), HasSubstr(bucket("0.002", 1)));
  EXPECT_THAT(registry_.Text(), Not(HasSubstr("e-04")));
}

TEST(Freshness, WithoutARegistryNothingIsMeasured) {
  const Project project = TwoViews();
  Freshness freshness(project, nullptr, nullptr);
  Event event;
  event.source = 1;
  freshness.Applied(event);
  freshness.EndTurn(10'000);
}

}  // namespace
}  // namespace millrace
