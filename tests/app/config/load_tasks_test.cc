// Tasks of a project: decisions, inputs, labels, learners.

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/app/config/shop_project.h"

namespace millrace {
namespace {

using testing::ElementsAre;

TEST(Load, LaysOutTheSlotsOfADecision) {
  const Project project = LoadShop();
  ASSERT_EQ(project.tasks.size(), 2u);
  const TaskSpec& task = project.tasks[0];
  EXPECT_EQ(task.trigger_source, 0);
  EXPECT_NE(task.trigger_where, nullptr);
  EXPECT_EQ(task.id_slot, 0);
  EXPECT_EQ(task.align_timeout_ms, 2'000);
  std::vector<std::string> slots;
  for (const ScopeField& slot : task.slots) slots.push_back(slot.name);
  EXPECT_THAT(slots, ElementsAre("id", "user", "amount", "seen", "vip", "at", "spend.visits",
                                 "spend.total", "spend.newest"));
  EXPECT_EQ(task.at_slot, 5);
  ASSERT_EQ(task.reads.size(), 1u);
  EXPECT_THAT(task.reads[0].key_slots, ElementsAre(1));
  EXPECT_THAT(task.reads[0].slots, ElementsAre(6, 7, 8));
  std::vector<std::string> inputs;
  for (const TaskInput& input : task.inputs) {
    inputs.push_back(absl::StrCat(input.name, ":", TypeName(input.type)));
  }
  EXPECT_THAT(inputs, ElementsAre("amount:double", "spend.visits:int", "spend.total:double",
                                  "spend.newest:string", "hour:int", "share:double"));
  EXPECT_EQ(task.inputs[2].slot, 7);
  ASSERT_NE(task.inputs[5].expression, nullptr);
  EXPECT_THAT(task.inputs[5].expression->used_fields(), ElementsAre(2, 7))
      << "positions among the slots";
}

TEST(Load, ReadsFeaturesThatOnlyAnExpressionUses) {
  const TaskSpec task = LoadShop().tasks[1];
  EXPECT_EQ(task.trigger_source, std::nullopt);
  ASSERT_EQ(task.reads.size(), 1u);
  EXPECT_THAT(task.reads[0].features, ElementsAre(0));
  EXPECT_THAT(task.reads[0].slots, ElementsAre(3));
  EXPECT_EQ(task.inputs.size(), 1u);
  EXPECT_EQ(task.inputs[0].type, Type::kBool);
}

TEST(Load, ReadsLabels) {
  const Project project = LoadShop();
  const LabelSpec& any = project.tasks[0].label;
  EXPECT_EQ(any.aggregation, LabelAggregation::kAny);
  EXPECT_EQ(any.within_ms, 1'800'000);
  EXPECT_EQ(any.empty, OwnedValue(Value::Bool(false))) << "the default of `any`";
  ASSERT_EQ(any.sources.size(), 1u);
  EXPECT_EQ(any.sources[0].source, 2);
  EXPECT_EQ(any.sources[0].id_field, 0);
  const LabelSpec& count = project.tasks[1].label;
  EXPECT_EQ(count.aggregation, LabelAggregation::kCount);
  EXPECT_EQ(count.sources[0].value, nullptr);
  EXPECT_EQ(count.empty, std::nullopt);
}

TEST(Load, AnEmptyLabelIsDroppedAlsoWhereDropIsQuotedAsInJson) {
  const LoadResult quoted =
      LoadText(absl::StrReplaceAll(kShop, {{"empty: drop", "empty: 'drop'"}}));
  ASSERT_TRUE(quoted.project) << Render(quoted.diagnostics, Color::kNever);
  EXPECT_EQ(quoted.project->tasks[1].label.empty, std::nullopt);
}

TEST(Load, ReadsLearnersAndAddsABaselineWhereThereIsNone) {
  const Project project = LoadShop();
  const TaskSpec& task = project.tasks[0];
  ASSERT_EQ(task.learners.size(), 3u);
  EXPECT_EQ(task.champion, 1);
  EXPECT_EQ(task.learners[0].options.at("encode.fields.hour"), OwnedValue(Value::String("onehot")));
  EXPECT_EQ(task.learners[1].options.at("rate"), OwnedValue(Value::Double(1)));
  EXPECT_EQ(task.learners[2].name, "constant");
  EXPECT_EQ(task.learners[2].type, FindLearnerType("constant"));
  EXPECT_EQ(task.publish_min_examples, 5u);
  EXPECT_EQ(project.tasks[1].learners.size(), 1u);
  EXPECT_EQ(project.tasks[1].champion, 0);
}

TEST(Load, LetsAnExampleWaitAsLongAsPublicationsAreApart) {
  const struct {
    std::string publish;
    int64_t max_delay_ms;
  } kCases[] = {
      {"every: 2m", 120'000}, {"every: 2s", 60'000}, {"every: 2m, max_delay: 3m", 180'000}};
  for (const auto& test : kCases) {
    const LoadResult result = LoadText(
        absl::StrReplaceAll(kShop, {{"every: 2s, min_examples: 5, max_delay: 10s", test.publish}}));
    ASSERT_TRUE(result.project) << Render(result.diagnostics, Color::kNever);
    EXPECT_EQ(result.project->tasks[0].publish_max_delay_ms, test.max_delay_ms) << test.publish;
  }
}

}  // namespace
}  // namespace millrace
