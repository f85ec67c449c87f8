// Where the data of a view begin, as an engine finds it: in topics, in history files, after a
// restart.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "featurestore/memory_state_store.h"
#include "gtest/gtest.h"
#include "stream/memory_log.h"
#include "tests/app/workers/engine_process.h"
#include "tests/app/workers/test_clock.h"

namespace millrace {
namespace {

constexpr int64_t kStartMs = 1'357'027'200'000;  // 2013-01-01T08:00:00Z
constexpr int64_t kHourMs = 3'600'000;

constexpr char kProject[] = R"(
version: 1
project: shop
log: {embedded: {path: ./log}}
state: {path: ./state, shards: 4, commit_every: 200ms}
sources:
  sales: {topic: sales, time: {field: at, unit: ms}, schema: {shop: string, pieces: int} HISTORY}
  returns: {topic: returns, time: {field: at, unit: ms}, schema: {shop: string, pieces: int}}
  large: {from: sales, where: pieces > 100}
entities: {shop: {key: [shop]}}
views:
  sold: {from: sales, entity: shop, features: {rows: {count: "*", window: 1h}, ever: {count: "*", window: lifetime}}}
  bulk: {from: large, entity: shop, features: {rows: {count: "*", window: 1h}}}
  back: {from: returns, entity: shop, features: {rows: {count: "*", window: 1h}}}
  both: {from: [sales, returns], entity: shop, features: {rows: {count: "*", window: 1h}}}
)";

class AvailableFromTest : public ::testing::Test {
 protected:
  AvailableFromTest() {
    for (const char* topic : {"sales", "returns"}) {
      EXPECT_TRUE(log_.CreateTopic(topic, {.partitions = 1}).ok());
    }
  }
  enum View { kSold, kBulk, kBack, kBoth };

  // Another process over the same log and state, which reads all that is there.
  void Run() {
    process_.reset();
    process_ = std::make_unique<EngineProcess>(
        LoadedProject(absl::StrReplaceAll(kProject, {{"HISTORY", history_}})), log_, state_, clock_,
        Engine::Mode::kSimulation);
    ASSERT_TRUE(process_->Simulate().ok());
  }
  void Append(const std::string& topic, int64_t time_ms) {
    AppendJson(log_, topic, absl::StrCat("{\"at\":", time_ms, ",\"shop\":\"a\",\"pieces\":1}"));
  }
  std::string Status(View view, int64_t at_ms, int feature = 0) {
    const Value key = Value::String("a");
    FeatureValue value;
    EXPECT_TRUE(
        process_->store().Read(view, {&key, 1}, at_ms, {&feature, 1}, {}, {&value, 1}).ok());
    return std::string(FeatureStatusName(value.status));
  }

  std::string history_;
  MemoryLog log_;
  MemoryStateStore state_;
  TickingClock clock_{absl::Milliseconds(10)};
  std::unique_ptr<EngineProcess> process_;
};

TEST_F(AvailableFromTest, IsTheEarliestEventOfTheSourcesOfAView) {
  Append("sales", kStartMs + 60'000);
  Append("sales", kStartMs);  // late
  Append("returns", kStartMs + 2 * kHourMs);
  Run();
  EXPECT_EQ(Status(kSold, kStartMs + kHourMs - 1), "warming");
  EXPECT_EQ(Status(kSold, kStartMs + kHourMs), "present");
  EXPECT_EQ(Status(kBack, kStartMs + 3 * kHourMs - 1), "warming");
  EXPECT_EQ(Status(kBack, kStartMs + 3 * kHourMs), "present");
  EXPECT_EQ(Status(kBoth, kStartMs + kHourMs), "present");
  EXPECT_EQ(Status(kSold, kStartMs + 2 * kHourMs, 1), "present") << "lifetime windows never warm";
}

TEST_F(AvailableFromTest, CountsWhatADerivedSourceLeavesOut) {
  Append("sales", kStartMs);
  Run();
  EXPECT_EQ(Status(kBulk, kStartMs + kHourMs - 1), "warming");
  EXPECT_EQ(Status(kBulk, kStartMs + kHourMs), "present");
}

TEST_F(AvailableFromTest, WithoutDataEveryWindowWarms) {
  Run();
  EXPECT_EQ(Status(kSold, kStartMs), "warming");
  EXPECT_EQ(Status(kSold, kStartMs, 1), "present");
}

TEST_F(AvailableFromTest, OutlivesTheProcess) {
  Append("sales", kStartMs);
  Run();
  Append("sales", kStartMs + 2 * kHourMs);
  Run();
  EXPECT_EQ(Status(kSold, kStartMs + kHourMs), "present");
  EXPECT_EQ(Status(kSold, kStartMs + kHourMs - 1), "warming");
}

TEST_F(AvailableFromTest, HistoryFilesReachFurtherBackThanTheTopic) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "available_from";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "sales.csv") << "at,shop,pieces\n" << kStartMs - kHourMs << ",a,1\n";
  history_ = absl::StrCat(", history: {files: \"", folder.string(),
                          "/*.csv\", format: csv, until: \"2013-01-01T08:00:00Z\"}");
  Append("sales", kStartMs);
  Run();
  EXPECT_EQ(Status(kSold, kStartMs), "present");
  EXPECT_EQ(Status(kSold, kStartMs - 1), "warming");
}

}  // namespace
}  // namespace millrace
