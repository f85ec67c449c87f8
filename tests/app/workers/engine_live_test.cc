// The engine live: decisions wait for their inputs and no longer; time alone moves things on; what
// a request was answered is durable.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "app/workers/task_records.h"
#include "featurestore/memory_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "schemas/prediction.pb.h"
#include "stream/dead_letter.h"
#include "stream/memory_log.h"
#include "tests/app/workers/engine_process.h"
#include "tests/app/workers/test_clock.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int64_t kNowMs = 1'700'000'000'000;
constexpr int64_t kHourMs = 3'600'000;
constexpr char kPredictions[] = "millrace.shop.predictions.bought";
constexpr char kExamples[] = "millrace.shop.examples.bought";

class EngineLive : public ::testing::Test {
 protected:
  EngineLive() : clock_(kNowMs), log_({.clock = &clock_}) {}

  void Start(std::shared_ptr<const Project> project = ShopProject()) {
    project_ = std::move(project);
    process_.emplace(project_, log_, state_, clock_, Engine::Mode::kLive);
    process_->Start();
  }
  void Restart() {
    ASSERT_TRUE(process_->Stop().ok());
    process_.reset();
    Start(project_);
  }

  void Ask(int64_t time_ms, int id, const std::string& user = "u") {
    AppendJson(log_, "asks",
               absl::StrCat("{\"at\":", time_ms, ",\"id\":", id, ",\"user\":\"", user,
                            "\",\"amount\":1.5}"));
  }
  void Click(int64_t time_ms, int id, bool good = true) {
    AppendJson(log_, "clicks",
               absl::StrCat("{\"at\":", time_ms, ",\"id\":", id,
                            ",\"user\":\"u\",\"good\":", good ? "true" : "false", "}"));
  }
  void Visit(int64_t time_ms, const std::string& pages = "1") {
    AppendJson(log_, "visits",
               absl::StrCat("{\"at\":", time_ms, ",\"user\":\"u\",\"pages\":", pages, "}"));
  }

  // Blocks until the topic holds `count` records; gtest's time limit is the only other end.
  std::vector<v1::Prediction> AwaitPredictions(size_t count) {
    std::vector<v1::Prediction> predictions;
    for (const std::string& bytes : Await(kPredictions, count)) {
      EXPECT_TRUE(predictions.emplace_back().ParseFromString(bytes));
    }
    return predictions;
  }
  std::vector<v1::Example> AwaitExamples(size_t count) {
    std::vector<v1::Example> examples;
    std::vector<std::string> all;
    for (size_t wanted = count; examples.size() < count; ++wanted) {  // publish cuts stand between
      examples.clear();
      for (const std::string& bytes : Await(kExamples, wanted)) {
        v1::ExampleRecord record;
        EXPECT_TRUE(record.ParseFromString(bytes));
        if (record.has_example()) examples.push_back(record.example());
      }
    }
    return examples;
  }
  std::vector<std::string> Await(const std::string& topic, size_t count) {
    const auto reader = log_.OpenReader({{{topic, 0}, 0}});
    EXPECT_TRUE(reader.ok()) << reader.status();
    RecordBatch batch;
    while (batch.records().size() < count) {
      (*reader)->Wait(absl::Minutes(1));
      const auto read = (*reader)->Read(0, 1 << 20, &batch);
      EXPECT_TRUE(read.ok()) << read.status();
      if (!read.ok()) break;
    }
    std::vector<std::string> values;
    for (const Record& record : batch.records()) values.emplace_back(*record.value);
    return values;
  }
  // Blocks until the engine's status says so.
  template <typename Holds>
  EngineStatus AwaitStatus(const Holds& holds) {
    absl::Mutex mutex;
    absl::MutexLock lock(&mutex);
    const bool never = false;
    while (true) {
      const auto status = process_->engine().status();
      if (status != nullptr && holds(*status)) return *status;
      Clock::Real().AwaitWithTimeout(mutex, absl::Condition(&never), absl::Milliseconds(10));
    }
  }
  size_t Emitted(const std::string& topic) { return log_.Offsets({topic, 0})->end; }

