// A node as a whole: it opens on what an earlier one left, refuses what does not fit, serves.

#include "app/node.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/config/load.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "serving/errors.h"
#include "stream/progress.h"
#include "tests/core/test_directory.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kStartMs = 1'357'000'000'000;

class NodeTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Project> MakeProject(const std::string& within = "5s",
                                             const std::string& log = "./log") {
    LoadResult loaded = Load({.path = "test.yaml",
                              .text = absl::StrCat(R"(
version: 1
project: shop
log: {embedded: {path: )",
                                                   log, R"(}}
state: {path: ./state, shards: 4}
server: {http: "127.0.0.1:0", grpc: "127.0.0.1:0"}
sources:
  asks:   {topic: asks, time: {field: at, unit: ms}, schema: {id: int, user: string, amount: double}}
  clicks: {topic: clicks, time: {field: at, unit: ms}, schema: {id: int, user: string, good: bool}}
entities: {user: {key: [user]}}
views:
  user_clicks: {from: clicks, entity: user, features: {clicks_1m: {count: "*", window: 1m}}}
tasks:
  bought:
    kind: binary
    decide: {trigger: {record: asks}, id: id}
    label: {any: good, from: clicks, id: id, within: )",
                                                   within, R"(, empty: false}
    inputs: [user_clicks.*, amount]
    learners: {online: {type: logistic}, constant: {type: constant}}
    serve: {champion: online}
)"),
                              .directory = directory_.path().string()});
    if (!loaded.project) {
      ADD_FAILURE() << loaded.diagnostics[0].message;
      std::abort();
    }
    return std::make_shared<const Project>(*std::move(loaded.project));
  }

  std::unique_ptr<Node> Open(std::shared_ptr<const Project> project) {
    auto node = Node::Open(std::move(project), {Engine::Mode::kSimulation});
    EXPECT_TRUE(node.ok()) << node.status();
    return node.ok() ? *std::move(node) : nullptr;
  }

  // The record's offset.
  static int64_t Append(Node& node, const std::string& topic, const std::string& json) {
    const std::vector<AppendRecord> records = {{.topic = topic, .partition = 0, .value = json}};
    const auto positions = node.log().Append(records);
    EXPECT_TRUE(positions.ok()) << positions.status();
    return positions.ok() ? positions->front().offset : -1;
  }

  static std::unique_ptr<Node> OpenLive(std::shared_ptr<const Project> project) {
    auto node = Node::Open(std::move(project), {Engine::Mode::kLive});
    EXPECT_TRUE(node.ok()) << node.status();
    if (!node.ok()) return nullptr;
    (*node)->Start();
    return *std::move(node);
  }

  // Clicks of "u" in the last minute, as they are once clicks up to `offset` are in.
  static absl::StatusOr<FeaturesResponse> ReadClicks(Node& node, int64_t offset, int64_t at_ms,
                                                     absl::Duration patience) {
    FeaturesRequest request;
    request.features = {"user_clicks.clicks_1m"};
    request.keys = {{{"user", OwnedValue(Value::String("u"))}}};
    request.min_offsets = {{"clicks", 0, offset}};
    request.at_ms = at_ms;
    request.patience = patience;
    return node.services().features->ReadFeatures(request);
  }

  static std::string Click(int id) {
    return absl::StrCat("{\"at\":", kStartMs + id, ",\"id\":", id,
                        ",\"user\":\"u\",\"good\":true}");
  }

  // Runs the simulation over all there is.
  static void RunToEnd(Node& node) {
    std::vector<int64_t> ends;
    for (const Engine::InputName& input : node.engine().inputs()) {
      ends.push_back(node.log().Offsets(input.topic_partition)->end);
    }
    node.engine().SetFrontier({kEndOfTime, ends}, Engine::AtEnd::kSettle);
    node.Start();
    const absl::Status ended = node.WaitForEnd();
    EXPECT_TRUE(ended.ok()) << ended;
  }

  const TestDirectory directory_;
};

