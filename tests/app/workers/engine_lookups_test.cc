// Fields looked up in views, and entities deleted, through the engine: what was found once stays so
// wherever a process dies; live, a record waits for what it looks in, and no longer than it may.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "gtest/gtest.h"
#include "stream/memory_log.h"
#include "tests/app/workers/crash_point.h"
#include "tests/app/workers/crash_runs.h"
#include "tests/app/workers/engine_process.h"
#include "tests/app/workers/test_clock.h"

namespace millrace {
namespace {

constexpr int64_t kStartMs = 1'357'000'000'000;

// Every sale gets the price of its time; prices change late, and goods are deleted.
constexpr char kProject[] = R"(
version: 1
project: sales
log: {embedded: {path: ./log, partitions: PARTITIONS}}
state: {path: ./state, shards: 4, commit_every: 200ms}
sources:
  sales:
    topic: sales
    time: {field: at, unit: ms}
    schema: {id: int, goods: int, user: string, pieces: double}
    lookup: {price: {view: prices, feature: price, key: {goods: goods}}}
    align_timeout: TIMEOUT
    let: {paid: "coalesce(price, 0.0) * pieces"}
  prices:
    topic: prices
    partitioned_by: goods
    time: {field: at, unit: ms}
    schema: {goods: int, price: double}
entities: {goods: {key: [goods]}, user: {key: [user]}}
views:
  prices: {from: prices, entity: goods, features: {price: {last: price, window: lifetime}}}
  users: {from: sales, entity: user, features: {paid: {sum: paid, window: 10m}, priced: {count: price, window: 10m}}}
tasks:
  asked:
    kind: binary
    decide: {trigger: {record: sales}, id: id}
    label: {any: "paid > 2.0", from: sales, id: id, within: 1m, empty: false}
    inputs: [users.paid, paid, price]
    learners: {online: {type: logistic, optimizer: adagrad, rate: 0.1}}
    serve: {champion: online}
)";

std::shared_ptr<const Project> SalesProject(int partitions, const std::string& timeout = "5s") {
  std::string text = kProject;
  text.replace(text.find("PARTITIONS"), 10, absl::StrCat(partitions));
  text.replace(text.find("TIMEOUT"), 7, timeout);
  return LoadedProject(text);
}

class Shop {
 public:
  explicit Shop(std::shared_ptr<const Project> project, const MemoryLogOptions& options = {})
      : project_(std::move(project)), log_(options) {
    for (const char* topic : {"sales", "prices"}) {
      EXPECT_TRUE(log_.CreateTopic(topic, {.partitions = project_->log.partitions}).ok());
    }
  }

  void Sell(int64_t time_ms, int id, int goods, int32_t partition) {
    AppendJson(log_, "sales",
               absl::StrCat("{\"at\":", time_ms, ",\"id\":", id, ",\"goods\":", goods,
                            ",\"user\":\"u", id % 3, "\",\"pieces\":1.0}"),
               partition);
  }
  // Without a price a tombstone.
  void Price(int64_t time_ms, int goods, std::optional<double> price, int32_t partition) {
    const std::string key = absl::StrCat(goods);
    const std::string json = absl::StrCat("{\"at\":", time_ms, ",\"goods\":", goods,
                                          ",\"price\":", price.value_or(0), "}");
    AppendRecord record = {.topic = "prices", .partition = partition, .key = key};
    if (price) record.value = json;
    record.timestamp_ms = time_ms;
    ASSERT_TRUE(log_.Append({&record, 1}).ok());
  }
  void AppendRandom(uint64_t seed) {
    Random random(seed);
    int64_t now_ms = kStartMs;
    for (int id = 0; id < 150; ++id) {
      now_ms += 200 * random.Between(0, 6);
      const auto goods = static_cast<int>(random.Below(4));
      const auto partition = static_cast<int32_t>(random.Below(2));
      const int64_t time_ms = random.Chance(0.2) ? now_ms - 200 * random.Between(0, 50) : now_ms;
      if (random.Chance(0.6)) {
        Sell(time_ms, id, goods, partition);
      } else if (random.Chance(0.3)) {
        Price(time_ms, goods, std::nullopt, partition);
      } else {
        Price(time_ms, goods, static_cast<double>(random.Between(1, 4)), partition);
      }
    }
  }

