// How fast the feature state takes events and answers reads, in process, in memory: one view with
// 4 aggregates × 3 windows (10 min, 1 h, 24 h), keys by a Zipf-like law.
//
//   feature_engine_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true

#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "core/check.h"
#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "tests/featurestore/test_view.h"

namespace millrace {
namespace {

constexpr int64_t kStartMs = 1'356'998'400'000;

std::shared_ptr<ViewSpec> BenchView(int windows) {
  constexpr int64_t kSizesMs[] = {600'000, 3'600'000, 86'400'000};
  std::vector<FeatureSpec> features;
  for (int w = 0; w < windows; ++w) {
    const Window window =
        w < 3 ? Sliding(kSizesMs[w]) : Sliding(600'000 + 60'000 * static_cast<int64_t>(w));
    features.push_back(TestFeature("count", -1, window));
    features.push_back(TestFeature("sum", kX, window));
    features.push_back(TestFeature("mean", kX, window));
    features.push_back(TestFeature("max", kX, window));
  }
  return TestView(std::move(features));
}

// A stream of events of `keys` entities, `gap_ms` apart.
class Stream {
 public:
  Stream(int64_t keys, int64_t gap_ms) : gap_ms_(gap_ms), random_(1) {
    for (int64_t k = 0; k < keys; ++k) names_.push_back(absl::StrCat("user", k));
    // Log-uniform ranks: density ∝ 1/rank, Zipf with exponent 1.
    for (int i = 0; i < 1 << 20; ++i) {
      const double rank = std::pow(static_cast<double>(keys), random_.Unit());
      drawn_.push_back(
          static_cast<int32_t>(std::min<int64_t>(keys, static_cast<int64_t>(rank)) - 1));
      amounts_.push_back(std::round(random_.Unit() * 100'000) / 100);
    }
  }
  void ApplyNext(OnlineStore& store) {
    const size_t i = static_cast<size_t>(n_) & (drawn_.size() - 1);
    const Value fields[4] = {Value::String(names_[static_cast<size_t>(drawn_[i])]), Value::Int(1),
                             Value::Double(amounts_[i]), Value::Null()};
    const int64_t at = kStartMs + n_ * gap_ms_;
    CHECK(store.Apply({at, at, 0, 0, n_, fields}).ok());
    ++n_;
  }
  int64_t now_ms() const { return kStartMs + n_ * gap_ms_; }
  const std::string& name(size_t i) const {
    return names_[static_cast<size_t>(drawn_[i & (drawn_.size() - 1)])];
  }
  const std::string& key(size_t k) const { return names_[k]; }
  int64_t applied() const { return n_; }

 private:
  int64_t gap_ms_;
  Random random_;
  int64_t n_ = 0;
  std::vector<std::string> names_;
  std::vector<int32_t> drawn_;
  std::vector<double> amounts_;
};

std::unique_ptr<OnlineStore> OpenStore(StateStore& state, int windows) {
  auto store = OnlineStore::Open(state, {BenchView(windows)}, {.cache_bytes = size_t{4} << 30});
  CHECK(store.ok());
  return *std::move(store);
}

// Arguments: keys, distinct windows. No commits: the cost of Apply alone.
void BM_Apply(benchmark::State& bench) {
  MemoryStateStore state;
  const auto store = OpenStore(state, static_cast<int>(bench.range(1)));
  Stream stream(bench.range(0), 2);
  for (int i = 0; i < 200'000; ++i) stream.ApplyNext(*store);
  for (auto _ : bench) stream.ApplyNext(*store);
  bench.SetItemsProcessed(static_cast<int64_t>(bench.iterations()));
}
BENCHMARK(BM_Apply)->Args({1'000, 3})->Args({100'000, 3})->Args({100'000, 1})->Args({100'000, 12});

// The same with a commit of all shards each 100,000 events.
void BM_ApplyAndCommit(benchmark::State& bench) {
  MemoryStateStore state;
  const auto store = OpenStore(state, 3);
  Stream stream(bench.range(0), 2);
  for (auto _ : bench) {
    stream.ApplyNext(*store);
    if (stream.applied() % 100'000 != 0) continue;
    store->AdvanceInput(0, 0, stream.applied());
    for (int32_t shard = 0; shard < 64; ++shard) {
      StateBatch batch;
      CHECK(store->AddCommit(shard, &batch).ok() && state.Commit(batch).ok());
      store->Committed(shard, true);
    }
  }
  bench.SetItemsProcessed(static_cast<int64_t>(bench.iterations()));
}
BENCHMARK(BM_ApplyAndCommit)->Arg(100'000);

// Reads of 10 features of one entity now, after `range(1)` events of `range(0)` keys.
void BM_Read10(benchmark::State& bench) {
  MemoryStateStore state;
  const auto store = OpenStore(state, 3);
  Stream stream(bench.range(0), bench.range(2));
  for (int64_t i = 0; i < bench.range(1); ++i) stream.ApplyNext(*store);
  const std::vector<int> features = {0, 1, 2, 3, 4, 5, 6, 7, 9, 11};
  std::vector<FeatureValue> values(features.size());
  size_t i = 0;
  for (auto _ : bench) {
    const Value key = Value::String(stream.name(i++));
    CHECK(store->Read(0, {&key, 1}, stream.now_ms(), features, {}, values).ok());
    benchmark::DoNotOptimize(values.data());
  }
}
BENCHMARK(BM_Read10)
    ->Args({100'000, 1'000'000, 20})
    ->Args({1'000, 1'000'000, 20})
    ->Args({1, 100'000, 100})
    ->Args({1, 3'000'000, 20});

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
