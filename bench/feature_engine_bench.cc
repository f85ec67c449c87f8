// The feature engine at the sizes it is promised for, in process, beside the raw parts it is made
// of, in one run:
//
//   apply     4 aggregates × 6 windows, 1 M entities by Zipf's law: events/s of one core, without
//             and with commits to RocksDB; beside it a hash map that adds to four numbers, and puts
//             of 320 bytes into RocksDB
//   windows   the same with 1, 6, 20 and 80 windows, the longest a week
//   reads     250 features of one entity (25 views × 10), 1 M rows, warm
//   hot       one entity with 100 thousand to 5 million events: reads over 12 h and 30 d
//   sessions  sessions and lifetime of one entity with 2 to 80 thousand records
//   bytes     memory and disk per entity: sparse (5 events) and dense
//
//   feature_engine_bench [SECTION…]        default: all. Times are CPU time of the process
//                                          unless said.

#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "bench/cpu_time.h"
#include "bench/latencies.h"
#include "bench/scratch_directory.h"
#include "bench/session_reads.h"
#include "bench/zipf_stream.h"
#include "core/check.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "featurestore/rocks/rocks_state_store.h"
#include "tests/featurestore/test_view.h"

namespace millrace {
namespace {

constexpr int64_t kSecond = 1'000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr int32_t kShards = 64;
constexpr size_t kCacheBytes = size_t{12} << 30;

// What is allocated now.
int64_t HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<int64_t>(info.uordblks + info.hblkhd);
}

template <typename Call>
double NanosEach(int64_t n, Call call) {
  const double start = CpuSeconds();
  for (int64_t i = 0; i < n; ++i) call();
  return 1e9 * (CpuSeconds() - start) / static_cast<double>(n);
}

std::shared_ptr<ViewSpec> FourAggregates(const std::vector<int64_t>& windows) {
  std::vector<FeatureSpec> features;
  for (const int64_t window : windows) {
    features.push_back(TestFeature("count", -1, Sliding(window)));
    features.push_back(TestFeature("sum", kX, Sliding(window)));
    features.push_back(TestFeature("mean", kX, Sliding(window)));
    features.push_back(TestFeature("max", kX, Sliding(window)));
  }
  return TestView(std::move(features));
}

const std::vector<int64_t> kSixWindows = {kMinute, 10 * kMinute, kHour, 12 * kHour, kDay, 7 * kDay};

// Between a minute and a week, evenly on a logarithmic scale; one: a week, so that as much is kept.
std::vector<int64_t> SpreadWindows(int n) {
  if (n == 1) return {7 * kDay};
  std::vector<int64_t> windows;
  const double ratio = static_cast<double>(7 * kDay) / static_cast<double>(kMinute);
  for (int i = 0; i < n; ++i) {
    const double size = static_cast<double>(kMinute) * std::pow(ratio, i / (n - 1.0));
    windows.push_back(static_cast<int64_t>(size / kSecond) * kSecond);
  }
  return windows;
}

std::unique_ptr<OnlineStore> OpenStore(StateStore& state,
                                       std::vector<std::shared_ptr<const ViewSpec>> views) {
  auto store = OnlineStore::Open(state, std::move(views), {.cache_bytes = kCacheBytes});
  CHECK(store.ok());
  return *std::move(store);
}

void CommitShard(OnlineStore& store, StateStore& state, int32_t shard) {
  StateBatch batch;
  CHECK(store.AddCommit(shard, &batch).ok() && state.Commit(batch).ok());
  store.Committed(shard, true);
}

void CommitAll(OnlineStore& store, StateStore& state, int64_t next_offset) {
  store.AdvanceInput(0, 0, next_offset);
  for (int32_t shard = 0; shard < kShards; ++shard) CommitShard(store, state, shard);
}

std::unique_ptr<StateStore> OpenRocks(const std::string& path) {
  auto state = OpenRocksStateStore({.path = path, .memory_bytes = 512 << 20});
  CHECK(state.ok());
  return *std::move(state);
}

// Runs it three times; prints and returns the median.
double PrintRate(const std::string& what, const std::function<double()>& measure_nanos) {
  std::vector<double> nanos = {measure_nanos(), measure_nanos(), measure_nanos()};
  std::sort(nanos.begin(), nanos.end());
  std::printf("  %-58s %7.0f ns (%.0f to %.0f)  %9.0f events/s/core\n", what.c_str(), nanos[1],
              nanos[0], nanos[2], 1e9 / nanos[1]);
  std::fflush(stdout);
  return nanos[1];
}

constexpr int64_t kEntities = 1'000'000;
constexpr int64_t kGapMs = 2;
constexpr int64_t kWarmUp = 4'000'000, kMeasured = 4'000'000;

double ApplyNanos(const std::vector<int64_t>& windows) {
  MemoryStateStore state;
  const auto store = OpenStore(state, {FourAggregates(windows)});
  ZipfStream stream(kEntities, kGapMs);
  for (int64_t i = 0; i < kWarmUp; ++i) stream.ApplyNext(*store);
  return NanosEach(kMeasured, [&] { stream.ApplyNext(*store); });
}

// Every shard each 5 s of a source of 400,000 events/s, one after the other.
double DurableNanos() {
  const ScratchDirectory directory;
  const auto state = OpenRocks(directory.path());
  const auto store = OpenStore(*state, {FourAggregates(kSixWindows)});
  ZipfStream stream(kEntities, kGapMs);
  constexpr int64_t kEach = 5 * 400'000 / kShards;
  const auto next = [&] {
    stream.ApplyNext(*store);
    if (stream.applied() % kEach != 0) return;
    store->AdvanceInput(0, 0, stream.applied());
    CommitShard(*store, *state, static_cast<int32_t>(stream.applied() / kEach % kShards));
  };
  for (int64_t i = 0; i < kWarmUp; ++i) next();
  return NanosEach(kMeasured, next);
}

double HashMapNanos() {
  struct Row {
    int64_t n = 0;
    double sum = 0, max = 0;
    int64_t newest = 0;
  };
  absl::flat_hash_map<std::string, Row> rows;
  ZipfStream stream(kEntities, kGapMs);
  const auto next = [&] {
    Row& row = rows[stream.name()];
    ++row.n;
    row.sum += stream.amount();
    row.max = std::max(row.max, stream.amount());
    row.newest = stream.now_ms();
    stream.Next();
  };
  for (int64_t i = 0; i < kWarmUp; ++i) next();
  return NanosEach(kMeasured, next);
}

double PutNanos() {
  const ScratchDirectory directory;
  const auto state = OpenRocks(directory.path());
  ZipfStream stream(kEntities, kGapMs);
  const std::string value(320, 'v');
  constexpr int64_t kBatch = 1'000;
  return NanosEach(1'000'000 / kBatch,
                   [&] {
                     StateBatch batch;
                     for (int64_t i = 0; i < kBatch; ++i) {
                       batch.Put(stream.name(), value);
                       stream.Next();
                     }
                     CHECK(state->Commit(batch).ok());
                   }) /
         kBatch;
}

void Apply() {
  std::printf("apply: 4 aggregates x 6 windows (1 min to 7 d), 1 M entities, Zipf\n");
  PrintRate("apply", [] { return ApplyNanos(kSixWindows); });
  PrintRate("apply, committed to RocksDB every 5 s", DurableNanos);
  PrintRate("raw: hash map, add to 4 numbers", HashMapNanos);
  PrintRate("raw: RocksDB, put of 320 bytes, 1,000 a batch", PutNanos);
}

void Windows() {
  std::printf("windows: 4 aggregates x N windows (1 min to 7 d), 1 M entities, Zipf\n");
  double one = 0;
  for (const int n : {1, 6, 20, 80}) {
    const double nanos =
        PrintRate(absl::StrCat(n, " windows"), [n] { return ApplyNanos(SpreadWindows(n)); });
    if (n == 1) one = nanos;
    std::printf("    to one window: %.2f\n", nanos / one);
  }
}

void PrintReads(const std::string& what, Latencies& times) {
  std::printf("  %-58s p50 %6.1f us  p99 %6.1f us  p99.9 %6.1f us\n", what.c_str(),
              times.Micros(0.5), times.Micros(0.99), times.Micros(0.999));
  std::fflush(stdout);
}

void Reads() {
  std::printf("reads: 25 views x 10 features of one entity; wall time\n");
  // 25 views of one source, as one project has them.
  std::vector<std::shared_ptr<const ViewSpec>> views;
  for (int v = 0; v < 25; ++v) {
    auto view = FourAggregates({10 * kMinute, 6 * kHour, (1 + v % 7) * kDay});
    view->features.resize(10);
    view->name = absl::StrCat("view", v);
    views.push_back(std::move(view));
  }
  const ScratchDirectory directory;
  const auto state = OpenRocks(directory.path());
  const auto store = OpenStore(*state, std::move(views));
  ZipfStream stream(40'000, 100);  // 1 M rows: 40 thousand entities in 25 views
  for (int64_t i = 0; i < 400'000; ++i) stream.ApplyNext(*store);
  std::vector<int> features(10);
  for (int i = 0; i < 10; ++i) features[static_cast<size_t>(i)] = i;
  std::vector<FeatureValue> values(10);
  for (const bool uniform : {false, true}) {
    Latencies times;
    Random random(7);
    ZipfStream asked(40'000, 100);
    for (int i = 0; i < 40'000; ++i) {
      std::string name = asked.name();
      if (uniform) {
        name = absl::StrCat(
            "u", SplitMix64(static_cast<uint64_t>(random.Unit() * 40'000)) % 1'000'000'000);
      }
      asked.Next();
      const Value key = Value::String(name);
      std::vector<ViewEntity> entities;
      for (int32_t v = 0; v < 25; ++v) entities.push_back({v, {&key, 1}});
      times.Time([&] {
        store->Prefetch(entities);
        for (int32_t v = 0; v < 25; ++v) {
          CHECK(store->Read(v, {&key, 1}, stream.now_ms(), features, {}, values).ok());
        }
      });
    }
    PrintReads(uniform ? "250 features, entities drawn evenly" : "250 features, entities by Zipf",
               times);
  }
}

void Hot() {
  std::printf("hot: one entity, 4 aggregates, its window full of events; wall time\n");
  for (const auto& [window, sizes] : std::vector<std::pair<int64_t, std::vector<int64_t>>>{
           {12 * kHour, {100'000, 432'000, 5'000'000}}, {30 * kDay, {100'000, 5'000'000}}}) {
    double first = 0;
    for (const int64_t events : sizes) {
      MemoryStateStore state;
      const auto store = OpenStore(state, {FourAggregates({window})});
      const Value key = Value::String("hot");
      Random random(3);
      int64_t at = kStartMs;
      for (int64_t i = 0; i < events; ++i) {
        at = kStartMs + static_cast<int64_t>(static_cast<double>(window) * static_cast<double>(i) /
                                             static_cast<double>(events));
        const Value fields[4] = {key, Value::Int(1),
                                 Value::Double(std::round(random.Unit() * 100'000) / 100),
                                 Value::Null()};
        CHECK(store->Apply({at, at, 0, 0, i, fields}).ok());
      }
      const std::vector<int> features = {0, 1, 2, 3};
      std::vector<FeatureValue> values(4);
      Latencies times;
      for (int i = 0; i < 20'000; ++i) {
        const int64_t read_at = at + 1 + static_cast<int64_t>(random.Unit() * 60'000);
        times.Time([&] { CHECK(store->Read(0, {&key, 1}, read_at, features, {}, values).ok()); });
      }
      if (first == 0) first = times.Micros(0.99);
      PrintReads(absl::StrCat(events, " events in ", window / kHour,
                              " h; p99 to that with the fewest: ", times.Micros(0.99) / first),
                 times);
    }
  }
}

void Bytes() {
  std::printf("bytes per entity\n");
  const auto seven_sums = [] {
    std::vector<FeatureSpec> features;
    for (const int64_t hours : {6, 24, 47, 48, 49, 72, 168}) {
      features.push_back(TestFeature("sum", kX, Sliding(hours * kHour)));
    }
    return TestView(std::move(features));
  };
  const std::vector<std::pair<std::string, std::shared_ptr<ViewSpec>>> views = {
      {"4 aggregates x 6 windows", FourAggregates(kSixWindows)},
      {"7 sums, 6 h to 7 d", seven_sums()}};
  for (const auto& [what, view] : views) {
    for (const auto& [events, entities] :
         {std::pair<int64_t, int64_t>{5, 400'000}, {2'000, 2'000}}) {
      const ScratchDirectory directory;
      auto state = OpenRocks(directory.path());
      auto store = OpenStore(*state, {view});
      const int64_t before = HeapBytes();
      // A week; every entity as often as the others.
      Random random(5);
      for (int64_t i = 0; i < events * entities; ++i) {
        const std::string name = absl::StrCat("u", SplitMix64(static_cast<uint64_t>(i % entities)));
        const Value fields[4] = {Value::String(name), Value::Int(1),
                                 Value::Double(std::round(random.Unit() * 100'000) / 100),
                                 Value::Null()};
        const int64_t at =
            kStartMs + static_cast<int64_t>(static_cast<double>(7 * kDay) * static_cast<double>(i) /
                                            static_cast<double>(events * entities));
        CHECK(store->Apply({at, at, 0, 0, i, fields}).ok());
      }
      const int64_t memory = HeapBytes() - before;
      CommitAll(*store, *state, events * entities);
      store.reset();
      state.reset();
      state = OpenRocks(directory.path());  // opening flushes what the log held
      state.reset();
      std::printf("  %-58s memory %6lld B  disk %6lld B\n",
                  absl::StrCat(what, ", ", events, " events").c_str(),
                  static_cast<long long>(memory / entities),
                  static_cast<long long>(directory.Bytes() / entities));
      std::fflush(stdout);
    }
  }
}

int Main(int argc, char** argv) {
  const std::vector<std::pair<std::string, std::function<void()>>> sections = {
      {"apply", Apply}, {"windows", Windows},       {"reads", Reads},
      {"hot", Hot},     {"sessions", SessionReads}, {"bytes", Bytes}};
  const std::vector<std::string> wanted(argv + 1, argv + argc);
  for (const std::string& name : wanted) {
    if (std::none_of(sections.begin(), sections.end(),
                     [&](const auto& section) { return section.first == name; })) {
      std::fprintf(stderr, "feature_engine_bench: no section %s\n", name.c_str());
      return 64;
    }
  }
  for (const auto& [name, run] : sections) {
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end()) run();
  }
  return 0;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) { return millrace::Main(argc, argv); }
