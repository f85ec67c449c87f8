// The embedded log's hot paths: appending in batches and singly from many threads, reading from the
// stored batches and from the tail in memory. Records are 200 bytes of half random, half constant
// text, so that compression has about the work that events give it.

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "core/check.h"
#include "stream/embedded/embedded_log.h"

namespace millrace {
namespace {

constexpr char kTopic[] = "bench";
constexpr int32_t kPartitions = 4;
constexpr size_t kValueBytes = 200;

class BenchLog {
 public:
  explicit BenchLog(EmbeddedLogOptions options) {
    options.path = absl::StrCat(std::filesystem::temp_directory_path().string(),
                                "/embedded_log_bench.", getpid());
    std::filesystem::remove_all(options.path);
    path_ = options.path;
    auto log = EmbeddedLog::Open(options);
    CHECK(log.ok());
    log_ = *std::move(log);
    CHECK(log_->CreateTopic(kTopic, {.partitions = kPartitions}).ok());
  }
  ~BenchLog() {
    log_.reset();
    std::filesystem::remove_all(path_);
  }
  EmbeddedLog& operator*() { return *log_; }
  EmbeddedLog* operator->() { return log_.get(); }

 private:
  std::string path_;
  std::unique_ptr<EmbeddedLog> log_;
};

std::vector<std::string> Values(size_t count) {
  std::mt19937_64 random(1);
  std::vector<std::string> values;
  for (size_t i = 0; i < count; ++i) {
    std::string value(kValueBytes, '-');
    for (size_t b = 0; b < kValueBytes / 2; ++b) value[b] = static_cast<char>(random());
    values.push_back(std::move(value));
  }
  return values;
}

std::vector<AppendRecord> Records(const std::vector<std::string>& values,
                                  std::optional<int32_t> partition) {
  std::vector<AppendRecord> records;
  for (const std::string& value : values) {
    records.push_back({.topic = kTopic,
                       .partition = partition,
                       .key = absl::string_view(value).substr(0, 8),
                       .value = value});
  }
  return records;
}

// Argument: records per append, all to one partition.
void AppendBatches(benchmark::State& state) {
  BenchLog log({});
  const auto values = Values(static_cast<size_t>(state.range(0)));
  const auto records = Records(values, 0);
  for (auto _ : state) CHECK(log->Append(records).ok());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AppendBatches)->Arg(500)->Arg(10)->UseRealTime();

// The same, spread over partitions by key.
void AppendKeyedBatches(benchmark::State& state) {
  BenchLog log({});
  const auto values = Values(static_cast<size_t>(state.range(0)));
  const auto records = Records(values, std::nullopt);
  for (auto _ : state) CHECK(log->Append(records).ok());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AppendKeyedBatches)->Arg(500)->UseRealTime();

// Argument: Durability.
void AppendSingly(benchmark::State& state) {
  static std::unique_ptr<BenchLog> log;
  if (state.thread_index() == 0) {
    log = std::make_unique<BenchLog>(
        EmbeddedLogOptions{.durability = static_cast<Durability>(state.range(0))});
  }
  const auto values = Values(1);
  const auto records = Records(values, std::nullopt);
  for (auto _ : state) CHECK((*log)->Append(records).ok());
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) log.reset();
}
BENCHMARK(AppendSingly)->Arg(0)->Threads(1)->Threads(16)->UseRealTime();
BENCHMARK(AppendSingly)->Arg(1)->Threads(1)->Threads(16)->UseRealTime();

// Argument: bytes of tail in memory; 0 reads everything from the store, nearly all of it from files
// (which the operating system has in memory).
void Read(benchmark::State& state) {
  BenchLog log({.tail_bytes = state.range(0), .write_buffer_bytes = 4 << 20});
  const auto values = Values(500);
  const auto records = Records(values, 0);
  constexpr int kAppends = 200;
  for (int i = 0; i < kAppends; ++i) CHECK(log->Append(records).ok());
  RecordBatch batch;
  for (auto _ : state) {
    auto reader = log->OpenReader({{{kTopic, 0}, 0}});
    CHECK(reader.ok());
    while (!(*reader)->AtEnd(0)) {
      batch.Clear();
      CHECK((*reader)->Read(0, 1 << 20, &batch).ok());
      benchmark::DoNotOptimize(batch.records().data());
    }
  }
  state.SetItemsProcessed(state.iterations() * kAppends * 500);
}
BENCHMARK(Read)->Arg(0)->Arg(64 << 20)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace millrace

BENCHMARK_MAIN();
