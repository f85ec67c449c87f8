// Files of a source come before its topic: with the features and decisions of a topic that had held
// everything, however the process died on the way.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "app/config/load.h"
#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/memory_log.h"
#include "stream/progress.h"
#include "tests/app/workers/crash_point.h"
#include "tests/app/workers/engine_process.h"
#include "tests/app/workers/test_clock.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kUntilMs = 1'356'998'400'000;  // 2013-01-01
constexpr int64_t kNever = int64_t{1} << 60;

constexpr char kProject[] = R"(
version: 1
project: shop
log: {embedded: {path: ./log}}
state: {path: ./state, shards: 4, commit_every: 200ms}
sources:
  sales:
    topic: sales
    time: {field: at, unit: ms}
    schema: {id: int, shop: string, pieces: int}
    history: {files: "FOLDER/*.csv", format: csv, until: "2013-01-01T00:00:00Z"}
  good:
    topic: good
    time: {field: at, unit: ms}
    schema: {id: int, good: bool}
  large: {from: sales, where: pieces > 5}
entities: {shop: {key: [shop]}}
views:
  sold: {from: sales, entity: shop, features: {sum: {sum: pieces, window: 30d}, rows: {count: "*", window: 30d}}}
tasks:
  asked:
    kind: binary
    decide: {trigger: {record: large}, id: id}
    label: {any: good, from: good, id: id, within: 1h, empty: false}
    inputs: [sold.*, pieces]
    learners: {online: {type: logistic, optimizer: adagrad, rate: 0.1}}
    serve: {champion: online}
)";

struct Sale {
  int64_t time_ms = 0;
  int64_t id = 0;
  std::string shop;
  int64_t pieces = 0;
  std::string Json() const {
    return absl::StrCat("{\"at\":", time_ms, ",\"id\":", id, ",\"shop\":\"", shop,
                        "\",\"pieces\":", pieces, "}");
  }
  std::string Csv() const { return absl::StrCat(time_ms, ",", id, ",", shop, ",", pieces, "\n"); }
};

