// Files of a source come before its topic: with the features and decisions of a topic that had held
// everything, however the process died on the way.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/memory_log.h"
#include "stream/progress.h"
#include "tests/app/workers/crash_point.h"
#include "tests/app/workers/crash_runs.h"
#include "tests/app/workers/engine_process.h"
#include "tests/app/workers/test_clock.h"
#include "tests/core/test_directory.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kUntilMs = 1'356'998'400'000;  // 2013-01-01

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

std::vector<Sale> MakeSales() {
  std::vector<Sale> sales;
  Random random(7);
  int64_t time_ms = kUntilMs - 100'000'000;
  for (int64_t id = 0; id < 120; ++id) {
    time_ms += 10'000 * random.Between(0, 300);
    sales.push_back({time_ms, id, random.Chance(0.5) ? "a" : "b", random.Between(1, 9)});
  }
  return sales;
}

// The logs and the state of processes that read the files of `folder` first.
class Shop {
 public:
  explicit Shop(std::string folder) : folder_(std::move(folder)) {
    for (const char* topic : {"sales", "good"}) EXPECT_TRUE(log_.CreateTopic(topic, {}).ok());
  }

  void Append(const std::vector<Sale>& sales) {
    for (const Sale& sale : sales) {
      if (sale.time_ms >= kUntilMs - 3'000'000) AppendJson(log_, "sales", sale.Json());
    }
    for (const Sale& sale : sales) {
      if (sale.pieces < 7) continue;
      AppendJson(
          log_, "good",
          absl::StrCat("{\"at\":", sale.time_ms + 5'000, ",\"id\":", sale.id, ",\"good\":true}"));
    }
  }

  // Another process, as it opens; `opened` as of EngineProcess.
  std::unique_ptr<EngineProcess> Open(Clock& clock, Engine::Mode mode,
                                      absl::Status* opened = nullptr) {
    return Open(log_, state_, clock, mode, opened);
  }

  // A process that lives for so many effects.
  std::string RunUntil(CrashPoint& crash) {
    CrashingState mortal_state(state_, crash);
    CrashingLog mortal_log(log_, crash);
    TickingClock clock(absl::Milliseconds(10));
    const auto process = Open(mortal_log, mortal_state, clock, Engine::Mode::kSimulation, nullptr);
    const absl::Status ran = process->Simulate();
    EXPECT_TRUE(ran.ok()) << ran;
    status_ = process->engine().MakeStatus();
    return process->Outcome();
  }

  std::vector<std::string> Emitted() {
    std::vector<std::string> emitted = ChannelTexts(log_, "sales.dlq");
    for (const char* kind : {"predictions", "examples", "models"}) {
      const auto more = ChannelTexts(log_, absl::StrCat("millrace.shop.", kind, ".asked"));
      emitted.insert(emitted.end(), more.begin(), more.end());
    }
    return emitted;
  }

  // Of the process that ran last.
  const EngineStatus& status() const { return status_; }

 private:
  std::unique_ptr<EngineProcess> Open(Log& log, StateStore& state, Clock& clock, Engine::Mode mode,
                                      absl::Status* opened) {
    return std::make_unique<EngineProcess>(
        LoadedProject(absl::StrReplaceAll(kProject, {{"FOLDER", folder_}})), log, state, clock,
        mode, opened);
  }

  const std::string folder_;
  MemoryLog log_;
  MemoryStateStore state_;
  EngineStatus status_;
};

class EngineHistory : public ::testing::Test {
 protected:
  // Both sides have some of the other's records too.
  void WriteFiles() {
    for (const char* name : {"1.csv", "2.csv"}) {
      std::string text = "at,id,shop,pieces\n";
      for (const Sale& sale : sales_) {
        const bool mine = (sale.id % 2 == 0) == (name[0] == '1');
        if (mine && sale.time_ms < kUntilMs + 3'000'000) text += sale.Csv();
      }
      if (name[0] == '2') text += "what,is,this\n";
      std::ofstream(folder() / name) << text;
    }
  }
  const std::filesystem::path& folder() const { return directory_.path(); }
  std::unique_ptr<Shop> MakeShop() {
    auto shop = std::make_unique<Shop>(folder().string());
    shop->Append(sales_);
    return shop;
  }

  const TestDirectory directory_;
  const std::vector<Sale> sales_ = MakeSales();
};

TEST_F(EngineHistory, EveryRecordCountsOnceWhereverItStands) {
  WriteFiles();
  const auto sold = MakeShop();
  TickingClock clock(absl::Milliseconds(10));
  const auto process = sold->Open(clock, Engine::Mode::kSimulation);
  ASSERT_TRUE(process->Simulate().ok());
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
        process->store()
            .Read(0, std::span(&key, 1), at_ms, std::vector<int>{0, 1}, {}, std::span(values))
            .ok());
    EXPECT_EQ(values[0].value.view(), Value::Int(sum));
    EXPECT_EQ(values[1].value.view(), Value::Int(rows));
  }
  uint64_t decided = 0;
  for (const Sale& sale : sales_) decided += sale.pieces > 5 ? 1 : 0;
  const EngineStatus status = process->engine().MakeStatus();
  EXPECT_EQ(status.tasks[0].counts.join.decisions, decided);
  ASSERT_EQ(status.inputs.size(), 3u);
  const EngineStatus::Input& files = status.inputs[2];
  EXPECT_EQ(files.topic, (folder() / "*.csv").string());
  EXPECT_GT(files.counts.duplicate, 0u);
  EXPECT_EQ(files.counts.rejected, 1u);
  EXPECT_GT(status.inputs[0].counts.duplicate, 0u);
  EXPECT_EQ(files.counts.applied + status.inputs[0].counts.applied, sales_.size());
}

