#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "learners/registry.h"

namespace millrace {
namespace {

OwnedValue Word(absl::string_view word) { return OwnedValue(Value::String(word)); }

const std::vector<InputField>& Inputs() {
  static const auto& inputs =
      *new std::vector<InputField>{{"carrier", Type::kString}, {"hour", Type::kInt}};
  return inputs;
}

std::unique_ptr<Learner> MakeTable(LearnerOptions options) {
  return *FindLearnerType("rate_table")->make(options, Inputs());
}

std::vector<Value> Row(absl::string_view carrier, int64_t hour) {
  return {Value::String(carrier), Value::Int(hour)};
}

TEST(Constant, IsTheSmoothedBaseRate) {
  const auto learner = *FindLearnerType("constant")->make({}, Inputs());
  EXPECT_EQ(learner->Score(Row("AA", 1)), 0.5);
  learner->Learn(Row("AA", 1), 1, 1);
  EXPECT_DOUBLE_EQ(learner->Score(Row("B6", 2)), 1.5 / 2);
  learner->Learn(Row("AA", 1), 0, 3);
  EXPECT_DOUBLE_EQ(learner->Score(Row("B6", 2)), 1.5 / 5);
}

TEST(RateTable, ShrinksTheRateOfAKeyToTheBaseRate) {
  const auto learner = MakeTable({{"keys.0", Word("carrier")}});
  for (int i = 0; i < 30; ++i) learner->Learn(Row("AA", i), i % 3 == 0 ? 1 : 0, 1);
  for (int i = 0; i < 10; ++i) learner->Learn(Row("B6", i), 1, 1);
  const double mean = (20 + 0.5) / (40 + 1);
  EXPECT_DOUBLE_EQ(learner->Score(Row("AA", 0)), (10 + 20 * mean) / (30 + 20));
  EXPECT_DOUBLE_EQ(learner->Score(Row("B6", 99)), (10 + 20 * mean) / (10 + 20));
  EXPECT_DOUBLE_EQ(learner->Score(Row("DL", 0)), mean);
}

TEST(RateTable, KeepsARowForEachCombinationOfItsKeysAndForNull) {
  const auto learner = MakeTable(
      {{"keys.0", Word("carrier")}, {"keys.1", Word("hour")}, {"m", OwnedValue(Value::Int(1))}});
  for (int i = 0; i < 20; ++i) {
    learner->Learn(Row("AA", 1), 1, 1);
    learner->Learn(Row("AA", 2), 0, 1);
    learner->Learn(std::vector<Value>{Value(), Value::Int(1)}, 0, 1);
  }
  EXPECT_GT(learner->Score(Row("AA", 1)), 0.9);
  EXPECT_LT(learner->Score(Row("AA", 2)), 0.1);
  EXPECT_LT(learner->Score(std::vector<Value>{Value(), Value::Int(1)}), 0.1);
  EXPECT_EQ(learner->Publish()->Explain(Row("AA", 1))[1].input, "carrier,hour");
}

TEST(RateTable, KeysBeyondItsBoundScoreTheBaseRate) {
  const auto learner =
      MakeTable({{"keys.0", Word("hour")}, {"max_keys", OwnedValue(Value::Int(2))}});
  for (int i = 0; i < 300; ++i) learner->Learn(Row("AA", i % 3), i % 3 == 0 ? 1 : 0, 1);
  EXPECT_GT(learner->Score(Row("AA", 0)), 0.8);
  EXPECT_LT(learner->Score(Row("AA", 1)), 0.1);
  EXPECT_DOUBLE_EQ(learner->Score(Row("AA", 2)), 100.5 / 301);
}

}  // namespace
}  // namespace millrace
