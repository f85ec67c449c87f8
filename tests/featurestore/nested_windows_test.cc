// Windows of the same features that lie inside each other: read together, where the longer ones go
// on from the shorter ones' folds, and read alone. A failure prints the seed of its round.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "gtest/gtest.h"
#include "tests/featurestore/test_view.h"

namespace millrace {
namespace {

constexpr int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr int64_t kStartMs = 1'356'998'400'000;
const char* const kKeyName = "k";

// Several exact aggregations over each of the windows.
std::shared_ptr<ViewSpec> ViewOf(const std::vector<Window>& windows) {
  std::vector<FeatureSpec> features;
  for (const Window& window : windows) {
    features.push_back(TestFeature("count", -1, window));
    features.push_back(TestFeature("sum", kX, window));
    features.push_back(TestFeature("max", kX, window));
    features.push_back(TestFeature("count_distinct", kN, window));
  }
  auto view = TestView(std::move(features));
  view->as_of_ms = 2 * kHour;
  return view;
}

std::unique_ptr<OnlineStore> OpenStore(StateStore& state, std::shared_ptr<const ViewSpec> view) {
  auto store = OnlineStore::Open(state, {std::move(view)}, {.shards = 1});
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

void Apply(OnlineStore& store, int64_t time_ms, int64_t offset, int64_t n, double x) {
  const std::vector<Value> fields = {Value::String(kKeyName), Value::Int(n), Value::Double(x),
                                     Value::Null()};
  ASSERT_TRUE(store.Apply({time_ms, time_ms, 0, 0, offset, fields}).ok());
}

std::vector<FeatureValue> Read(const OnlineStore& store, int64_t at_ms,
                               const std::vector<int>& features) {
  const Value key = Value::String(kKeyName);
  std::vector<FeatureValue> values(features.size());
  EXPECT_TRUE(store.Read(0, {&key, 1}, at_ms, features, {}, values).ok());
  return values;
}

TEST(NestedWindows, ReadTogetherAnswerAsEachAlone) {
  const int64_t sizes[] = {10 * kMinute, 30 * kMinute, kHour,    3 * kHour, 6 * kHour,
                           12 * kHour,   kDay,         3 * kDay, 7 * kDay,  30 * kDay};
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    std::vector<Window> windows;
    const auto bounds = static_cast<Bounds>(random.Below(4));
    for (const int64_t size : sizes) {
      if (random.Chance(0.6)) {
        windows.push_back(Sliding(size, random.Chance(0.1) ? kMinute : 0, bounds));
      }
    }
    if (windows.empty()) windows.push_back(Sliding(kDay));
    const auto view = ViewOf(windows);
    view->accuracy = random.Chance(0.2) ? Accuracy::kTiled : Accuracy::kAuto;
    MemoryStateStore state;
    auto store = OpenStore(state, view);
    const int64_t span = sizes[random.Below(std::size(sizes))];
    const int64_t records = random.Between(10, 9'000);
    int64_t newest = kStartMs;
    for (int64_t i = 0; i < records; ++i) {
      int64_t at = kStartMs + i * span / records;
      newest = std::max(newest, at);
      if (random.Chance(0.05)) at -= random.Between(0, span / 3);
      Apply(*store, at, i, random.Between(0, 500), (random.Unit() - 0.5) * 1e6);
    }
    std::vector<int> all(view->features.size());
    std::iota(all.begin(), all.end(), 0);
    for (int read = 0; read < 20; ++read) {
      for (size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random.Below(i)]);
      const int64_t at = newest + random.Between(-kHour, kHour);
      const auto together = Read(*store, at, all);
      for (size_t i = 0; i < all.size(); ++i) {
        SCOPED_TRACE(testing::Message()
                     << view->features[static_cast<size_t>(all[i])].name << " at " << at);
        const FeatureValue alone = Read(*store, at, {all[i]}).front();
        EXPECT_EQ(together[i].status, alone.status);
        EXPECT_EQ(together[i].value.view(), alone.value.view());
        EXPECT_EQ(together[i].count, alone.count);
        EXPECT_EQ(together[i].max_event_time_ms, alone.max_event_time_ms);
        EXPECT_EQ(together[i].effective, alone.effective);
        EXPECT_EQ(together[i].error, alone.error);
      }
      if (HasFailure()) return;
    }
  }
}

// Where the tiles of the shorter windows end, within one of them: the records before are kept.
TEST(NestedWindows, AReadAcrossTheEndOfTheShorterWindowsTilesCountsNothingTwice) {
  std::vector<Window> windows;
  for (const int64_t size : {10 * kMinute, kHour, 6 * kHour, kDay, 30 * kDay}) {
    windows.push_back(Sliding(size));
  }
  MemoryStateStore state;
  const auto store = OpenStore(state, ViewOf(windows));
  // A whole block of tiles of 10 minutes begins there, and a whole hour.
  constexpr int64_t kCut = kStartMs + 16 * kHour;
  constexpr int64_t kFirst = kCut - 6 * kHour, kRecords = 4'000, kStep = 10'000;
  for (int64_t i = 0; i < kRecords; ++i) Apply(*store, kFirst + i * kStep, i, i % 7, 1);
  store->AdvanceTime(kCut + 26 * kHour + 1'000);
  for (int64_t at = kCut - 10 * kMinute; at < kCut + 2 * kHour; at += kMinute + 1) {
    const auto counts = Read(*store, at, {0, 4, 8, 12, 16});
    for (size_t w = 0; w < windows.size(); ++w) {
      const int64_t begin = std::max(at - windows[w].size_ms, kFirst);
      const int64_t truth =
          (at - kFirst + kStep - 1) / kStep - (begin - kFirst + kStep - 1) / kStep;
      EXPECT_EQ(counts[w].value.view(), Value::Int(truth)) << "window " << w << " at " << at;
    }
  }
}

TEST(NestedWindows, ALongerWindowGoesOnFromAShorterOne) {
  std::vector<Window> windows;
  for (const int64_t size : {10 * kMinute, kHour, 6 * kHour, 12 * kHour, kDay, 7 * kDay}) {
    windows.push_back(Sliding(size));
  }
  MemoryStateStore state;
  const auto store = OpenStore(state, ViewOf(windows));
  constexpr int64_t kRecords = 100'000;
  for (int64_t i = 0; i < kRecords; ++i) {
    Apply(*store, kStartMs + i * (7 * kDay / kRecords), i, i % 7, 1);
  }
  const int64_t at = kStartMs + 7 * kDay - kMinute;
  std::vector<int> all(4 * windows.size());
  std::iota(all.begin(), all.end(), 0);
  Read(*store, at, all);
  const uint64_t together = store->Counts(0).merges;
  for (size_t w = 0; w < windows.size(); ++w) Read(*store, at, {static_cast<int>(4 * w)});
  const uint64_t alone = store->Counts(0).merges - together;
  EXPECT_LT(together, alone * 3 / 4);
}

// Between a short window and a long one there are tiles of neither, kept for another window only as
// long as that needs them.
TEST(NestedWindows, AMuchLongerWindowReachesBackBeyondTheTilesBetween) {
  const auto view = ViewOf({Sliding(5 * kMinute), Sliding(kDay), Sliding(30 * kDay)});
  view->as_of_ms = 0;
  MemoryStateStore state;
  const auto store = OpenStore(state, view);
  constexpr int64_t kStep = 5'000, kRecords = 3 * kDay / kStep;
  for (int64_t i = 0; i < kRecords; ++i) Apply(*store, kStartMs + i * kStep, i, i % 7, 1);
  const auto counts = Read(*store, kStartMs + kRecords * kStep, {0, 8, 4});
  EXPECT_EQ(counts[0].value.view(), Value::Int(5 * kMinute / kStep));
  EXPECT_EQ(counts[1].value.view(), Value::Int(kRecords));
  EXPECT_EQ(counts[2].value.view(), Value::Int(kDay / kStep));
}

}  // namespace
}  // namespace millrace