  // A process that lives for so many effects; what it thinks it has done.
  std::string RunUntil(CrashPoint& crash) {
    CrashingState mortal_state(state_, crash);
    CrashingLog mortal_log(log_, crash);
    TickingClock clock(absl::Milliseconds(10));
    EngineProcess process(project_, mortal_log, mortal_state, clock, Engine::Mode::kSimulation);
    const absl::Status ran = process.Simulate();
    EXPECT_TRUE(ran.ok()) << ran;
    std::string outcome = process.Outcome();
    for (const EngineStatus::Input& input : process.engine().MakeStatus().inputs) {
      absl::StrAppend(&outcome, input.source, " ", input.partition, " tombstones ",
                      input.counts.tombstones, " misrouted ", input.counts.misrouted, "\n");
    }
    return outcome;
  }
  std::vector<std::string> Emitted() {
    std::vector<std::string> emitted;
    for (const char* kind : {"predictions", "examples", "models"}) {
      const std::vector<std::string> more =
          ChannelTexts(log_, absl::StrCat("millrace.sales.", kind, ".asked"));
      emitted.insert(emitted.end(), more.begin(), more.end());
    }
    return emitted;
  }

  const std::shared_ptr<const Project> project_;
  MemoryLog log_;
  MemoryStateStore state_;
};

std::unique_ptr<Shop> RandomShop(uint64_t seed) {
  auto shop = std::make_unique<Shop>(SalesProject(2));
  shop->AppendRandom(seed);
  return shop;
}

TEST(EngineLookups, DyingAfterAnyEffectChangesNothing) {
  const uint64_t seed = 41;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  ExpectDyingOnceChangesNothing([&] { return RandomShop(seed); }, 15, 40);
}

TEST(EngineLookups, DyingOverAndOverChangesNothing) {
  for (uint64_t seed = 50; seed < 60 && !HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    ExpectDyingOverAndOverChangesNothing([&] { return RandomShop(seed); }, seed, 12);
  }
}

TEST(EngineLookups, APartitionedTopicWhosePartitionsDoNotDivideTheShardsIsRefused) {
  Shop shop(SalesProject(3));
  SetClock clock(kStartMs);
  absl::Status opened;
  EngineProcess process(shop.project_, shop.log_, shop.state_, clock, Engine::Mode::kLive, &opened);
  EXPECT_EQ(opened.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(opened.message(),
            "source prices: partitioned_by: topic prices has 3 partitions, which do not divide the "
            "4 shards of the state (state.shards)");
}

TEST(EngineLookups, ACompactedTopicIsRefusedForWhatNeedsMoreThanTheNewestRecords) {
  const auto open = [](const char* compacted) {
    const std::shared_ptr<const Project> project = SalesProject(2);
    MemoryLog log;
    EXPECT_TRUE(log.CreateTopic(compacted, {.partitions = 2, .compacted = true}).ok());
    MemoryStateStore state;
    SetClock clock(kStartMs);
    absl::Status opened;
    EngineProcess process(project, log, state, clock, Engine::Mode::kLive, &opened);
    return opened;
  };
  EXPECT_TRUE(open("prices").ok());
  EXPECT_EQ(open("sales"),
            absl::FailedPreconditionError(
                "source sales: topic sales is compacted (cleanup.policy), so only features of "
                "'last' may be computed from it, and users.paid is one of 'sum'"));
}

// --- live ---

class LiveShop : public ::testing::Test {
 protected:
  LiveShop() : clock_(kStartMs) {}

  void Start(const std::string& timeout) {
    shop_.emplace(SalesProject(1, timeout), MemoryLogOptions{.clock = &clock_});
    process_.emplace(shop_->project_, shop_->log_, shop_->state_, clock_, Engine::Mode::kLive);
    process_->Start();
  }
  // Blocks until the engine's status says so; gtest's time limit is the only other end.
  template <typename Holds>
  void Await(const Holds& holds) {
    absl::Mutex mutex;
    absl::MutexLock lock(&mutex);
    const bool never = false;
    while (true) {
      const auto status = process_->engine().status();
      if (status != nullptr && holds(*status)) return;
      Clock::Real().AwaitWithTimeout(mutex, absl::Condition(&never), absl::Milliseconds(10));
    }
  }
  static SourceCounts CountsOf(const EngineStatus& status, const std::string& source) {
    SourceCounts counts;
    for (const auto& input : status.inputs) {
      if (input.source == source) counts += input.counts;
    }
    return counts;
  }
  double Paid(const std::string& user) {
    FeatureValue value;
    const Value key = Value::String(user);
    const int feature = 0;
    EXPECT_TRUE(process_->store()
                    .Read(1, {&key, 1}, kStartMs + 60'000, {&feature, 1}, {}, {&value, 1})
                    .ok());
    return value.value.is_null() ? -1 : value.value.view().double_value();
  }

  SetClock clock_;
  std::optional<Shop> shop_;
  std::optional<EngineProcess> process_;
};

TEST_F(LiveShop, ARecordWaitsUntilWhatItLooksInHasComeToItsTime) {
  Start("1h");
  shop_->Price(kStartMs - 2000, 7, 3.0, 0);
  Await([](const EngineStatus& s) { return CountsOf(s, "prices").applied == 1; });
  // Its time is ahead of the clock, so prices may change before it.
  shop_->Sell(kStartMs + 5000, 1, 7, 0);
  shop_->Price(kStartMs + 4000, 7, 4.0, 0);
  Await([](const EngineStatus& s) { return CountsOf(s, "prices").applied == 2; });
  EXPECT_EQ(CountsOf(*process_->engine().status(), "sales").applied, 0u);
  clock_.Set(kStartMs + 5000);
  Await([](const EngineStatus& s) { return CountsOf(s, "sales").applied == 1; });
  EXPECT_EQ(Paid("u1"), 4.0);
  EXPECT_EQ(CountsOf(*process_->engine().status(), "sales").unaligned, 0u);
}

TEST_F(LiveShop, WhatHasWaitedForTheTimeoutGoesOnAndIsCounted) {
  Start("50ms");
  shop_->Price(kStartMs - 2000, 7, 3.0, 0);
  shop_->Sell(kStartMs + 5000, 1, 7, 0);
  shop_->Sell(kStartMs + 6000, 4, 7, 0);
  Await([](const EngineStatus& s) { return CountsOf(s, "sales").applied == 2; });
  EXPECT_EQ(Paid("u1"), 6.0);
  EXPECT_EQ(CountsOf(*process_->engine().status(), "sales").unaligned, 2u);
}

TEST_F(LiveShop, WhatWasLookedUpIsForgottenWhenEveryShardHasTheRecord) {
  Start("1h");
  for (int id = 0; id < 30; ++id) {
    shop_->Sell(kStartMs - 1000 + id, id, 7, 0);
    Await([id](const EngineStatus& s) { return s.inputs[0].durable_offset == id + 1; });
  }
  // A row a commit; it takes four commits until each of the shards has had its turn.
  int rows = 0;
  EXPECT_TRUE(shop_->state_
                  .Scan("\x09", "\x0a",
                        [&](absl::string_view, absl::string_view) {
                          ++rows;
                          return true;
                        })
                  .ok());
  EXPECT_GT(rows, 0);
  EXPECT_LT(rows, 10);
}

}  // namespace
}  // namespace millrace
