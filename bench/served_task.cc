#include "bench/served_task.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "core/random.h"
#include "learners/registry.h"
#include "tests/featurestore/test_view.h"

namespace millrace {
namespace {

constexpr int64_t kStartMs = 1'356'998'400'000;

}  // namespace

ServedTask& ServedTask::Get() {
  static ServedTask* const task = new ServedTask;
  return *task;
}

std::string ServedTask::Key(size_t i) { return absl::StrCat("airport", i % kKeys); }

ServedTask::ServedTask() {
  std::vector<std::shared_ptr<const ViewSpec>> views;
  for (int v = 0; v < kViews; ++v) {
    auto view = TestView({TestFeature("mean", kX, Sliding(3'600'000)),
                          TestFeature("mean", kX, Sliding(3 * 3'600'000)),
                          TestFeature("count", -1, Sliding(6 * 3'600'000)),
                          TestFeature("last", kX, Sliding(24 * 3'600'000))});
    view->name = absl::StrCat("view", v);
    views.push_back(std::move(view));
  }
  auto store = OnlineStore::Open(state_, std::move(views), {});
  CHECK(store.ok());
  store_ = *std::move(store);
  Random random(1);
  for (int64_t n = 0; n < 40'000; ++n) {
    const std::string key = Key(static_cast<size_t>(random.Unit() * kKeys));
    const Value fields[4] = {Value::String(key), Value::Int(n), Value::Double(random.Unit()),
                             Value::Null()};
    const int64_t at = kStartMs + n * 2000;
    CHECK(store_->Apply({at, at, 0, 0, n, fields}).ok());
  }
  now_ms_ = kStartMs + 40'000 * 2000;
  MakePlan();
  auto scorer = Scorer::Make(plan_, *store_);
  CHECK(scorer.ok());
  scorer_ = std::make_unique<Scorer>(*std::move(scorer));
  Teach();
  ScoredTask scored;
  scored.scorer = scorer_.get();
  scored.deployment = &live_;
  request_scorer_ = std::make_unique<RequestScorer>(
      ScoredTasks{{"delayed", scored}},
      RequestScorerOptions{.now_ms = [this] { return now_ms_; }, .max_rows = 1000});
  feature_reader_ = std::make_unique<FeatureReader>(
      *store_, positions_,
      FeatureReaderOptions{.now_ms = [this] { return now_ms_; }, .services = {}, .partitions = {}});
}

void ServedTask::MakePlan() {
  plan_ = std::make_shared<ScoringPlan>();
  plan_->task = "delayed";
  plan_->slots = {{"key", Type::kString}, {"distance", Type::kDouble}, {"at", Type::kTimestamp}};
  plan_->field_count = 2;
  plan_->at_slot = 2;
  plan_->inputs.push_back({"distance", Type::kDouble, 1, nullptr});
  for (int v = 0; v < kViews; ++v) {
    ScoringRead read{.view = v, .key_slots = {0}, .features = {}, .slots = {}};
    for (int f = 0; f < 4; ++f) {
      const FeatureSpec& feature =
          store_->views()[static_cast<size_t>(v)]->features[static_cast<size_t>(f)];
      const int slot = static_cast<int>(plan_->slots.size());
      plan_->slots.push_back({absl::StrCat("view", v, ".", feature.name), feature.result_type});
      plan_->inputs.push_back({plan_->slots.back().name, feature.result_type.type, slot, nullptr});
      read.features.push_back(f);
      read.slots.push_back(slot);
    }
    plan_->reads.push_back(std::move(read));
  }
}

void ServedTask::Teach() {
  std::vector<InputField> inputs;
  for (const ScoringInput& input : plan_->inputs) inputs.push_back({input.name, input.type});
  auto learner = FindLearnerType("logistic")->make({}, inputs);
  CHECK(learner.ok());
  Random random(2);
  DecisionRow row;
  for (size_t i = 0; i < 2000; ++i) {
    const std::string key = Key(i);
    const Value fields[2] = {Value::String(key), Value::Double(random.Unit() * 1000)};
    CHECK(scorer_->Assemble(fields, now_ms_, &row).ok());
    (*learner)->Learn(row.inputs, random.Unit() < 0.3 ? 1 : 0, 1);
  }
  auto deployment = std::make_shared<Deployment>();
  deployment->task = "delayed";
  DeployedModel model;
  model.learner = "adagrad";
  model.generation = 1;
  model.step = 2000;
  model.model = (*learner)->Publish();
  deployment->models.push_back(std::move(model));
  live_.Publish(std::move(deployment));
}

}  // namespace millrace