  DecisionRequest Request(int id, int64_t at_ms, double score) {
    v1::Prediction prediction;
    prediction.set_task("asked");
    prediction.set_id(EncodeId(Value::Int(id)));
    prediction.set_decision_time(at_ms);
    // What MakePrediction writes for a user without visits.
    const Scorer& scorer = process_->engine().scorer(1);
    DecisionRow row;
    const std::vector<Value> fields = {Value::Int(id), Value::String("nobody"),
                                       Value::Double(score)};
    EXPECT_TRUE(scorer.Assemble(fields, at_ms, &row).ok());
    const auto deployment = process_->engine().deployment(1).Read();
    scorer.Score(*deployment, &row);
    const std::string encoded = EncodeId(Value::Int(id));
    return {encoded, at_ms, MakePrediction("asked", encoded, row, *deployment).SerializeAsString()};
  }

  SetClock clock_;
  MemoryLog log_;
  MemoryStateStore state_;
  std::shared_ptr<const Project> project_;
  std::optional<EngineProcess> process_;
};

TEST_F(EngineLive, ADecisionIsMadeOnceTheClockHasPassedIt) {
  Start();
  Ask(kNowMs, 1);
  AwaitStatus([](const EngineStatus& s) { return s.tasks[0].counts.waiting == 1; });
  EXPECT_EQ(Emitted(kPredictions), 0u);
  clock_.Set(kNowMs + 1);
  const auto predictions = AwaitPredictions(1);
  EXPECT_EQ(predictions[0].decision_time(), kNowMs);
  EXPECT_FALSE(predictions[0].timed_out());
}