class EngineHistory : public ::testing::Test {
 protected:
  EngineHistory()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    Random random(7);
    int64_t time_ms = kUntilMs - 100'000'000;
    for (int64_t id = 0; id < 120; ++id) {
      time_ms += 10'000 * random.Between(0, 300);
      sales_.push_back({time_ms, id, random.Chance(0.5) ? "a" : "b", random.Between(1, 9)});
    }
  }

  std::shared_ptr<const Project> MakeProject() {
    const std::string text = absl::StrReplaceAll(kProject, {{"FOLDER", folder_.string()}});
    LoadResult loaded = Load({.path = "shop.yaml", .text = text, .directory = "/"});
    if (!loaded.project) {
      ADD_FAILURE() << loaded.diagnostics[0].message;
      std::abort();
    }
    return std::make_shared<const Project>(*std::move(loaded.project));
  }

  // Both sides have some of the other's records too.
  void WriteFiles() {
    for (const char* name : {"1.csv", "2.csv"}) {
      std::string text = "at,id,shop,pieces\n";
      for (const Sale& sale : sales_) {
        const bool mine = (sale.id % 2 == 0) == (name[0] == '1');
        if (mine && sale.time_ms < kUntilMs + 3'000'000) text += sale.Csv();
      }
      if (name[0] == '2') text += "what,is,this\n";
      std::ofstream(folder_ / name) << text;
    }
  }
  void AppendTopic(Log& log) {
    for (const Sale& sale : sales_) {
      if (sale.time_ms >= kUntilMs - 3'000'000) AppendJson(log, "sales", sale.Json());
    }
    for (const Sale& sale : sales_) {
      if (sale.pieces < 7) continue;
      AppendJson(
          log, "good",
          absl::StrCat("{\"at\":", sale.time_ms + 5'000, ",\"id\":", sale.id, ",\"good\":true}"));
    }
  }

  // A process that lives for so many effects.
  std::string RunUntil(MemoryLog& log, MemoryStateStore& state, CrashPoint& crash) {
    CrashingState mortal_state(state, crash);
    CrashingLog mortal_log(log, crash);
    TickingClock clock(absl::Milliseconds(10));
    EngineProcess process(MakeProject(), mortal_log, mortal_state, clock,
                          Engine::Mode::kSimulation);
    const absl::Status ran = process.Simulate();
    EXPECT_TRUE(ran.ok()) << ran;
    status_ = process.engine().MakeStatus();
    return process.Outcome();
  }

  std::vector<std::string> Emitted(Log& log) {
    std::vector<std::string> emitted = ChannelTexts(log, "sales.dlq");
    for (const char* kind : {"predictions", "examples", "models"}) {
      const auto more = ChannelTexts(log, absl::StrCat("millrace.shop.", kind, ".asked"));
      emitted.insert(emitted.end(), more.begin(), more.end());
    }
    return emitted;
  }

  absl::Status Reopened(MemoryLog& log, MemoryStateStore& state) {
    TickingClock clock(absl::Milliseconds(10));
    absl::Status opened;
    const EngineProcess process(MakeProject(), log, state, clock, Engine::Mode::kSimulation,
                                &opened);
    return opened;
  }

  const std::filesystem::path folder_;
  std::vector<Sale> sales_;
  EngineStatus status_;
};

TEST_F(EngineHistory, EveryRecordCountsOnceWhereverItStands) {
  WriteFiles();
  MemoryLog log;
  MemoryStateStore state;
  ASSERT_TRUE(log.CreateTopic("sales", {}).ok());
  ASSERT_TRUE(log.CreateTopic("good", {}).ok());
  AppendTopic(log);
  TickingClock clock(absl::Milliseconds(10));
  EngineProcess process(MakeProject(), log, state, clock, Engine::Mode::kSimulation);
  ASSERT_TRUE(process.Simulate().ok());
  const int64_t at_ms = sales_.back().time_ms + 1;
  for (const std::string shop : {"a", "b"}) {
    int64_t sum = 0, rows = 0;
    for (const Sale& sale : sales_) {
      if (sale.shop != shop) continue;
      sum += sale.pieces;
      ++rows;
    }
    const Value key = Value::String(shop);
    std::vector<FeatureValue> values(2);
    ASSERT_TRUE(
        process.store()
            .Read(0, std::span(&key, 1), at_ms, std::vector<int>{0, 1}, {}, std::span(values))
            .ok());
    EXPECT_EQ(values[0].value.view(), Value::Int(sum));
    EXPECT_EQ(values[1].value.view(), Value::Int(rows));
  }
  uint64_t decided = 0;
  for (const Sale& sale : sales_) decided += sale.pieces > 5 ? 1 : 0;
  const EngineStatus status = process.engine().MakeStatus();
  EXPECT_EQ(status.tasks[0].counts.join.decisions, decided);
  ASSERT_EQ(status.inputs.size(), 3u);
  const EngineStatus::Input& files = status.inputs[2];
  EXPECT_EQ(files.topic, (folder_ / "*.csv").string());
  EXPECT_GT(files.counts.duplicate, 0u);
  EXPECT_EQ(files.counts.rejected, 1u);
  EXPECT_GT(status.inputs[0].counts.duplicate, 0u);
  EXPECT_EQ(files.counts.applied + status.inputs[0].counts.applied, sales_.size());
}

TEST_F(EngineHistory, DyingAfterAnyEffectChangesNothing) {
  WriteFiles();
  MemoryLog log;
  MemoryStateStore state;
  for (const char* topic : {"sales", "good"}) ASSERT_TRUE(log.CreateTopic(topic, {}).ok());
  AppendTopic(log);
  CrashPoint counting(kNever);
  const std::string expected = RunUntil(log, state, counting);
  const std::vector<std::string> emitted = Emitted(log);
  const int64_t effects = counting.Passed(kNever);
  ASSERT_GT(effects, 10);
  for (int64_t last = 0; last <= effects; ++last) {
    SCOPED_TRACE(absl::StrCat("died after effect ", last, " of ", effects));
    MemoryLog again;
    MemoryStateStore kept;
    for (const char* topic : {"sales", "good"}) ASSERT_TRUE(again.CreateTopic(topic, {}).ok());
    AppendTopic(again);
    CrashPoint crash(last), never(kNever);
    RunUntil(again, kept, crash);
    ASSERT_EQ(RunUntil(again, kept, never), expected);
    ASSERT_EQ(Emitted(again), emitted);
  }
}

TEST_F(EngineHistory, FilesMustStayUntilTheyAreReadAndMayGoThen) {
  MemoryLog log;
  MemoryStateStore state;
  for (const char* topic : {"sales", "good"}) ASSERT_TRUE(log.CreateTopic(topic, {}).ok());
  AppendTopic(log);
  const absl::Status none = Reopened(log, state);
  EXPECT_EQ(none.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(none.message()), HasSubstr("source sales: history: no file matches"));

  WriteFiles();
  CrashPoint early(4), never(kNever);
  RunUntil(log, state, early);
  std::ofstream(folder_ / "3.csv") << "at,id\n";
  const absl::Status changed = Reopened(log, state);
  EXPECT_EQ(changed.code(), absl::StatusCode::kFailedPrecondition) << changed;
  EXPECT_THAT(std::string(changed.message()), HasSubstr("a part of other files was read"));

  std::filesystem::remove(folder_ / "3.csv");
  const std::string outcome = RunUntil(log, state, never);
  std::filesystem::remove_all(folder_);
  CrashPoint still_never(kNever);
  EXPECT_EQ(RunUntil(log, state, still_never), outcome);
  EXPECT_GT(status_.inputs[2].counts.applied, 0u);
}

TEST_F(EngineHistory, LiveTimeGoesOnWhenTheFilesAreRead) {
  WriteFiles();
  MemoryLog log;
  MemoryStateStore state;
  for (const char* topic : {"sales", "good"}) ASSERT_TRUE(log.CreateTopic(topic, {}).ok());
  SetClock clock(kUntilMs + 1);
  EngineProcess process(MakeProject(), log, state, clock, Engine::Mode::kLive);
  process.Start();
  const auto reached = [&] {
    const auto status = process.engine().status();
    return status != nullptr && status->caught_up && status->event_time_ms == kUntilMs + 1;
  };
  const int64_t patience_ns = Clock::Real().MonotonicNanos() + 20'000'000'000;
  while (!reached() && Clock::Real().MonotonicNanos() < patience_ns) std::this_thread::yield();
  EXPECT_TRUE(reached());
  EXPECT_TRUE(process.Stop().ok());
}

}  // namespace
}  // namespace millrace