TEST_F(NodeTest, GoesOnWhereAnEarlierNodeEnded) {
  for (int run = 1; run <= 3; ++run) {
    const auto node = Open(MakeProject());
    ASSERT_NE(node, nullptr);
    const int64_t at_ms = kStartMs + 60'000 * run;
    Append(*node, "asks",
           absl::StrCat("{\"at\":", at_ms, ",\"id\":", run, ",\"user\":\"u\",\"amount\":1}"));
    Append(
        *node, "clicks",
        absl::StrCat("{\"at\":", at_ms + 1'000, ",\"id\":", run, ",\"user\":\"u\",\"good\":true}"));
    RunToEnd(*node);
    const EngineStatus status = node->engine().MakeStatus();
    EXPECT_EQ(status.tasks[0].counts.join.decisions, static_cast<uint64_t>(run));
    EXPECT_EQ(status.tasks[0].counts.examples, static_cast<uint64_t>(run));
    EXPECT_TRUE(node->Stop().ok());
  }
}

TEST_F(NodeTest, StateOfAnotherConfigurationIsRefusedAndNamesWhatDiffers) {
  ASSERT_NE(Open(MakeProject()), nullptr);
  const auto refused = Node::Open(MakeProject("6s"), {Engine::Mode::kSimulation});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("changed: tasks.bought"));
  EXPECT_NE(Open(MakeProject()), nullptr);
}

TEST_F(NodeTest, StateOfAnotherLogIsRefused) {
  ASSERT_NE(Open(MakeProject()), nullptr);
  const auto refused = Node::Open(MakeProject("5s", "./other"), {Engine::Mode::kSimulation});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("another log"));
}

TEST_F(NodeTest, ASecondNodeOnTheSameFilesIsRefused) {
  const auto first = Open(MakeProject());
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(Node::Open(MakeProject(), {Engine::Mode::kSimulation}).status().code(),
            absl::StatusCode::kAborted);
}

TEST_F(NodeTest, ServesOnFreePortsAndTellsItsStatus) {
  const auto node = Open(MakeProject());
  ASSERT_NE(node, nullptr);
  const absl::Status served = node->Serve();
  ASSERT_TRUE(served.ok()) << served;
  EXPECT_NE(node->http_port(), 0);
  EXPECT_NE(node->grpc_port(), 0);
  Append(*node, "asks",
         absl::StrCat("{\"at\":", kStartMs, ",\"id\":1,\"user\":\"u\",\"amount\":1}"));
  RunToEnd(*node);
  EXPECT_TRUE(node->ended());
  EXPECT_TRUE(node->Stop().ok());
  EXPECT_TRUE(node->Stop().ok());  // again is nothing
}

TEST_F(NodeTest, AReadSeesTheRecordsThatItNames) {
  const auto node = OpenLive(MakeProject());
  ASSERT_NE(node, nullptr);
  for (int i = 0; i < 100; ++i) {
    const int64_t offset = Append(*node, "clicks", Click(i));
    const auto read = ReadClicks(*node, offset, kStartMs + 1'000, absl::Seconds(10));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->rows[0].values[0].value.view(), Value::Int(i + 1));
    ASSERT_EQ(read->offsets.size(), 1u);
    EXPECT_EQ(read->offsets[0].partition->topic, "clicks");
    EXPECT_GT(read->offsets[0].applied, offset);
    EXPECT_LE(read->offsets[0].durable, read->offsets[0].applied);
  }
  EXPECT_TRUE(node->Stop().ok());
}

TEST_F(NodeTest, ARecordThatNeverComesIsNotWaitedForLongerThanAsked) {
  const auto node = OpenLive(MakeProject());
  ASSERT_NE(node, nullptr);
  const int64_t offset = Append(*node, "clicks", Click(0));
  ASSERT_TRUE(ReadClicks(*node, offset, kStartMs + 1'000, absl::Seconds(10)).ok());
  const auto early = ReadClicks(*node, offset + 1, kStartMs + 1'000, absl::Milliseconds(1));
  EXPECT_EQ(ErrorOf(early.status()).code, ErrorCode::kNotYetApplied);
  EXPECT_EQ(ErrorOf(early.status()).applied_offset, offset + 1);
  EXPECT_TRUE(node->Stop().ok());
  // What stops lets nobody wait.
  EXPECT_TRUE(absl::IsUnavailable(
      ReadClicks(*node, offset + 1, kStartMs + 1'000, absl::Seconds(10)).status()));
}

TEST_F(NodeTest, WhatWasAppliedIsSoAfterARestart) {
  int64_t offset = 0;
  {
    const auto node = OpenLive(MakeProject());
    ASSERT_NE(node, nullptr);
    for (int i = 0; i < 10; ++i) offset = Append(*node, "clicks", Click(i));
    ASSERT_TRUE(ReadClicks(*node, offset, kStartMs + 1'000, absl::Seconds(10)).ok());
    EXPECT_TRUE(node->Stop().ok());
  }
  const auto node = Open(MakeProject());
  ASSERT_NE(node, nullptr);
  const auto read = ReadClicks(*node, offset, kStartMs + 1'000, absl::ZeroDuration());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->rows[0].values[0].value.view(), Value::Int(10));
  EXPECT_EQ(read->offsets[0].durable, offset + 1);
}

TEST_F(NodeTest, StopsBeforeItWasStarted) {
  const auto node = Open(MakeProject());
  ASSERT_NE(node, nullptr);
  EXPECT_TRUE(node->Stop().ok());
}

}  // namespace
}  // namespace millrace
