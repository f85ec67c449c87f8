// A warm learner, model and metric allocate nothing.

#include <cstdint>
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "learners/metrics/binary_metrics.h"
#include "learners/metrics/windowed_metrics.h"
#include "tests/core/allocation_count.h"
#include "tests/learners/learner_laws.h"

namespace millrace {
namespace {

class LearnerAllocations : public testing::TestWithParam<LawCase> {};

TEST_P(LearnerAllocations, NoneOnceWarm) {
  auto made = FindLearnerType(GetParam().type)->make(GetParam().options, LawInputs());
  ASSERT_TRUE(made.ok());
  Learner& learner = **made;
  Random random(3);
  std::vector<LawExample> examples;
  std::vector<std::vector<Value>> inputs;
  for (int i = 0; i < 500; ++i) examples.push_back(TameExample(random));
  for (const LawExample& example : examples) inputs.push_back(example.Values());
  BinaryMetrics metrics;
  WindowedMetrics windowed;
  const auto pass = [&](const Model* model) {
    for (size_t i = 0; i < examples.size(); ++i) {
      const LearnResult result = learner.Learn(inputs[i], examples[i].label, examples[i].weight);
      const bool label = examples[i].label > 0;
      metrics.Add(0.5 + 0.01 * (i % 40) + 0 * result.score, label);
      windowed.AddDecision(static_cast<int64_t>(i) * 60'000);
      windowed.AddOutcome(static_cast<int64_t>(i) * 60'000, 0.5 + 0.01 * (i % 40), label);
      learner.Score(inputs[i]);
      if (model != nullptr) model->Score(inputs[i]);
    }
  };
  pass(nullptr);
  const auto model = learner.Publish();
  const int64_t before = AllocationCount();
  ASSERT_GT(before, 0);  // they are counted
  pass(model.get());
  EXPECT_EQ(AllocationCount() - before, 0);
}

INSTANTIATE_TEST_SUITE_P(All, LearnerAllocations,
                         testing::Values(LawCase{"Constant", "constant", {}},
                                         LawCase{"RateTable",
                                                 "rate_table",
                                                 {{"keys.0", OwnedValue(Value::String("carrier"))},
                                                  {"keys.1", OwnedValue(Value::String("hour"))}}},
                                         LawCase{"LogisticAdaGrad", "logistic", {}},
                                         LawCase{
                                             "LogisticFtrl",
                                             "logistic",
                                             {{"optimizer", OwnedValue(Value::String("ftrl"))}}}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace millrace