TEST_F(EngineHistory, DyingAfterAnyEffectChangesNothing) {
  WriteFiles();
  ExpectDyingOnceChangesNothing([this] { return MakeShop(); }, 10, 10);
}

TEST_F(EngineHistory, FilesMustStayUntilTheyAreReadAndMayGoThen) {
  const auto shop = MakeShop();
  const auto reopened = [&shop] {
    TickingClock clock(absl::Milliseconds(10));
    absl::Status opened;
    shop->Open(clock, Engine::Mode::kSimulation, &opened);
    return opened;
  };
  const absl::Status none = reopened();
  EXPECT_EQ(none.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(none.message()), HasSubstr("source sales: history: no file matches"));

  WriteFiles();
  CrashPoint early(4), never(kNever), still_never(kNever);
  shop->RunUntil(early);
  std::ofstream(folder() / "3.csv") << "at,id\n";
  const absl::Status changed = reopened();
  EXPECT_EQ(changed.code(), absl::StatusCode::kFailedPrecondition) << changed;
  EXPECT_THAT(std::string(changed.message()), HasSubstr("a part of other files was read"));

  std::filesystem::remove(folder() / "3.csv");
  const std::string outcome = shop->RunUntil(never);
  std::filesystem::remove_all(folder());
  EXPECT_EQ(shop->RunUntil(still_never), outcome);
  EXPECT_GT(shop->status().inputs[2].counts.applied, 0u);
}

TEST_F(EngineHistory, LiveTimeGoesOnWhenTheFilesAreRead) {
  WriteFiles();
  Shop shop(folder().string());
  SetClock clock(kUntilMs + 1);
  const auto process = shop.Open(clock, Engine::Mode::kLive);
  process->Start();
  const auto reached = [&] {
    const auto status = process->engine().status();
    return status != nullptr && status->caught_up && status->event_time_ms == kUntilMs + 1;
  };
  const int64_t patience_ns = Clock::Real().MonotonicNanos() + 20'000'000'000;
  while (!reached() && Clock::Real().MonotonicNanos() < patience_ns) std::this_thread::yield();
  EXPECT_TRUE(reached());
  EXPECT_TRUE(process->Stop().ok());
}

}  // namespace
}  // namespace millrace