TEST_F(EngineLive, TimeRunsOutWithoutAnyFurtherRecord) {
  Start();
  Ask(kNowMs, 1);
  clock_.Set(kNowMs + 1);
  AwaitPredictions(1);
  clock_.Set(kNowMs + 5'001);  // T + within has passed, and nothing is appended
  const auto examples = AwaitExamples(1);
  EXPECT_FALSE(examples[0].label().bool_value());
  EXPECT_EQ(examples[0].label_time(), kNowMs + 5'000);
}

TEST_F(EngineLive, ALabelSettlesItsDecisionAndTeaches) {
  Start();
  Ask(kNowMs, 1);
  clock_.Set(kNowMs + 2'000);
  AwaitPredictions(1);
  Click(kNowMs + 1'000, 1);
  const auto examples = AwaitExamples(1);
  EXPECT_TRUE(examples[0].label().bool_value());
  EXPECT_EQ(examples[0].label_time(), kNowMs + 1'000);
  const EngineStatus status =
      AwaitStatus([](const EngineStatus& s) { return s.tasks[0].counts.examples == 1; });
  EXPECT_EQ(status.tasks[0].counts.join.settled, 1u);
  EXPECT_EQ(status.tasks[0].learners[0].step, 1u);
}

// An input of long ago stands where its records end, and holds the decisions after it.
TEST_F(EngineLive, ADecisionWaitsForAnInputThatLags) {
  const int64_t past_ms = kNowMs - 10 * kHourMs;
  Start();
  Visit(past_ms);
  Ask(past_ms + 1'000, 1);
  Click(past_ms + 60'000, 99);
  Ask(past_ms + 60'000, 2);
  AwaitStatus([](const EngineStatus& s) { return s.tasks[0].counts.waiting == 2; });
  EXPECT_EQ(Emitted(kPredictions), 0u);
  Visit(past_ms + 1'001);
  const auto predictions = AwaitPredictions(1);
  EXPECT_EQ(predictions[0].id(), EncodeId(Value::Int(1)));
  EXPECT_FALSE(predictions[0].timed_out());
  EXPECT_EQ(Emitted(kPredictions), 1u);
}

TEST_F(EngineLive, AlignTimeoutReleasesADecisionAndSaysSo) {
  const int64_t past_ms = kNowMs - 10 * kHourMs;
  Start(ShopProject("align_timeout: 1h", "align_timeout: 100ms"));
  Visit(past_ms);
  Ask(past_ms + 1'000, 1);
  const auto predictions = AwaitPredictions(1);
  EXPECT_TRUE(predictions[0].timed_out());
  AwaitStatus([](const EngineStatus& s) {
    return s.tasks[0].counts.timed_out == 1 && s.tasks[0].counts.waiting == 0;
  });
}

// Time stands (all inputs are of the past), and a trigger comes for a moment it has passed.
TEST_F(EngineLive, ALateTriggerIsDecidedAtOnceAlthoughTimeStands) {
  const int64_t past_ms = kNowMs - 10 * kHourMs;
  Start();
  Visit(past_ms + 60'000);
  Click(past_ms + 60'000, 99);
  Ask(past_ms + 60'000, 1);
  AwaitStatus([&](const EngineStatus& s) { return s.event_time_ms == past_ms + 60'000; });
  Ask(past_ms + 30'000, 2);
  const auto predictions = AwaitPredictions(1);
  EXPECT_EQ(predictions[0].id(), EncodeId(Value::Int(2)));
  EXPECT_FALSE(predictions[0].timed_out());
}

// Records may be weeks late, features are kept for hours: the decision is made with what there is.
TEST_F(EngineLive, ATriggerOlderThanAnyFeatureIsDecidedWithoutThem) {
  Start();
  Visit(kNowMs - 30 * 24 * kHourMs);  // there was data then
  Visit(kNowMs - 1'000, "3");
  Ask(kNowMs - 500, 1);
  clock_.Set(kNowMs + 1);
  ASSERT_EQ(AwaitPredictions(1)[0].id(), EncodeId(Value::Int(1)));
  Ask(kNowMs - 20 * 24 * kHourMs, 2);
  const v1::Prediction old = AwaitPredictions(2)[1];
  EXPECT_EQ(old.id(), EncodeId(Value::Int(2)));
  EXPECT_NE(old.inputs().statuses().find(static_cast<char>(FeatureStatus::kTruncated)),
            std::string::npos);
  Ask(kNowMs, 3);  // and the engine lives
  AwaitPredictions(3);
}

TEST_F(EngineLive, AnOldRecordOfASourceThatATaskDoesNotReadHoldsItsTimeBackNot) {
  Start(ShopProject("inputs: [user_visits.*, user_clicks.*,", "inputs: [user_clicks.*,"));
  Visit(kNowMs - 3'000 * kHourMs);
  AwaitStatus([](const EngineStatus& s) { return s.event_time_ms < kNowMs - kHourMs; });
  Ask(kNowMs - 500, 1);
  clock_.Set(kNowMs + 1);
  EXPECT_FALSE(AwaitPredictions(1)[0].timed_out());
}

TEST_F(EngineLive, AnOldRecordOfASourceThatFollowsTheClockHoldsNothingBack) {
  Start(ShopProject("visits: {topic: visits,", "visits: {topic: visits, lateness: {idle: clock},"));
  Visit(kNowMs - 3'000 * kHourMs);
  Ask(kNowMs - 500, 1);
  clock_.Set(kNowMs + 1);
  EXPECT_FALSE(AwaitPredictions(1)[0].timed_out());
  clock_.Set(kNowMs + 5'001);
  EXPECT_FALSE(AwaitExamples(1)[0].label().bool_value()) << "and its time runs out";
}

TEST_F(EngineLive, StatusNamesTheInputThatHoldsATaskBack) {
  Start();
  AwaitStatus([](const EngineStatus& s) { return s.caught_up && !s.tasks[0].holdback; });
  Visit(kNowMs - 3'000 * kHourMs);
  clock_.Set(kNowMs + 7);
  Visit(kNowMs - 2'000 * kHourMs);
  const EngineStatus status = AwaitStatus([](const EngineStatus& s) {
    return s.tasks[0].holdback && s.tasks[0].holdback->time_ms == kNowMs - 2'000 * kHourMs &&
           s.tasks[0].holdback->reason == HoldbackReason::kHistory;
  });
  const EngineStatus::Input& input = status.inputs[status.tasks[0].holdback->input];
  EXPECT_EQ(input.source, "visits");
  EXPECT_GE(status.tasks[0].holdback->since_ms, kNowMs);
  EXPECT_LE(status.tasks[0].holdback->since_ms, kNowMs + 7);
  EXPECT_EQ(HoldbackText(input, status.tasks[0].holdback->reason),
            "source visits stands at 2023-08-23T14:13:20Z: its records are history; "
            "`lateness: {idle: clock}` lets it follow the clock");
}

// Event time stands at the last record of the past, and what was learned answers all the same.
TEST_F(EngineLive, WhatWasLearnedIsPublishedWithinMaxDelayOfTheClock) {
  const int64_t past_ms = kNowMs - 10 * kHourMs;
  Start(
      ShopProject("publish: {every: 2s, max_delay: 4s}", "publish: {every: 1ms, max_delay: 1ms}"));
  Ask(past_ms, 1);
  Ask(past_ms + 1'000, 2);
  Visit(past_ms + 1'000);
  Click(past_ms + 1'000, 1);
  const EngineStatus status =
      AwaitStatus([](const EngineStatus& s) { return s.tasks[0].counts.models_published == 2; });
  EXPECT_EQ(status.tasks[0].counts.examples, 1u);
  EXPECT_EQ(status.event_time_ms, past_ms + 1'000);
  EXPECT_EQ(status.tasks[0].deployment->champion_model().step, 1u);
}

// The engine has idled at the clock's time when history comes: labels of it find their decisions,
// although these wait for an input that lags behind the labels.
TEST_F(EngineLive, HistoryThatComesToAnIdleEngineIsJoined) {
  const int64_t past_ms = kNowMs - 10 * kHourMs;
  Start();
  AwaitStatus([&](const EngineStatus& s) { return s.event_time_ms == kNowMs; });
  Click(past_ms + 2'000, 1);
  AwaitStatus([](const EngineStatus& s) { return s.tasks[0].counts.join.labels == 1; });
  Ask(past_ms + 1'000, 1);
  Ask(past_ms + 60'000, 2);
  const auto examples = AwaitExamples(1);
  EXPECT_TRUE(examples[0].label().bool_value());
  EXPECT_EQ(examples[0].prediction().decision_time(), past_ms + 1'000);
}

TEST_F(EngineLive, ADecisionReadsWhatWasTrueAtItsTimeAlthoughMoreIsKnown) {
  Start();
  Visit(kNowMs - 2 * kHourMs);
  Visit(kNowMs - 2'000, "3");
  Visit(kNowMs - 1'000, "4");
  Ask(kNowMs - 1'500, 1);
  clock_.Set(kNowMs + 1);
  const v1::Prediction prediction = AwaitPredictions(1)[0];
  ASSERT_GE(prediction.inputs().doubles_size(), 1);
  EXPECT_EQ(prediction.inputs().doubles(0), 3.0);
}

TEST_F(EngineLive, LearnersSeeNothingOfAWindowThatTheDataDoNotFill) {
  Start();
  Visit(kNowMs - 2'000, "3");
  Ask(kNowMs - 1'500, 1);
  clock_.Set(kNowMs + 1);
  const v1::Prediction prediction = AwaitPredictions(1)[0];
  EXPECT_EQ(prediction.inputs().statuses()[0], static_cast<char>(FeatureStatus::kWarming));
  EXPECT_EQ(prediction.inputs().doubles(0), 1.5) << "the amount: what warms is null";
}

TEST_F(EngineLive, LearnersSeeTheValueSoFarIfTheViewSaysSo) {
  Start(ShopProject("from: visits, entity: user,",
                    "from: visits, entity: user, while_warming: use,"));
  Visit(kNowMs - 2'000, "3");
  Ask(kNowMs - 1'500, 1);
  clock_.Set(kNowMs + 1);
  const v1::Prediction prediction = AwaitPredictions(1)[0];
  EXPECT_EQ(prediction.inputs().statuses()[0], static_cast<char>(FeatureStatus::kWarming));
  EXPECT_EQ(prediction.inputs().doubles(0), 3.0);
}

TEST_F(EngineLive, ARequestDecisionIsAnsweredOnceAndForAll) {
  Start();
  const DecisionRequest first = Request(7, kNowMs, 1.0);
  const auto answer = process_->engine().RecordDecision(1, first);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_FALSE(answer->duplicate);
  EXPECT_EQ(answer->prediction, first.prediction);
  const DecisionRequest retry = Request(7, kNowMs + 10, 2.0);
  ASSERT_NE(retry.prediction, first.prediction);
  for (int process = 0; process < 2; ++process) {
    const auto again = process_->engine().RecordDecision(1, retry);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(again->duplicate);
    EXPECT_EQ(again->prediction, first.prediction);
    Restart();
  }
  EXPECT_EQ(Emitted("millrace.shop.predictions.asked"), 1u);
}

TEST_F(EngineLive, ARequestDecisionGetsItsLabelToo) {
  Start();
  ASSERT_TRUE(process_->engine().RecordDecision(1, Request(7, kNowMs, 1.0)).ok());
  clock_.Set(kNowMs + 2'000);
  Click(kNowMs + 1'000, 7);
  AwaitStatus([](const EngineStatus& s) { return s.tasks[1].counts.examples == 1; });
}

TEST_F(EngineLive, RequestsToAnEngineThatHasEndedAreRefused) {
  Start();
  const DecisionRequest request = Request(7, kNowMs, 1.0);
  ASSERT_TRUE(process_->Stop().ok());
  EXPECT_EQ(process_->engine().RecordDecision(1, request).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(EngineLive, WhatWaitedWhenTheProcessEndedIsDecidedByTheNext) {
  Start();
  Ask(kNowMs + 5'000, 1);
  AwaitStatus([](const EngineStatus& s) { return s.tasks[0].counts.waiting == 1; });
  Restart();
  AwaitStatus([](const EngineStatus& s) { return s.tasks[0].counts.waiting == 1; });
  clock_.Set(kNowMs + 5'001);
  EXPECT_EQ(AwaitPredictions(1)[0].decision_time(), kNowMs + 5'000);
}

TEST_F(EngineLive, RejectedRecordsBecomeDeadLettersThatSayWhy) {
  Start();
  Visit(kNowMs, "\"many\"");
  Visit(kNowMs + 2 * kHourMs);  // dated too far ahead
  AppendJson(log_, "visits", "no json");
  Await("visits.dlq", 3);
  const auto reader = log_.OpenReader({{{"visits.dlq", 0}, 0}});
  RecordBatch batch;
  while (*(*reader)->Read(0, 1 << 20, &batch) > 0) {
  }
  std::vector<std::string> codes;
  int64_t offset = 0;
  for (const Record& record : batch.records()) {
    for (const Header& header : record.headers) {
      if (header.name == kErrorCodeHeader) codes.emplace_back(header.value);
      if (header.name == kSourceTopicHeader) {
        EXPECT_EQ(header.value, "visits");
      }
      if (header.name == kSourceOffsetHeader) {
        EXPECT_EQ(header.value, absl::StrCat(offset));
      }
    }
    ++offset;
  }
  EXPECT_THAT(codes, ElementsAre("schema", "future", "malformed"));
  AwaitStatus([](const EngineStatus& s) {
    uint64_t rejected = 0;
    for (const auto& input : s.inputs) rejected += input.counts.rejected;
    return rejected == 3;
  });
  Restart();
  Visit(kNowMs);
  AwaitStatus([](const EngineStatus& s) {
    uint64_t applied = 0;
    for (const auto& input : s.inputs) applied += input.counts.applied;
    return applied == 1;
  });
  EXPECT_EQ(Emitted("visits.dlq"), 3u);  // once, whoever reads on
}

TEST_F(EngineLive, OnErrorStopEndsTheLoopAtTheRecordAndNamesIt) {
  Start(ShopProject("visits: {topic: visits,", "visits: {topic: visits, on_error: stop,"));
  Visit(kNowMs);
  AppendJson(log_, "visits", "no json");
  const absl::Status ended = process_->AwaitEnd();
  EXPECT_EQ(ended.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(ended.message()), HasSubstr("source visits: partition 0 offset 1"));
}

TEST_F(EngineLive, CaughtUpMeansThatAllThatTheLogHeldAtTheStartIsApplied) {
  ASSERT_TRUE(log_.CreateTopic("visits", {.partitions = 2}).ok());
  constexpr uint64_t kVisits = 1'000;
  for (uint64_t i = 0; i < kVisits; ++i) Visit(kNowMs);
  Start();
  AwaitStatus([](const EngineStatus& s) {
    uint64_t applied = 0;
    for (const EngineStatus::Input& input : s.inputs) applied += input.counts.applied;
    EXPECT_EQ(s.caught_up, applied == kVisits) << applied;
    return s.caught_up;
  });
}

TEST_F(EngineLive, WhileTheLogIsAwayTimeStandsAndNothingIsCaughtUp) {
  Start();
  Visit(kNowMs);
  AwaitStatus([](const EngineStatus& s) {
    return s.caught_up && std::any_of(s.inputs.begin(), s.inputs.end(),
                                      [](const auto& input) { return input.counts.applied == 1; });
  });
  process_->engine().SetLogReachable(false);
  clock_.Set(kNowMs + 60'000);
  const EngineStatus away =
      AwaitStatus([](const EngineStatus& s) { return !s.caught_up && s.tasks[0].holdback; });
  EXPECT_EQ(away.tasks[0].holdback->reason, HoldbackReason::kUnreachable);
  for (const EngineStatus::Input& input : away.inputs) {
    EXPECT_FALSE(input.at_end);
    EXPECT_EQ(input.holdback, HoldbackReason::kUnreachable);
    if (input.counts.applied == 1) {
      EXPECT_EQ(input.progress_ms, kNowMs);
    }
  }
  process_->engine().SetLogReachable(true);
  AwaitStatus([](const EngineStatus& s) {
    return s.caught_up && !s.tasks[0].holdback && s.event_time_ms == kNowMs + 60'000;
  });
}

// An example repeats the inputs of its decision, and has to go into the log too.
TEST(EngineDecisions, TooLargeForTheLogAreCountedApartFromRecordsWithoutId) {
  SetClock clock(kNowMs);
  MemoryLog log({.max_record_bytes = 1 << 20, .clock = &clock});
  MemoryStateStore state;
  EngineProcess process(ShopProject(), log, state, clock, Engine::Mode::kSimulation);
  const std::string user(300'000, 'u');
  AppendJson(log, "asks", absl::StrCat(R"({"at":1,"id":1,"amount":1.5,"user":")", user, "\"}"));
  AppendJson(log, "asks", R"({"at":2,"id":null,"amount":1.5,"user":"u"})");
  AppendJson(log, "asks", R"({"at":3,"id":3,"amount":1.5,"user":"u"})");
  ASSERT_TRUE(process.Simulate().ok());
  const TaskCounts& counts = process.engine().status()->tasks[0].counts;
  EXPECT_EQ(counts.too_large, 1u);
  EXPECT_EQ(counts.rejected_ids, 1u);
  EXPECT_EQ(counts.join.decisions, 1u);
}

}  // namespace
}  // namespace millrace
