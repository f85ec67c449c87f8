// What the engine commits, and when.

#include <string>

#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "featurestore/memory_state_store.h"
#include "gtest/gtest.h"
#include "stream/memory_log.h"
#include "stream/state_keys.h"
#include "tests/app/workers/engine_process.h"
#include "tests/app/workers/test_clock.h"

namespace millrace {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;

// Shards of the features that have marks (docs/formats/feature-state.md).
int MarkedShards(const StateStore& state) {
  constexpr size_t kMarksKeyBytes = 5;
  int shards = 0;
  const std::string from(1, kFeaturePrefix), to(1, kFeaturePrefix + 1);
  EXPECT_TRUE(state
                  .Scan(from, to,
                        [&](absl::string_view key, absl::string_view) {
                          const bool meta = key.substr(1, 2) == "\xff\xff";
                          if (key.size() == kMarksKeyBytes && !meta) ++shards;
                          return true;
                        })
                  .ok());
  return shards;
}

TEST(EngineCommit, EveryShardHasItsTurnAlthoughNoFurtherRecordComes) {
  SetClock clock(kNowMs);
  MemoryLog log({.clock = &clock});
  MemoryStateStore state;
  EngineProcess process(ShopProject(), log, state, clock, Engine::Mode::kLive);
  process.Start();
  AppendJson(log, "visits", "{\"at\":1699999999000,\"user\":\"u\",\"pages\":1}");
  // The test's time limit is the only other end.
  absl::Mutex mutex;
  absl::MutexLock lock(&mutex);
  const bool never = false;
  while (MarkedShards(state) < 4) {
    Clock::Real().AwaitWithTimeout(mutex, absl::Condition(&never), absl::Milliseconds(10));
  }
  EXPECT_TRUE(process.Stop().ok());
}

}  // namespace
}  // namespace millrace
