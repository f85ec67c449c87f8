// A simulation is a function of its inputs alone: not of how far the log was promised when, not of
// when it was committed, and not of where the process died.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "gtest/gtest.h"
#include "stream/memory_log.h"
#include "stream/newest_mark.h"
#include "stream/progress.h"
#include "tests/app/workers/crash_point.h"
#include "tests/app/workers/crash_runs.h"
#include "tests/app/workers/engine_process.h"
#include "tests/app/workers/test_clock.h"

namespace millrace {
namespace {

constexpr int64_t kStartMs = 1'357'000'000'000;

struct SourceRecord {
  int64_t time_ms = 0;
  std::string topic;
  int32_t partition = 0;
  std::string json;
};

// In event-time order. Times lie on a coarse grid, so that many are equal.
std::vector<SourceRecord> MakeRecords(uint64_t seed) {
  Random random(seed);
  std::vector<SourceRecord> records;
  const auto add = [&](int64_t time_ms, const std::string& topic, const std::string& fields) {
    records.push_back({time_ms, topic, static_cast<int32_t>(random.Below(2)),
                       absl::StrCat("{\"at\":", time_ms, ",", fields, "}")});
  };
  for (int64_t id = 1; id <= 60; ++id) {
    const int64_t ask_ms = kStartMs + 250 * random.Between(0, 160);
    const std::string user = absl::StrCat("\"user\":\"u", random.Below(5), "\"");
    add(ask_ms, "asks",
        absl::StrCat("\"id\":", random.Chance(0.1) ? id - 1 : id, ",", user,
                     ",\"amount\":", random.Between(0, 9), ".5"));
    for (uint64_t clicks = random.Below(3); clicks > 0; --clicks) {
      add(ask_ms + 250 * random.Between(-2, 24), "clicks",
          absl::StrCat("\"id\":", random.Chance(0.05) ? "null" : absl::StrCat(id), ",", user,
                       ",\"good\":", random.Chance(0.6) ? "true" : "false"));
    }
    for (int visit = 0; visit < 3; ++visit) {
      add(ask_ms - 250 * random.Between(0, 20), "visits",
          absl::StrCat(user, ",\"pages\":", random.Between(1, 5)));
    }
  }
  for (int i = 0; i < 5; ++i) {
    add(kStartMs + 250 * random.Between(0, 160), "visits", "\"user\":\"u1\",\"pages\":\"many\"");
  }
  std::stable_sort(
      records.begin(), records.end(),
      [](const SourceRecord& a, const SourceRecord& b) { return a.time_ms < b.time_ms; });
  return records;
}

// Logs and state of one deployment, through all its processes.
struct Shop {
  explicit Shop(const std::vector<SourceRecord>& records) {
    for (const char* topic : {"asks", "clicks", "visits"}) {
      EXPECT_TRUE(log.CreateTopic(topic, {.partitions = 2}).ok());
    }
    for (const SourceRecord& r : records) AppendJson(log, r.topic, r.json, r.partition);
  }

  // A process that lives for so many effects; gives what it thinks it has done.
  std::string RunUntil(CrashPoint& crash, absl::Duration step = absl::Milliseconds(10)) {
    CrashingState mortal_state(state, crash);
    CrashingLog mortal_log(log, crash);
    TickingClock clock(step);
    EngineProcess process(ShopProject(), mortal_log, mortal_state, clock,
                          Engine::Mode::kSimulation);
    const absl::Status ran = process.Simulate();
    EXPECT_TRUE(ran.ok()) << ran;
    return process.Outcome();
  }

  // All that is stored.
  std::map<std::string, std::string> StoredRows() {
    std::map<std::string, std::string> rows;
    EXPECT_TRUE(state
                    .Scan("", std::string(1, '\xff'),
                          [&](absl::string_view key, absl::string_view value) {
                            rows.emplace(std::string(key), std::string(value));
                            return true;
                          })
                    .ok());
    return rows;
  }

  std::map<std::string, std::vector<std::string>> Emitted() {
    std::map<std::string, std::vector<std::string>> emitted;
    for (const char* kind : {"predictions", "examples", "models"}) {
      const std::string topic = absl::StrCat("millrace.shop.", kind, ".bought");
      emitted[topic] = ChannelTexts(log, topic);
    }
    emitted["visits.dlq"] = ChannelTexts(log, "visits.dlq");
    return emitted;
  }

