#include "serving/scorer.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/serving/fake_model.h"
#include "tests/serving/scoring_fixture.h"

namespace millrace {
namespace {

class ScorerTest : public testing::Test {
 protected:
  ScorerTest() : store_(ScoringViews()), scorer_(*Scorer::Make(MakeScoringPlan(), store_)) {
    store_.Set(0, {Value::String("JFK")}, 0, Present(Value::Double(0.25), 10));
    store_.Set(0, {Value::String("JFK")}, 1, Present(Value::Double(4), 10));
    store_.Set(1, {Value::String("JFK"), Value::Int(12)}, 0, Present(Value::Double(6), 10));
  }
  FakeOnlineStore store_;
  Scorer scorer_;
  DecisionRow row_;
  const std::vector<Value> fields_ = {Value::String("JFK"), Value::Int(12), Value::Double(867)};
};

TEST_F(ScorerTest, AssemblesFieldsTimeFeaturesAndExpressions) {
  ASSERT_TRUE(scorer_.Assemble(fields_, 1234, &row_).ok());
  EXPECT_EQ(row_.slots[3], Value::Timestamp(1234));
  EXPECT_THAT(row_.inputs, testing::ElementsAre(Value::Double(0.25), Value::Double(2),
                                                Value::Double(867), Value::String("JFK")));
  EXPECT_THAT(row_.input_statuses, testing::Each(FeatureStatus::kPresent));
  EXPECT_THAT(scorer_.feature_names(), testing::ElementsAre("out.late", "out.left", "route.due"));
}

TEST_F(ScorerTest, ReadsFeaturesAsOfTheDecision) {
  store_.keep_times = true;
  ASSERT_TRUE(scorer_.Assemble(fields_, 1234, &row_).ok());
  EXPECT_THAT(store_.read_times, testing::Each(1234));
}

TEST_F(ScorerTest, GivesLearnersNullForWarmingFeaturesButKeepsTheirValue) {
  FeatureValue warming = Present(Value::Double(0.9), 1);
  warming.status = FeatureStatus::kWarming;
  store_.Set(0, {Value::String("JFK")}, 0, warming);
  ASSERT_TRUE(scorer_.Assemble(fields_, 1, &row_).ok());
  EXPECT_TRUE(row_.inputs[0].is_null());
  EXPECT_EQ(row_.input_statuses[0], FeatureStatus::kWarming);
  EXPECT_EQ(row_.features[0].value.view(), Value::Double(0.9));
}

TEST_F(ScorerTest, GivesLearnersWarmingValuesOfAViewThatSaysSo) {
  std::vector<std::shared_ptr<const ViewSpec>> views = ScoringViews();
  auto used = std::make_shared<ViewSpec>(*views[0]);
  used->while_warming = WhileWarming::kUse;
  views[0] = used;
  FakeOnlineStore store(views);
  FeatureValue warming = Present(Value::Double(0.9), 1);
  warming.status = FeatureStatus::kWarming;
  store.Set(0, {Value::String("JFK")}, 0, warming);
  store.Set(1, {Value::String("JFK"), Value::Int(12)}, 0, warming);
  const Scorer scorer = *Scorer::Make(MakeScoringPlan(), store);
  ASSERT_TRUE(scorer.Assemble(fields_, 1, &row_).ok());
  EXPECT_EQ(row_.inputs[0], Value::Double(0.9));
  EXPECT_EQ(row_.input_statuses[0], FeatureStatus::kWarming);
  EXPECT_TRUE(row_.slots[6].is_null()) << "the other view does not";
}

TEST_F(ScorerTest, KeepsStatusesOfMissingInputs) {
  const std::vector<Value> unknown = {Value::String("ZZZ"), Value::Null(), Value::Null()};
  ASSERT_TRUE(scorer_.Assemble(unknown, 1, &row_).ok());
  EXPECT_EQ(row_.input_statuses[0], FeatureStatus::kMissing);
  EXPECT_EQ(row_.input_statuses[1], FeatureStatus::kNull);
  EXPECT_EQ(row_.input_statuses[2], FeatureStatus::kMissing);
  EXPECT_EQ(row_.input_statuses[3], FeatureStatus::kPresent);
}

TEST_F(ScorerTest, LeavesNothingOfTheRowBefore) {
  ASSERT_TRUE(scorer_.Assemble(fields_, 1, &row_).ok());
  const std::vector<Value> unknown = {Value::String("ZZZ"), Value::Null(), Value::Null()};
  ASSERT_TRUE(scorer_.Assemble(unknown, 2, &row_).ok());
  DecisionRow fresh;
  ASSERT_TRUE(scorer_.Assemble(unknown, 2, &fresh).ok());
  EXPECT_EQ(row_.inputs, fresh.inputs);
  EXPECT_EQ(row_.input_statuses, fresh.input_statuses);
}

TEST_F(ScorerTest, ScoresEveryModelOfTheDeployment) {
  Deployment deployment;
  deployment.task = "delayed";
  deployment.models = {Deployed("a", 1.0, 5), Deployed("b", 2.0, 6)};
  ASSERT_TRUE(scorer_.Assemble(fields_, 1, &row_).ok());
  scorer_.Score(deployment, &row_);
  EXPECT_THAT(row_.scores, testing::ElementsAre(1.25, 2.25));
}

TEST_F(ScorerTest, RefusesPlansThatDoNotFitTheStore) {
  const auto refused = [&](auto change) {
    const auto plan = MakeScoringPlan();
    change(*plan);
    return absl::IsInvalidArgument(Scorer::Make(plan, store_).status());
  };
  EXPECT_TRUE(refused([](ScoringPlan& p) { p.reads[0].view = 2; }));
  EXPECT_TRUE(refused([](ScoringPlan& p) { p.reads[0].key_slots = {0, 1}; }));
  EXPECT_TRUE(refused([](ScoringPlan& p) { p.reads[0].key_slots = {5}; }));
  EXPECT_TRUE(refused([](ScoringPlan& p) { p.reads[0].features = {0, 2}; }));
  EXPECT_TRUE(refused([](ScoringPlan& p) { p.reads[0].slots = {4, 7}; }));
  EXPECT_TRUE(refused([](ScoringPlan& p) { p.reads[0].slots = {4}; }));
  EXPECT_TRUE(refused([](ScoringPlan& p) { p.inputs[0].slot = -1; }));
  EXPECT_TRUE(refused([](ScoringPlan& p) { p.at_slot = 99; }));
  EXPECT_TRUE(refused([](ScoringPlan& p) { p.field_count = 99; }));
}

}  // namespace
}  // namespace millrace
