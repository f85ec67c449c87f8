// The comparison must find planted mistakes and make them small, and must not cry wolf.

#include "tests/oracle/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

#include "tests/oracle/surviving_records.h"

namespace millrace::oracle {
namespace {

enum class Mistake : uint8_t { kNone, kForgetsOnRestart, kTiesByArrival, kEndIsIn, kMixesWindows };

// The oracle itself behind the port of an engine, with a mistake.
class FaultyEngine final : public Engine {
 public:
  FaultyEngine(View view, Mistake mistake) : view_(std::move(view)), mistake_(mistake) {
    if (mistake != Mistake::kEndIsIn) return;
    for (Feature& feature : view_.features) {
      if (feature.window.kind == WindowKind::kSliding) feature.window.end_closed = true;
    }
  }

  absl::Status Apply(const Record& record) override {
    Record kept = record;
    if (mistake_ == Mistake::kTiesByArrival) {
      kept.order.source = kept.order.partition = 0;
      kept.order.offset = static_cast<int64_t>(records_.size());
    }
    records_.push_back(kept);
    return absl::OkStatus();
  }
  absl::Status Restart() override {
    if (mistake_ == Mistake::kForgetsOnRestart && !records_.empty()) records_.pop_back();
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<EngineAnswer>> At(const Read& read) override {
    const FeatureOracle oracle(view_, records_);
    std::vector<EngineAnswer> answers;
    for (const Feature& feature : view_.features) {
      const Answer answer = oracle.At(WithMistake(feature), read);
      Datum value = answer.value;
      if (answer.match == Match::kMembers) value = Datum(DatumList());
      answers.push_back({answer.status, value, answer.count, answer.age_ms});
    }
    return answers;
  }

 private:
  // Takes the window of another count of the view, as if there were but one.
  Feature WithMistake(Feature feature) const {
    if (mistake_ != Mistake::kMixesWindows || feature.aggregation != "count") return feature;
    for (const Feature& other : view_.features) {
      if (other.aggregation == "count") feature.window = other.window;
    }
    return feature;
  }

  View view_;
  Mistake mistake_;
  std::vector<Record> records_;
};

EngineFactory With(Mistake mistake) {
  return [mistake](const View& view, int) -> absl::StatusOr<std::unique_ptr<Engine>> {
    return std::make_unique<FaultyEngine>(view, mistake);
  };
}

TEST(Comparison, AnEngineWithoutMistakesAgreesOnEveryAggregation) {
  const Report report = Compare(1, 20'000, CaseOptions(), With(Mistake::kNone));
  EXPECT_FALSE(report.counterexample) << ToText(*report.counterexample);
  EXPECT_GE(report.pairs, 20'000);
  EXPECT_EQ(report.pairs_by_aggregation.size(), AllAggregations().size());
  EXPECT_LT(report.ill_posed, report.pairs / 100);
}

TEST(Comparison, DecisionsAndArrivalByOffsetAreCoveredToo) {
  CaseOptions options;
  options.decisions = true;
  options.arrive_by_offset = true;
  const Report report = Compare(7, 5'000, options, With(Mistake::kNone));
  EXPECT_FALSE(report.counterexample) << ToText(*report.counterexample);
}

TEST(Comparison, FindsARecordLostInARestart) {
  const Report report = Compare(1, 20'000, CaseOptions(), With(Mistake::kForgetsOnRestart));
  ASSERT_TRUE(report.counterexample);
  EXPECT_LE(report.counterexample->random_case.arrivals.size(), 4U);
  EXPECT_FALSE(report.counterexample->random_case.restarts.empty());
}

TEST(Comparison, FindsTiesThatGoByArrival) {
  const Report report = Compare(1, 100'000, CaseOptions(), With(Mistake::kTiesByArrival));
  ASSERT_TRUE(report.counterexample);
  // A window of the newest 12 records may need 13 to show it.
  EXPECT_LE(report.counterexample->random_case.arrivals.size(), 13U)
      << ToText(*report.counterexample);
  EXPECT_EQ(report.counterexample->random_case.view.features.size(), 1U);
}

TEST(Comparison, FindsAnEndThatIsNotOpen) {
  const Report report = Compare(1, 20'000, CaseOptions(), With(Mistake::kEndIsIn));
  ASSERT_TRUE(report.counterexample);
  EXPECT_LE(report.counterexample->random_case.arrivals.size(), 3U);
  const std::string text = ToText(*report.counterexample);
  EXPECT_NE(text.find("cases:"), std::string::npos) << text;
}

TEST(Comparison, KeepsTheNeighbourWithoutWhichAFeatureIsRight) {
  const Report report = Compare(1, 20'000, CaseOptions(), With(Mistake::kMixesWindows));
  ASSERT_TRUE(report.counterexample);
  EXPECT_EQ(report.counterexample->random_case.view.features.size(), 2U);
  EXPECT_LE(report.counterexample->random_case.arrivals.size(), 3U);
}

TEST(RandomCases, ASeedGivesTheSameCase) {
  const std::string first = TestFileYaml(MakeCase(42, CaseOptions()));
  EXPECT_EQ(first, TestFileYaml(MakeCase(42, CaseOptions())));
  EXPECT_NE(first, TestFileYaml(MakeCase(43, CaseOptions())));
}

TEST(RandomCases, MeetTheEdgesTheyAreMadeFor) {
  std::set<WindowKind> kinds;
  std::set<Status> statuses;
  bool before_1970 = false;
  bool ties = false;
  bool unmatched = false;
  std::set<size_t> key_fields;
  bool deletions = false, known = false;
  for (uint64_t seed = 1; seed < 100; ++seed) {
    const RandomCase made = MakeCase(seed, CaseOptions());
    std::set<int64_t> times;
    for (const Record& record : made.arrivals) {
      before_1970 |= record.order.event_time_ms < 0;
      ties |= !times.insert(record.order.event_time_ms).second;
    }
    deletions |= std::any_of(made.arrivals.begin(), made.arrivals.end(),
                             [](const Record& r) { return r.change == Change::kDelete; });
    known |= std::any_of(made.reads.begin(), made.reads.end(),
                         [](const TimedRead& r) { return r.read.known_ms.has_value(); });
    key_fields.insert(made.view.key.size());
    unmatched |= !Surviving(made.arrivals).unmatched.empty();
    const FeatureOracle oracle(made.view, made.arrivals);
    for (const Feature& feature : made.view.features) {
      kinds.insert(feature.window.kind);
      for (size_t i = 0; i < 4; ++i) {
        statuses.insert(oracle.At(feature, made.reads[i].read).status);
      }
    }
  }
  EXPECT_TRUE(before_1970 && ties && unmatched && deletions && known);
  EXPECT_EQ(key_fields, (std::set<size_t>{1, 2, 3}));
  EXPECT_EQ(kinds.size(), 6U);
  EXPECT_EQ(statuses.size(), 6U);
}

}  // namespace
}  // namespace millrace::oracle