  MemoryLog log;
  MemoryStateStore state;
};

// A new state, over a log to which another one has written what it decided of the same records.
struct SuccessorShop : Shop {
  explicit SuccessorShop(const std::vector<SourceRecord>& records) : Shop(records) {
    MemoryStateStore earlier;
    TickingClock clock(absl::Milliseconds(10));
    EngineProcess process(ShopProject("{any: good,", "{any: \"!good\","), log, earlier, clock,
                          Engine::Mode::kSimulation);
    EXPECT_TRUE(process.Simulate().ok());
  }
};

TEST(EngineSimulation, DecidesLearnsAndPublishesWhatTheRecordsSay) {
  Shop shop(MakeRecords(1));
  CrashPoint never(kNever);
  const std::string outcome = shop.RunUntil(never);
  const auto emitted = shop.Emitted();
  EXPECT_GT(emitted.at("millrace.shop.predictions.bought").size(), 50u) << outcome;
  EXPECT_GT(emitted.at("millrace.shop.models.bought").size(), 10u) << outcome;
  EXPECT_EQ(emitted.at("visits.dlq").size(), 5u) << outcome;
}

TEST(EngineSimulation, DyingAfterAnyOfItsEffectsChangesNothing) {
  const uint64_t seed = 2;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  const std::vector<SourceRecord> records = MakeRecords(seed);
  ExpectDyingOnceChangesNothing([&] { return std::make_unique<Shop>(records); }, 40, 0);
}

TEST(EngineSimulation, DyingOverAndOverChangesNothing) {
  for (uint64_t seed = 3; seed < 23 && !HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    const std::vector<SourceRecord> records = MakeRecords(seed);
    ExpectDyingOverAndOverChangesNothing([&] { return std::make_unique<Shop>(records); }, seed, 25);
  }
}

TEST(EngineSimulation, ANewStateTakesNothingOfWhatAnotherWroteIntoTheLog) {
  const std::vector<SourceRecord> records = MakeRecords(4);
  Shop alone(records);
  SuccessorShop successor(records);
  CrashPoint never(kNever);
  EXPECT_EQ(successor.RunUntil(never), alone.RunUntil(never));
  const auto emitted = successor.Emitted();
  for (const auto& [topic, texts] : alone.Emitted()) {
    const std::vector<std::string>& all = emitted.at(topic);
    ASSERT_GT(all.size(), texts.size()) << topic;
    EXPECT_EQ(std::vector(all.end() - static_cast<int64_t>(texts.size()), all.end()), texts)
        << topic;
  }
  ExpectDyingOnceChangesNothing([&] { return std::make_unique<SuccessorShop>(records); }, 40, 0);
}

TEST(EngineSimulation, ANewStateHasANewEpochAlsoWhereWhatWasWrittenIsGone) {
  Shop shop(MakeRecords(6));
  CrashPoint never(kNever);
  shop.RunUntil(never);
  DamagedLog log(shop.log);
  std::vector<TopicPartition> topics = {{"visits.dlq", 0}};
  for (const char* kind : {"predictions", "examples", "models"}) {
    for (const char* task : {"bought", "asked"}) {
      topics.push_back({absl::StrCat("millrace.shop.", kind, ".", task), 0});
    }
  }
  for (const TopicPartition& topic : topics) log.DeleteBefore(topic, log.Offsets(topic)->end);
  MemoryStateStore fresh;
  TickingClock clock(absl::Milliseconds(10));
  EngineProcess process(ShopProject(), log, fresh, clock, Engine::Mode::kSimulation);
  ASSERT_TRUE(process.Simulate().ok());
  const auto mark = NewestMark(shop.log, topics[1], "predictions.bought");
  ASSERT_TRUE(mark.ok() && mark->has_value()) << mark.status();
  EXPECT_GT((*mark)->epoch, 1u);
}

TEST(EngineSimulation, AStateThatANewerOneHasLeftIsRefused) {
  Shop shop(MakeRecords(5));
  CrashPoint never(kNever);
  shop.RunUntil(never);
  MemoryStateStore newer;
  TickingClock clock(absl::Milliseconds(10));
  {
    EngineProcess process(ShopProject(), shop.log, newer, clock, Engine::Mode::kSimulation);
    ASSERT_TRUE(process.Simulate().ok());
  }
  absl::Status opened;
  const EngineProcess left(ShopProject(), shop.log, shop.state, clock, Engine::Mode::kSimulation,
                           &opened);
  EXPECT_EQ(opened.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(opened.message().find("gone on with by another, newer state"), std::string::npos)
      << opened;
}

// A commit in the middle of an event time, right behind the record that settles a decision.
TEST(EngineSimulation, ASettledDecisionIsNeverCommittedWithoutItsExample) {
  constexpr int kRecordsOfATurn = 256;
  std::vector<SourceRecord> records;
  records.push_back({kStartMs, "asks", 0,
                     absl::StrCat("{\"at\":", kStartMs, ",\"id\":1,\"user\":\"u\",\"amount\":1}")});
  for (int i = 1; i <= kRecordsOfATurn + 10; ++i) {
    const int64_t time_ms = kStartMs + i;
    records.push_back(
        i + 1 == kRecordsOfATurn
            ? SourceRecord{time_ms, "clicks", 0,
                           absl::StrCat("{\"at\":", time_ms,
                                        ",\"id\":1,\"user\":\"u\",\"good\":true}")}
            : SourceRecord{time_ms, "visits", 0,
                           absl::StrCat("{\"at\":", time_ms, ",\"user\":\"u\",\"pages\":1}")});
  }
  constexpr absl::Duration kCommitsAtEveryLook = absl::Milliseconds(60);
  Shop untouched(records);
  CrashPoint counting(kNever);
  const std::string expected = untouched.RunUntil(counting, kCommitsAtEveryLook);
  // The commits after the turn that ends with the label, and a few of that turn.
  const int64_t effects = counting.Passed(kNever);
  for (int64_t last = effects; last > effects - 60; --last) {
    SCOPED_TRACE(absl::StrCat("died after effect ", last));
    Shop shop(records);
    CrashPoint crash(last), never(kNever);
    shop.RunUntil(crash, kCommitsAtEveryLook);
    ASSERT_EQ(shop.RunUntil(never), expected);
  }
}

TEST(EngineSimulation, AFinishedSimulationRunAgainAddsNothing) {
  Shop shop(MakeRecords(31));
  CrashPoint first(kNever), second(kNever);
  const std::string outcome = shop.RunUntil(first);
  const auto emitted = shop.Emitted();
  EXPECT_EQ(shop.RunUntil(second), outcome);
  EXPECT_EQ(shop.Emitted(), emitted);
}

// The producer appends and promises a little at a time while the loop runs.
TEST(EngineSimulation, HowTheFrontierAdvancesDoesNotMatter) {
  const uint64_t seed = 41;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  const std::vector<SourceRecord> records = MakeRecords(seed);
  Shop untouched(records);
  CrashPoint never(kNever);
  const std::string expected = untouched.RunUntil(never);
  Random random(seed);
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    Shop shop({});
    TickingClock clock(absl::Milliseconds(10));
    EngineProcess process(ShopProject(), shop.log, shop.state, clock, Engine::Mode::kSimulation);
    process.Start();
    size_t next = 0;
    while (next < records.size()) {
      const size_t end = std::min<size_t>(records.size(), next + random.Below(20));
      for (; next < end; ++next) {
        AppendJson(shop.log, records[next].topic, records[next].json, records[next].partition);
      }
      const int64_t until_ms = next < records.size() ? records[next].time_ms : kEndOfTime;
      process.engine().SetFrontier({until_ms, process.Ends()}, Engine::AtEnd::kSettle);
    }
    ASSERT_TRUE(process.AwaitEnd().ok());
    EXPECT_EQ(process.Outcome(), expected);
    EXPECT_EQ(shop.Emitted(), untouched.Emitted());
    if (::testing::Test::HasFailure()) return;
  }
}

// An orderly stop at any moment, as by Ctrl-C, and going on later.
TEST(EngineSimulation, StoppingAndGoingOnChangesNothing) {
  const uint64_t seed = 51;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  const std::vector<SourceRecord> records = MakeRecords(seed);
  Shop untouched(records), shop(records);
  CrashPoint never(kNever), at_last(kNever);
  const std::string expected = untouched.RunUntil(never);
  Random random(seed);
  for (int stops = 0; stops < 30; ++stops) {
    TickingClock clock(absl::Milliseconds(10));
    EngineProcess process(ShopProject(), shop.log, shop.state, clock, Engine::Mode::kSimulation);
    process.engine().SetFrontier({kStartMs + 250 * random.Between(0, 200), process.Ends()},
                                 Engine::AtEnd::kSettle);
    process.Start();
    EXPECT_TRUE(process.Stop().ok());
  }
  EXPECT_EQ(shop.RunUntil(at_last), expected);
  EXPECT_EQ(shop.Emitted(), untouched.Emitted());
}

// Stopped while shards lack records that the positions have: to commit would lose those for good.
TEST(EngineSimulation, AStopWhileRecordsAreRedoneCommitsNothing) {
  const std::vector<SourceRecord> records = MakeRecords(61);
  Shop untouched(records), shop(records);
  CrashPoint never(kNever), in_the_middle(20), at_last(kNever);
  const std::string expected = untouched.RunUntil(never);
  shop.RunUntil(in_the_middle);
  DamagedLog unreachable(shop.log);
  unreachable.MakeUnreachable("visits");
  TickingClock clock(absl::Milliseconds(10));
  {
    EngineProcess process(ShopProject(), unreachable, shop.state, clock, Engine::Mode::kSimulation);
    const auto before = shop.StoredRows();
    process.engine().SetFrontier({kEndOfTime, process.Ends()}, Engine::AtEnd::kSettle);
    process.Start();
    EXPECT_TRUE(process.Stop().ok());
    EXPECT_EQ(shop.StoredRows(), before);
  }
  EXPECT_EQ(shop.RunUntil(at_last), expected);
}

TEST(EngineSimulation, ALogThatEndsBeforeWhatTheStateHasReadIsRefused) {
  Shop shop(MakeRecords(62));
  CrashPoint never(kNever);
  shop.RunUntil(never);
  TickingClock clock(absl::Milliseconds(10));
  absl::Status opened;
  ASSERT_TRUE(shop.log.DeleteTopic("visits").ok());  // made anew, empty, by the next process
  EngineProcess process(ShopProject(), shop.log, shop.state, clock, Engine::Mode::kSimulation,
                        &opened);
  EXPECT_EQ(opened.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(opened.message().find("topic visits partition 0 ends at offset 0"), std::string::npos)
      << opened;
}

TEST(EngineSimulation, ALogWithAnotherRecordWhereTheNewestOneStoodIsRefused) {
  Shop shop(MakeRecords(62));
  CrashPoint never(kNever);
  shop.RunUntil(never);
  for (int32_t partition = 0; partition < 2; ++partition) {
    const int64_t end = shop.log.Offsets({"visits", partition})->end;
    if (partition == 0) {
      ASSERT_TRUE(shop.log.DeleteTopic("visits").ok());
      ASSERT_TRUE(shop.log.CreateTopic("visits", {.partitions = 2}).ok());
    }
    for (int64_t n = 0; n <= std::max<int64_t>(end, 500); ++n) {
      AppendJson(shop.log, "visits", "{\"at\":1357000000000,\"user\":\"u1\",\"pages\":1}",
                 partition);
    }
  }
  TickingClock clock(absl::Milliseconds(10));
  EngineProcess process(ShopProject(), shop.log, shop.state, clock, Engine::Mode::kSimulation);
  const absl::Status ran = process.Simulate();
  EXPECT_EQ(ran.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(ran.message().find("has another record at offset"), std::string::npos) << ran;
}

// The log begins after offset 0, and the process died before every shard had committed once.
TEST(EngineSimulation, ALogWhoseOldestRecordsAreGoneIsReadFromItsBeginning) {
  const std::vector<SourceRecord> records = MakeRecords(63);
  std::string expected;
  for (int64_t last = 0; last < 6; ++last) {
    SCOPED_TRACE(absl::StrCat("died after effect ", last));
    Shop shop(records);
    DamagedLog log(shop.log);
    for (int32_t p = 0; p < 2; ++p) log.DeleteBefore({"visits", p}, 5);
    CrashPoint crash(last == 0 ? kNever : last);
    TickingClock clock(absl::Milliseconds(10));
    for (CrashPoint* life : {&crash, static_cast<CrashPoint*>(nullptr)}) {
      CrashPoint never(kNever);
      CrashingState state(shop.state, life == nullptr ? never : *life);
      CrashingLog mortal(log, life == nullptr ? never : *life);
      EngineProcess process(ShopProject(), mortal, state, clock, Engine::Mode::kSimulation);
      ASSERT_TRUE(process.Simulate().ok());
      if (last == 0) expected = process.Outcome();
      EXPECT_EQ(process.Outcome(), expected);
    }
  }
}

// Retention passed what a stopped process had read: what is left is read, and nothing twice.
TEST(EngineSimulation, ALogThatForgotWhatWasNotReadYetIsReadFromItsBeginning) {
  Shop shop(MakeRecords(64));
  TickingClock clock(absl::Milliseconds(10));
  uint64_t read = 0;
  {
    EngineProcess process(ShopProject(), shop.log, shop.state, clock, Engine::Mode::kSimulation);
    ASSERT_TRUE(process.Simulate().ok());
    for (const auto& input : process.engine().MakeStatus().inputs) read += input.counts.read;
  }
  const int64_t end = shop.log.Offsets({"visits", 0})->end;
  for (int i = 0; i < 5; ++i) {
    AppendJson(shop.log, "visits",
               absl::StrCat("{\"at\":", kStartMs + 3'600'000 + i, ",\"user\":\"u\",\"pages\":1}"));
  }
  DamagedLog log(shop.log);
  log.DeleteBefore({"visits", 0}, end + 3);
  EngineProcess process(ShopProject(), log, shop.state, clock, Engine::Mode::kSimulation);
  ASSERT_TRUE(process.Simulate().ok());
  uint64_t then = 0;
  for (const auto& input : process.engine().MakeStatus().inputs) then += input.counts.read;
  EXPECT_EQ(then, read + 2);
}

TEST(EngineSimulation, AnOrderlyEndLeavesNothingToShipAgain) {
  Shop shop(MakeRecords(65));
  TickingClock clock(absl::Milliseconds(10));
  std::vector<int64_t> ends;
  for (int life = 0; life < 2; ++life) {
    EngineProcess process(ShopProject(), shop.log, shop.state, clock, Engine::Mode::kSimulation);
    ASSERT_TRUE(process.Simulate().ok());
    for (const char* kind : {"predictions", "examples", "models"}) {
      ends.push_back(shop.log.Offsets({absl::StrCat("millrace.shop.", kind, ".bought"), 0})->end);
    }
  }
  EXPECT_GT(ends[0], 0);
  EXPECT_EQ(std::vector<int64_t>(ends.begin(), ends.begin() + 3),
            std::vector<int64_t>(ends.begin() + 3, ends.end()));
}

TEST(EngineSimulation, WhatIsOpenAtTheEndStaysPendingUnlessItIsToSettle) {
  Shop shop({});
  AppendJson(shop.log, "asks",
             absl::StrCat("{\"at\":", kStartMs, ",\"id\":1,\"user\":\"u\",\"amount\":1}"));
  TickingClock clock(absl::Milliseconds(10));
  {
    EngineProcess process(ShopProject(), shop.log, shop.state, clock, Engine::Mode::kSimulation);
    ASSERT_TRUE(process.Simulate(Engine::AtEnd::kLeavePending).ok());
    EXPECT_EQ(process.engine().MakeStatus().tasks[0].counts.pending, 1u);
    EXPECT_EQ(process.engine().MakeStatus().tasks[0].counts.waiting, 0u);
  }
  EngineProcess process(ShopProject(), shop.log, shop.state, clock, Engine::Mode::kSimulation);
  ASSERT_TRUE(process.Simulate(Engine::AtEnd::kSettle).ok());
  EXPECT_EQ(process.engine().MakeStatus().tasks[0].counts.pending, 0u);
  EXPECT_EQ(process.engine().MakeStatus().tasks[0].counts.examples, 1u);
}

}  // namespace
}  // namespace millrace
