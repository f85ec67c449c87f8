// What a decision, and a request around it, costs: assembling 24 features of 6 views as of the
// decision's time from a real store in memory, scoring a logistic model, the JSON around it, and the
// whole way over a loopback connection.
//
//   serving_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "core/check.h"
#include "core/clock.h"
#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "learners/registry.h"
#include "serving/http/http_server.h"
#include "serving/json_requests.h"
#include "serving/json_responses.h"
#include "serving/request_scorer.h"
#include "tests/featurestore/test_view.h"
#include "tests/serving/http/raw_client.h"

namespace millrace {
namespace {

constexpr int64_t kStartMs = 1'356'998'400'000;
constexpr int kViews = 6;
constexpr int kKeys = 400;
constexpr char kBody[] = R"({"task":"delayed","keys":[{"key":"airport7"}],"request":[{"distance":867.0}]})";

// A store of 6 views over one source (as many as a task of the demo reads), the plan of a task over
// all of them, and a taught model.
class Task {
 public:
  Task() {
    std::vector<std::shared_ptr<const ViewSpec>> views;
    for (int v = 0; v < kViews; ++v) {
      auto view = TestView({TestFeature(AggregationKind::kMean, kX, Sliding(3'600'000)),
                            TestFeature(AggregationKind::kMean, kX, Sliding(3 * 3'600'000)),
                            TestFeature(AggregationKind::kCount, -1, Sliding(6 * 3'600'000)),
                            TestFeature(AggregationKind::kLast, kX, Sliding(24 * 3'600'000))});
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
  }

  static std::string Key(size_t i) { return absl::StrCat("airport", i % kKeys); }
  const Scorer& scorer() const { return *scorer_; }
  const Snapshot<Deployment>& live() const { return live_; }
  int64_t now_ms() const { return now_ms_; }

 private:
  void MakePlan() {
    plan_ = std::make_shared<ScoringPlan>();
    plan_->task = "delayed";
    plan_->slots = {{"key", Type::kString}, {"distance", Type::kDouble}, {"at", Type::kTimestamp}};
    plan_->field_count = 2;
    plan_->at_slot = 2;
    plan_->inputs.push_back({"distance", Type::kDouble, 1, nullptr});
    for (int v = 0; v < kViews; ++v) {
      ScoringRead read{.view = v, .key_slots = {0}, .features = {}, .slots = {}};
      for (int f = 0; f < 4; ++f) {
        const FeatureSpec& feature = store_->views()[static_cast<size_t>(v)]->features[static_cast<size_t>(f)];
        const int slot = static_cast<int>(plan_->slots.size());
        plan_->slots.push_back({absl::StrCat("view", v, ".", feature.name), feature.result_type});
        plan_->inputs.push_back({plan_->slots.back().name, feature.result_type, slot, nullptr});
        read.features.push_back(f);
        read.slots.push_back(slot);
      }
      plan_->reads.push_back(std::move(read));
    }
  }

  void Teach() {
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

  MemoryStateStore state_;
  std::unique_ptr<OnlineStore> store_;
  std::shared_ptr<ScoringPlan> plan_;
  std::unique_ptr<Scorer> scorer_;
  Snapshot<Deployment> live_;
  int64_t now_ms_ = 0;
};

const Task& TheTask() {
  static const Task* const task = new Task;
  return *task;
}

RequestScorer& TheRequestScorer() {
  static RequestScorer* const scorer = [] {
    ScoredTask task;
    task.scorer = &TheTask().scorer();
    task.deployment = &TheTask().live();
    return new RequestScorer({{"delayed", task}},
                             {.now_ms = [] { return TheTask().now_ms(); }, .max_rows = 1000});
  }();
  return *scorer;
}

void BM_Assemble(benchmark::State& state) {
  const Task& task = TheTask();
  DecisionRow row;
  std::vector<std::string> keys;
  for (size_t i = 0; i < kKeys; ++i) keys.push_back(Task::Key(i));
  size_t i = 0;
  for (auto _ : state) {
    const Value fields[2] = {Value::String(keys[i++ % kKeys]), Value::Double(867)};
    CHECK(task.scorer().Assemble(fields, task.now_ms(), &row).ok());
    benchmark::DoNotOptimize(row.inputs.data());
  }
}
BENCHMARK(BM_Assemble);

// As the event loop does for each decision.
void BM_AssembleAndScore(benchmark::State& state) {
  const Task& task = TheTask();
  DecisionRow row;
  std::vector<std::string> keys;
  for (size_t i = 0; i < kKeys; ++i) keys.push_back(Task::Key(i));
  size_t i = 0;
  for (auto _ : state) {
    const Value fields[2] = {Value::String(keys[i++ % kKeys]), Value::Double(867)};
    CHECK(task.scorer().Assemble(fields, task.now_ms(), &row).ok());
    task.scorer().Score(*task.live().Read(), &row);
    benchmark::DoNotOptimize(row.scores.data());
  }
}
BENCHMARK(BM_AssembleAndScore);

void BM_ParseScoreBody(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ParseScoreRequest(kBody));
}
BENCHMARK(BM_ParseScoreBody);

// From the body of a request to the body of its answer.
void BM_ScoreBodyToBody(benchmark::State& state) {
  for (auto _ : state) {
    const auto response = TheRequestScorer().Score(*ParseScoreRequest(kBody));
    CHECK(response.ok());
    benchmark::DoNotOptimize(ScoresJson(*response));
  }
}
BENCHMARK(BM_ScoreBodyToBody);

// One request at a time on each of so many connections, clients on the same machine.
void BM_HttpScore(benchmark::State& state) {
  static Registry* const registry = new Registry;
  static HttpServer* const server = [] {
    auto started = HttpServer::Start({.address = "127.0.0.1:0"}, {.scores = &TheRequestScorer()},
                                     *registry, Clock::Real());
    CHECK(started.ok());
    return started->release();
  }();
  RawClient client(server->port());
  for (auto _ : state) CHECK(client.Post("/api/v1/score", kBody).status == 200);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_HttpScore)->Threads(1)->Threads(8)->UseRealTime();

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
