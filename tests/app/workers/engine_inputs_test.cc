// What happens to records on their way, through the engine: duplicates, records left out, taken
// back, rejected and late, and derived sources give the features of a naive account, count to the
// records read at all times, and are not changed by dying anywhere.

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "gtest/gtest.h"
#include "stream/decode/decoder.h"
#include "stream/memory_log.h"
#include "stream/progress.h"
#include "tests/app/workers/crash_point.h"
#include "tests/app/workers/crash_runs.h"
#include "tests/app/workers/engine_process.h"
#include "tests/app/workers/test_clock.h"

namespace millrace {
namespace {

constexpr int64_t kStartMs = 1'357'000'000'000;
constexpr int64_t kRetentionMs = 60'000;

constexpr char kProject[] = R"(
version: 1
project: taps
log: {embedded: {path: ./log, partitions: 2}}
state: {path: ./state, shards: 4, commit_every: 200ms}
sources:
  taps:
    topic: taps
    time: {field: at, unit: ms}
    schema: {id: int, user: string, pages: int}
    id: id
    dedup: 20s
    retract: true
    where: pages != 5
    let: {sides: pages * 2}
    lateness: {retention: 1m}
  large: {from: taps, where: sides > 8}
entities:
  user: {key: [user]}
views:
  all: {from: taps, entity: user, features: {sum: {sum: sides, window: lifetime}, rows: {count: "*", window: lifetime}}}
  large: {from: large, entity: user, features: {rows: {count: "*", window: lifetime}}}
tasks:
  asked:
    kind: binary
    decide: {trigger: {record: large}, id: id}
    label: {any: "pages > 2", from: taps, id: id, within: 1m, empty: false}
    inputs: [all.sum, large.rows, pages]
    learners: {online: {type: logistic, optimizer: adagrad, rate: 0.1}}
    serve: {champion: online}
)";

struct Tap {
  int64_t time_ms = 0;
  int64_t id = 0;
  int user = 0;
  int n = 0;
  int32_t partition = 0;
  bool malformed = false;
  bool retract = false;
};

struct Taps {
  MemoryLog log;
  MemoryStateStore state;

  Taps() { EXPECT_TRUE(log.CreateTopic("taps", {.partitions = 2}).ok()); }

  void Append(const std::vector<Tap>& taps) {
    for (const Tap& tap : taps) {
      const std::string json =
          tap.malformed ? "{"
                        : absl::StrCat("{\"at\":", tap.time_ms, ",\"id\":", tap.id, ",\"user\":\"u",
                                       tap.user, "\",\"pages\":", tap.n, "}");
      const std::vector<Header> headers = {{kRetractHeader, tap.retract ? "true" : "false"}};
      const std::vector<AppendRecord> records = {{.topic = "taps",
                                                  .partition = tap.partition,
                                                  .value = json,
                                                  .headers = headers,
                                                  .timestamp_ms = tap.time_ms}};
      ASSERT_TRUE(log.Append(records).ok());
    }
  }

  // A process that lives for so many effects; what it thinks it has done.
  std::string RunUntil(CrashPoint& crash, const std::function<void(EngineProcess&)>& look = {}) {
    CrashingState mortal_state(state, crash);
    CrashingLog mortal_log(log, crash);
    TickingClock clock(absl::Milliseconds(10));
    EngineProcess process(LoadedProject(kProject), mortal_log, mortal_state, clock,
                          Engine::Mode::kSimulation);
    const absl::Status ran = process.Simulate();
    EXPECT_TRUE(ran.ok()) << ran;
    if (look) look(process);
    std::string outcome = process.Outcome();
    for (const EngineStatus::Input& input : process.engine().MakeStatus().inputs) {
      absl::StrAppend(&outcome, input.partition, " conflicting ", input.counts.conflicting, "\n");
      for (const auto& [source, events] : input.events) {
        absl::StrAppend(&outcome, input.partition, " ", source, " +", events.inserted, " -",
                        events.retracted, " x", events.filtered, "\n");
      }
    }
    return outcome;
  }

  std::vector<std::string> Emitted() {
    std::vector<std::string> emitted = ChannelTexts(log, "taps.dlq");
    for (const char* kind : {"predictions", "examples", "models"}) {
      const std::vector<std::string> more =
          ChannelTexts(log, absl::StrCat("millrace.taps.", kind, ".asked"));
      emitted.insert(emitted.end(), more.begin(), more.end());
    }
    return emitted;
  }
};

enum class Retractions { kNone, kSome };

// Each partition nearly in order; some late, some again, some of them changed.
std::vector<Tap> MakeTaps(uint64_t seed, Retractions retractions) {
  Random random(seed);
  std::vector<Tap> taps;
  int64_t now_ms = kStartMs;
  for (int64_t id = 0; id < 150; ++id) {
    now_ms += 250 * random.Between(0, 8);
    Tap tap{.time_ms = now_ms,
            .id = id,
            .user = static_cast<int>(random.Below(4)),
            .n = static_cast<int>(random.Below(10)),
            .partition = static_cast<int32_t>(random.Below(2))};
    if (random.Chance(0.1)) tap.time_ms -= 250 * random.Between(0, 400);
    tap.malformed = random.Chance(0.03);
    taps.push_back(tap);
    while (random.Chance(0.35)) {
      Tap copy = taps[taps.size() - 1 - random.Below(std::min<size_t>(taps.size(), 20))];
      copy.partition = static_cast<int32_t>(random.Below(2));
      if (random.Chance(0.2)) copy.n = 9 - copy.n;
      if (random.Chance(0.1)) copy.time_ms += 250 * random.Between(-100, 100);
      copy.retract = retractions == Retractions::kSome && random.Chance(0.3);
      taps.push_back(copy);
    }
  }
  return taps;
}

std::unique_ptr<Taps> TapsWith(const std::vector<Tap>& taps) {
  auto world = std::make_unique<Taps>();
  world->Append(taps);
  return world;
}

TEST(EngineInputs, DyingAfterAnyEffectChangesNothing) {
  const uint64_t seed = 11;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  const std::vector<Tap> taps = MakeTaps(seed, Retractions::kSome);
  ExpectDyingOnceChangesNothing([&] { return TapsWith(taps); }, 15, 40);
}

TEST(EngineInputs, DyingOverAndOverChangesNothing) {
  for (uint64_t seed = 20; seed < 30 && !HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    const std::vector<Tap> taps = MakeTaps(seed, Retractions::kSome);
    ExpectDyingOverAndOverChangesNothing([&] { return TapsWith(taps); }, seed, 12);
  }
}

// The records as a simulation takes them, judged one by one against all before.
struct Account {
  struct User {
    int64_t sum = 0, rows = 0, large = 0;
  };
  std::map<int, User> users;
  SourceCounts counts;

