// The learners' hot paths at the size of the flights task: 36 numeric and 5 categorical inputs,
// some null, about 300 coordinates.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "core/random.h"
#include "learners/metrics/binary_metrics.h"
#include "learners/metrics/windowed_metrics.h"
#include "learners/registry.h"

namespace millrace {
namespace {

constexpr int kNumbers = 36;
constexpr int kCategories = 5;
constexpr size_t kRows = 4096;

struct Rows {
  std::vector<InputField> inputs;
  std::vector<std::string> names;
  std::vector<std::vector<Value>> values;
  std::vector<double> labels;
};

Rows MakeRows() {
  Random random(1);
  Rows rows;
  for (int i = 0; i < kNumbers; ++i) rows.inputs.push_back({absl::StrCat("x", i), Type::kDouble});
  for (int i = 0; i < kCategories; ++i) {
    rows.inputs.push_back({absl::StrCat("c", i), Type::kString});
  }
  for (int i = 0; i < 45; ++i) rows.names.push_back(absl::StrCat("N", 100 + i));
  for (size_t row = 0; row < kRows; ++row) {
    std::vector<Value> values;
    for (int i = 0; i < kNumbers; ++i) {
      values.push_back(random.Chance(0.05) ? Value() : Value::Double(100 * random.Unit()));
    }
    for (int i = 0; i < kCategories; ++i) {
      values.push_back(Value::String(rows.names[random.Below(rows.names.size())]));
    }
    rows.labels.push_back(random.Chance(0.25) ? 1 : 0);
    rows.values.push_back(std::move(values));
  }
  return rows;
}

const Rows& TheRows() {
  static const Rows& rows = *new Rows(MakeRows());
  return rows;
}

std::unique_ptr<Learner> Taught(absl::string_view type, absl::string_view optimizer) {
  LearnerOptions options;
  if (!optimizer.empty()) options["optimizer"] = OwnedValue(Value::String(optimizer));
  if (type == "rate_table") options["keys.0"] = OwnedValue(Value::String("c0"));
  auto learner = *FindLearnerType(type)->make(options, TheRows().inputs);
  for (size_t i = 0; i < kRows; ++i) learner->Learn(TheRows().values[i], TheRows().labels[i], 1);
  return learner;
}

void BM_Learn(benchmark::State& state, const char* type, const char* optimizer) {
  const auto learner = Taught(type, optimizer);
  size_t i = 0;
  for (auto _ : state) {
    const size_t row = i++ % kRows;
    benchmark::DoNotOptimize(learner->Learn(TheRows().values[row], TheRows().labels[row], 1));
  }
}
BENCHMARK_CAPTURE(BM_Learn, logistic_adagrad, "logistic", "adagrad");
BENCHMARK_CAPTURE(BM_Learn, logistic_ftrl, "logistic", "ftrl");
BENCHMARK_CAPTURE(BM_Learn, rate_table, "rate_table", "");
BENCHMARK_CAPTURE(BM_Learn, constant, "constant", "");

void BM_Score(benchmark::State& state, const char* type, const char* optimizer) {
  const auto model = Taught(type, optimizer)->Publish();
  size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(model->Score(TheRows().values[i++ % kRows]));
}
BENCHMARK_CAPTURE(BM_Score, logistic_adagrad, "logistic", "adagrad");
BENCHMARK_CAPTURE(BM_Score, rate_table, "rate_table", "");

void BM_Publish(benchmark::State& state, const char* type, const char* optimizer) {
  const auto learner = Taught(type, optimizer);
  for (auto _ : state) benchmark::DoNotOptimize(learner->Publish());
}
BENCHMARK_CAPTURE(BM_Publish, logistic_adagrad, "logistic", "adagrad");

void BM_SaveModel(benchmark::State& state) {
  const auto model = Taught("logistic", "adagrad")->Publish();
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    model->Save(&bytes);
  }
  state.counters["bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(BM_SaveModel);

void BM_LoadModel(benchmark::State& state) {
  std::string bytes;
  Taught("logistic", "adagrad")->Publish()->Save(&bytes);
  const LearnerType& type = *FindLearnerType("logistic");
  for (auto _ : state) benchmark::DoNotOptimize(type.load_model(bytes));
}
BENCHMARK(BM_LoadModel);

void BM_BinaryMetricsAdd(benchmark::State& state) {
  BinaryMetrics metrics;
  Random random(1);
  for (auto _ : state) metrics.Add(random.Unit(), random.Chance(0.3));
}
BENCHMARK(BM_BinaryMetricsAdd);

void BM_WindowedMetricsQuery(benchmark::State& state) {
  WindowedMetrics metrics;
  Random random(1);
  for (int64_t i = 0; i < 744 * 50; ++i) {
    metrics.AddDecision(i * 72'000);
    metrics.AddOutcome(i * 72'000, random.Unit(), random.Chance(0.3));
  }
  for (auto _ : state) benchmark::DoNotOptimize(metrics.Query(state.range(0) * 3'600'000));
}
BENCHMARK(BM_WindowedMetricsQuery)->Arg(24)->Arg(744);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
