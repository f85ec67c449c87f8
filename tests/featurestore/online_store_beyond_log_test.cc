// What an entity answers of records that are in tiles only, as it has outgrown its micro-log.

#include <cstdint>

#include "gtest/gtest.h"
#include "tests/featurestore/online_store_fixture.h"

namespace millrace {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kHot = 6000;  // records; the log keeps 4,096

class BeyondLogTest : public OnlineStoreTest {
 protected:
  static Window Session(int64_t gap_ms) {
    Window window;
    window.kind = WindowKind::kSession;
    window.gap_ms = gap_ms;
    return window;
  }
  void OpenRetracting(std::vector<FeatureSpec> features) {
    auto view = TestView(std::move(features));
    view->inputs[0].retracts = true;
    Open(std::move(view));
  }
  // kHot records a second apart, each of value 1.
  void ApplyHot(int64_t from_ms) {
    for (int64_t i = 0; i < kHot; ++i) Apply(At(from_ms + i * kSecond, 1));
  }
};

TEST_F(BeyondLogTest, ATtlThatATileCannotDecideLeavesTheValueAndSaysSo) {
  auto view = TestView({TestFeature("sum", kN, Sliding(400 * kHour))});
  view->as_of_ms = 24 * kHour;
  view->ttl_ms = kMinute;
  Open(std::move(view));
  for (const int minute : {0, 20, 40}) Apply(At(kEight + minute * kMinute, 1));  // in one tile
  ApplyHot(kEight + kHour);
  const FeatureValue undecided = Read(kEight + 20 * kMinute + 30 * kSecond);
  EXPECT_EQ(FeatureStatusName(undecided.status), "truncated");
  EXPECT_EQ(Text(Read(kEight + kHour + (kHot - 1) * kSecond + 2 * kMinute)), "null expired");
}

TEST_F(BeyondLogTest, ASessionThatAReadOfThePastCutsWithinATileIsTruncated) {
  auto view = TestView({TestFeature("count", -1, Session(10 * kMinute))});
  view->as_of_ms = 24 * kHour;
  Open(std::move(view));
  ApplyHot(kEight);
  EXPECT_EQ(FeatureStatusName(Read(kEight + 70 * kSecond).status), "truncated");
  EXPECT_EQ(Text(Read(kEight + kHot * kSecond)), "6000 present");
}

TEST_F(BeyondLogTest, ASessionWhoseBridgeWasTakenBackSaysSoWhateverItCounts) {
  const int64_t bridge = kEight + 5 * kMinute;
  OpenRetracting({TestFeature("count", -1, Session(5 * kMinute)),
                  TestFeature("sum", kN, Session(5 * kMinute), 0)});
  Apply(At(kEight, 1));
  const TestRecord between = At(bridge, 0);  // passes no `where`
  Apply(between);
  ApplyHot(bridge + 5 * kMinute);
  const int64_t now = bridge + 5 * kMinute + kHot * kSecond;
  EXPECT_EQ(Text(Read(now)), "6002 present");
  Apply(between, Change::kRetract);
  for (const int feature : {0, 1}) {
    EXPECT_EQ(FeatureStatusName(Read(now, feature).status), "truncated") << feature;
  }
}

TEST_F(BeyondLogTest, WhatWasTakenBackBeforeItCameIsNoSession) {
  OpenRetracting({TestFeature("count", -1, Session(5 * kMinute))});
  Apply(At(kEight, 1));
  Apply(At(kEight + kHour, 1), Change::kRetract);
  Apply(At(kEight + 2 * kMinute, 1));
  for (const bool in_tiles : {false, true}) {
    FeatureValue value = Read(kEight + kHour + kMinute);
    EXPECT_EQ(FeatureStatusName(value.status), "present");
    EXPECT_EQ(value.count, 0);
    if (!in_tiles) ApplyHot(kEight + 3 * kHour);
  }
}

TEST_F(BeyondLogTest, ALongSessionLeavesOutWhatWasTakenBackBeforeItCame) {
  OpenRetracting({TestFeature("count", -1, Session(5 * kMinute)),
                  TestFeature("max", kN, Session(5 * kMinute))});
  ApplyHot(kEight);
  const int64_t now = kEight + kHot * kSecond;
  Apply(At(now - 100 * kSecond + 1, 7), Change::kRetract);
  EXPECT_EQ(Text(Read(now, 0)), "6000 present");
  EXPECT_EQ(Text(Read(now, 1)), "1 present");
}

TEST_F(BeyondLogTest, AFirstRecordThatWasTakenBackTooLateIsTold) {
  OpenRetracting({TestFeature("time_since_first", kN, Sliding(12 * kHour)),
                  TestFeature("count", -1, Sliding(12 * kHour))});
  const TestRecord first = At(kEight - kSecond, 1);
  Apply(first);
  ApplyHot(kEight);
  const int64_t now = kEight + kHot * kSecond;
  Apply(first, Change::kRetract);
  EXPECT_EQ(FeatureStatusName(Read(now, 0).status), "truncated");
  EXPECT_EQ(Text(Read(now, 1)), "6000 present");
}

TEST_F(BeyondLogTest, TheNewestRecordIsFoundInTilesWhenThoseAfterItAreTakenBack) {
  auto view = TestView({TestFeature("max", kN, Sliding(24 * kHour))});
  view->inputs[0].retracts = true;
  view->accuracy = Accuracy::kTiled;
  view->ttl_ms = kHour;
  Open(std::move(view));
  Apply(At(kEight, 3));
  const TestRecord newer = At(kEight + 14 * kHour, 9);
  Apply(newer);
  Apply(newer, Change::kRetract);
  const FeatureValue value = Read(kEight + 14 * kHour + kMinute);
  EXPECT_EQ(Text(value), "null expired");
  EXPECT_EQ(value.max_event_time_ms, kEight);
}

TEST_F(BeyondLogTest, ASessionInATiledViewCanBeReadInThePast) {
  auto view = TestView({TestFeature("count", -1, Session(10 * kMinute))});
  view->accuracy = Accuracy::kTiled;
  view->as_of_ms = 24 * kHour;
  Open(std::move(view));
  Apply(At(kEight, 1));
  Apply(At(kEight + 4 * kHour, 1));
  EXPECT_EQ(Text(Read(kEight + 5 * kMinute)), "1 present");
}

}  // namespace
}  // namespace millrace