  explicit Account(const std::vector<Tap>& taps) {
    std::vector<std::vector<const Tap*>> left(2);
    for (const Tap& tap : taps) left[static_cast<size_t>(tap.partition)].push_back(&tap);
    std::vector<size_t> next(2, 0);
    std::vector<int64_t> newest(2, kNoTime);
    std::map<int64_t, std::vector<const Tap*>> applied;
    while (true) {
      // What is rejected is passed over where it stands; else the earliest head is next.
      const Tap* head = nullptr;
      for (size_t p = 0; p < 2; ++p) {
        while (next[p] < left[p].size()) {
          const Tap& tap = *left[p][next[p]];
          const bool late = newest[p] != kNoTime && newest[p] - tap.time_ms > kRetentionMs;
          if (!tap.malformed && !late) break;
          ++(tap.malformed ? counts.rejected : counts.late);
          ++next[p];
        }
        if (next[p] == left[p].size()) continue;
        if (head == nullptr || left[p][next[p]]->time_ms < head->time_ms) head = left[p][next[p]];
      }
      if (head == nullptr) break;
      ++next[static_cast<size_t>(head->partition)];
      bool duplicate = false, same = false;
      for (const Tap* other : applied[head->id]) {
        if (std::abs(other->time_ms - head->time_ms) > 20'000) continue;
        duplicate = true;
        same = same || (other->n == head->n && other->time_ms == head->time_ms);
      }
      if (duplicate) {
        ++counts.duplicate;
        if (!same) ++counts.conflicting;
        continue;
      }
      applied[head->id].push_back(head);
      ++counts.applied;
      int64_t& time = newest[static_cast<size_t>(head->partition)];
      time = std::max(time, head->time_ms);
      if (head->n == 5) continue;
      User& user = users[head->user];
      user.sum += 2 * head->n;
      ++user.rows;
      if (2 * head->n > 8) ++user.large;
    }
    counts.read = counts.applied + counts.duplicate + counts.late + counts.rejected;
  }
};

TEST(EngineInputs, FeaturesAndCountsAreThoseOfANaiveAccount) {
  uint64_t duplicates = 0, late = 0, conflicting = 0;
  for (uint64_t seed = 40; seed < 70; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    const std::vector<Tap> taps = MakeTaps(seed, Retractions::kNone);
    const Account account(taps);
    Taps run;
    run.Append(taps);
    CrashPoint never(kNever);
    run.RunUntil(never, [&](EngineProcess& process) {
      for (const auto& [user, expected] : account.users) {
        const std::string name = absl::StrCat("u", user);
        const Value key = Value::String(name);
        std::vector<FeatureValue> all(2), large(1);
        ASSERT_TRUE(process.store()
                        .Read(0, std::span(&key, 1), kStartMs * 2, std::vector<int>{0, 1}, {},
                              std::span(all))
                        .ok());
        ASSERT_TRUE(process.store()
                        .Read(1, std::span(&key, 1), kStartMs * 2, std::vector<int>{0}, {},
                              std::span(large))
                        .ok());
        EXPECT_EQ(all[0].value.view(), Value::Int(expected.sum)) << name;
        EXPECT_EQ(all[1].value.view(), Value::Int(expected.rows)) << name;
        EXPECT_EQ(large[0].value.view(), Value::Int(expected.large)) << name;
      }
      SourceCounts counts;
      for (const EngineStatus::Input& input : process.engine().MakeStatus().inputs) {
        counts += input.counts;
      }
      EXPECT_EQ(counts.read, taps.size());
      EXPECT_EQ(counts.read, account.counts.read);
      EXPECT_EQ(counts.applied, account.counts.applied);
      EXPECT_EQ(counts.duplicate, account.counts.duplicate);
      EXPECT_EQ(counts.late, account.counts.late);
      EXPECT_EQ(counts.rejected, account.counts.rejected);
      EXPECT_EQ(counts.conflicting, account.counts.conflicting);
    });
    duplicates += account.counts.duplicate;
    late += account.counts.late;
    conflicting += account.counts.conflicting;
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(duplicates, 500u);
  EXPECT_GT(late, 50u);
  EXPECT_GT(conflicting, 50u);
}

}  // namespace
}  // namespace millrace
