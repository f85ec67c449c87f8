// Entities that outgrow what is kept record by record, and reads of the past: how far an answer
// may be off, and that it says so.

#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/featurestore/online_store_fixture.h"

namespace millrace {
namespace {

TEST_F(OnlineStoreTest, HotEntityErrsByATailTileAtMostAndSaysSo) {
  auto view = TestView({TestFeature("count", -1, Sliding(12 * kHour))});
  Open(view);
  // One record a second for 14 hours: 4,096 entries reach back little more than an hour.
  const int64_t seconds = 14 * 3600;
  for (int64_t i = 0; i < seconds; ++i) Apply(At(kEight + i * 1000, 1));
  for (const int64_t ago : {0, 1, 500, 30'123, 3'000'000}) {
    const int64_t at = kEight + seconds * 1000 - ago;
    const FeatureValue v = Read(at);
    const int64_t begin = at - 12 * kHour;
    EXPECT_LE(v.effective.begin_ms, begin);
    EXPECT_GT(v.effective.begin_ms, begin - kMinute);
    EXPECT_EQ(v.effective.end_ms, at);
    const auto first = (v.effective.begin_ms - kEight + 999) / 1000;
    const auto last = (v.effective.end_ms - 1 - kEight) / 1000;
    EXPECT_EQ(v.value.view().int_value(), last - first + 1) << "exact for the span it names";
    EXPECT_EQ(v.completeness, 1.0);
  }
}

TEST_F(OnlineStoreTest, ExactViewsStayExactHoweverHot) {
  auto view = TestView({TestFeature("count", -1, Sliding(2 * kHour))});
  view->accuracy = Accuracy::kExact;
  Open(view);
  const int64_t seconds = 3 * 3600;
  for (int64_t i = 0; i < seconds; ++i) Apply(At(kEight + i * 1000, 1));
  const int64_t now = kEight + seconds * 1000;
  EXPECT_EQ(Text(Read(now)), "7200 present");
  EXPECT_EQ(Text(Read(now + 1)), "7199 present");
  EXPECT_EQ(Text(Read(now - 500)), "7200 present");
  EXPECT_EQ(Read(now - 1'234'567).effective, (Span{now - 1'234'567 - 2 * kHour, now - 1'234'567}));
}

TEST_F(OnlineStoreTest, TiledViewsNeverSeeTheFuture) {
  auto view = TestView({TestFeature("count", -1, Sliding(12 * kHour))});
  view->accuracy = Accuracy::kTiled;
  Open(view);
  for (int64_t i = 0; i < 4 * 3600; ++i) Apply(At(kEight + i * 1000, 1));
  const int64_t now = kEight + 4 * kHour;
  EXPECT_EQ(Text(Read(now)), "14400 present");  // about now: exact
  const FeatureValue past = Read(now - 30 * kMinute + 30'500);
  EXPECT_EQ(past.effective.end_ms, now - 30 * kMinute);  // rounded down to the tile
  EXPECT_EQ(past.value.view().int_value(), 4 * 3600 - 30 * 60);
  EXPECT_LT(past.completeness, 1.0);
}

// A window too short for any tile, of an entity that has outgrown its entries.
TEST_F(OnlineStoreTest, ShortWindowOfAHotEntityIsTruncatedNeverASilentZero) {
  Open(TestView({TestFeature("count", -1, Sliding(1'000)), TestFeature("max", kN, Sliding(1'000)),
                 TestFeature("count", -1, Sliding(kHour))}));
  for (int i = 0; i < 10'000; ++i) Apply(At(kEight + i / 10, i));
  const FeatureValue part = Read(kEight + 1'000);
  EXPECT_EQ(Text(part), "4090 truncated");
  EXPECT_EQ(part.effective, (Span{kEight + 591, kEight + 1'000}));
  EXPECT_EQ(Text(Read(kEight + 1'000, 1)), "9999 truncated");
  EXPECT_EQ(Text(Read(kEight + 500, 0)), "null truncated");
  EXPECT_EQ(Text(Read(kEight + 500, 1)), "null truncated");
  EXPECT_EQ(Text(Read(kEight + 1'000, 2)), "10000 present");
  EXPECT_EQ(Text(Read(kEight + 1'600, 0)), "4000 present");  // within the entries again
}

TEST_F(OnlineStoreTest, ReadsOlderThanAllThatIsKeptAreRefused) {
  auto view = TestView({TestFeature("count", -1, Sliding(kMinute))});
  view->as_of_ms = kMinute;
  Open(view);
  Apply(At(kEight, 1));
  Apply(At(kEight + 1000 * kHour, 1));
  FeatureValue value;
  const Value k = Value::String("k");
  const int feature = 0;
  EXPECT_TRUE(
      absl::IsOutOfRange(store_->Read(0, {&k, 1}, kEight + 1, {&feature, 1}, {}, {&value, 1})));
}

// A catch-up: far more records than the log holds come before anything is committed.
TEST_F(OnlineStoreTest, LifetimeWindowsLoseNoRecordThatLeavesTheLog) {
  Open(TestView({TestFeature("count", -1, Lifetime()), TestFeature("min", kN, Lifetime())}));
  constexpr int64_t kRecords = 10'000;
  for (int64_t i = 0; i < kRecords; ++i) Apply(At(kEight + i * 10 * kMinute, i));
  const int64_t now = kEight + kRecords * 10 * kMinute;
  EXPECT_EQ(Text(Read(now)), "10000 present");
  EXPECT_EQ(Text(Read(now, 1)), "0 present");
  Commit();
  Reopen();
  EXPECT_EQ(Text(Read(now)), "10000 present");
  EXPECT_EQ(Text(Read(now, 1)), "0 present");
}

TEST_F(OnlineStoreTest, ReadsFurtherBackThanWhatIsKeptAreTruncatedNeverASilentZero) {
  std::vector<FeatureSpec> features;
  for (const int64_t size : {100'000L, kMinute, 10 * kMinute, 24 * kHour}) {
    features.push_back(TestFeature("count", -1, Sliding(size)));
  }
  Open(TestView(std::move(features)));
  constexpr int64_t kRecords = 30'000;  // three and a half days
  for (int64_t i = 0; i < kRecords; ++i) Apply(At(kEight + i * 10'000, 1));
  const int64_t now = kEight + kRecords * 10'000;
  for (int64_t ago = 0; ago < 60 * kHour; ago += 20 * kMinute + 1) {
    for (int feature = 0; feature < 4; ++feature) {
      SCOPED_TRACE(testing::Message() << "feature " << feature << ", " << ago << " ms ago");
      const FeatureValue v = Read(now - ago, feature);
      const auto [begin, end] = v.effective;
      const int64_t truth = (end - kEight + 9'999) / 10'000 - (begin - kEight + 9'999) / 10'000;
      if (v.status == FeatureStatus::kTruncated) {
        EXPECT_GT(ago, kHour);
        if (begin == end) continue;
      } else {
        EXPECT_EQ(v.status, FeatureStatus::kPresent);
        const int64_t tail = view_->features[static_cast<size_t>(feature)].window.size_ms / 128;
        EXPECT_LE(std::abs(begin - v.asked.begin_ms), tail);
        EXPECT_LE(std::abs(end - v.asked.end_ms), tail);
      }
      EXPECT_EQ(v.value.view().int_value(), truth) << "exact for the span it names";
    }
  }
}

TEST_F(OnlineStoreTest, WhatDoesNotSubtractSaysThatARetractionCameTooLate) {
  auto view = TestView({TestFeature("sum", kN, Sliding(24 * kHour)),
                        TestFeature("max", kN, Sliding(24 * kHour)),
                        TestFeature("max", kN, Sliding(kHour))});
  view->inputs[0].retracts = true;
  Open(view);
  constexpr int64_t kRecords = 6'000;
  TestRecord highest = At(kEight, 1'000'000);
  Apply(highest);
  for (int64_t i = 1; i < kRecords; ++i) Apply(At(kEight + i * 10'000, 1));
  const int64_t now = kEight + kRecords * 10'000;
  EXPECT_EQ(Text(Read(now, 1)), "1000000 present");
  // One that never was: it changes what subtracts, and is no reason to doubt the others.
  TestRecord never = At(now - kMinute + 1, 5);
  Apply(never, Change::kRetract);
  EXPECT_EQ(Text(Read(now, 0)), "1005994 present");
  EXPECT_EQ(Text(Read(now, 1)), "1000000 present");
  // The log holds the newest 4,096 only.
  highest.offset = next_offset_++;
  Apply(highest, Change::kRetract);
  EXPECT_EQ(Text(Read(now, 0)), "5994 present");
  EXPECT_EQ(Text(Read(now, 1)), "1000000 truncated");
  EXPECT_EQ(Text(Read(now, 2)), "1 present") << "the window does not hold it";
  Commit();
  Reopen();
  EXPECT_EQ(Text(Read(now, 1)), "1000000 truncated");
}

// As a decision reads that a record makes: up to that record's time.
TEST_F(OnlineStoreTest, AReadUpToTheNewestRecordReachesItInLongWindowsToo) {
  for (const Accuracy accuracy : {Accuracy::kAuto, Accuracy::kTiled}) {
    auto view = TestView({TestFeature("count", -1, Sliding(10'000)),
                          TestFeature("count", -1, Sliding(24 * kHour)),
                          TestFeature("var_pop", kN, Sliding(24 * kHour))});
    view->accuracy = accuracy;
    view->as_of_ms = 0;
    view_ = view;
    MemoryStateStore fresh;
    store_ = *OnlineStore::Open(fresh, {view}, {});
    // Many more in a tile of the long window than are kept one by one.
    constexpr int64_t kStep = 20, kRecords = 3 * kHour / kStep;
    for (int64_t i = 0; i < kRecords; ++i) Apply(At(kEight + i * kStep, i % 2));
    // In the middle of a tile of 10 minutes.
    const int64_t newest = kEight + 3 * kHour + 5 * kMinute + 7;
    for (int64_t at = kEight + 3 * kHour; at < newest; at += kStep) Apply(At(at, 1));
    Apply(At(newest, 1));
    const FeatureValue count = Read(newest, 1);
    EXPECT_EQ(count.effective, count.asked);
    EXPECT_EQ(count.value.view().int_value(), kRecords + (newest - kEight - 3 * kHour) / kStep + 1);
    EXPECT_EQ(Read(newest, 2).count, count.count);
    EXPECT_EQ(Read(newest, 2).effective, count.asked);
    store_.reset();
  }
}

TEST_F(OnlineStoreTest, SessionsBehindTheMicroLogPassOverARetractionOfNothing) {
  Window session;
  session.kind = WindowKind::kSession;
  session.gap_ms = kMinute;
  auto view = TestView({TestFeature("count", -1, session), TestFeature("sum", kN, session)});
  view->inputs[0].retracts = true;
  Open(view);
  constexpr int64_t kRecords = 6'000, kStep = 10'000;
  for (int64_t i = 0; i < kRecords; ++i) Apply(At(kEight + i * kStep, 1));
  const int64_t now = kEight + kRecords * kStep;
  TestRecord never = At(now - kMinute + 1, 5);
  never.offset = next_offset_++;
  Apply(never, Change::kRetract);
  EXPECT_EQ(Text(Read(now, 0)), "6000 present");
  EXPECT_EQ(Text(Read(now, 1)), "6000 present");
  // One that is in tiles only may have been a session's first or last record, or the link of two.
  TestRecord late = At(kEight + kStep, 1);
  late.offset = next_offset_++;
  Apply(late, Change::kRetract);
  EXPECT_EQ(Text(Read(now, 0)), "5999 truncated");
}

TEST_F(OnlineStoreTest, AnEntityWhoseNewestRecordWasTakenBackGoesByTheOneBefore) {
  auto view = TestView({TestFeature("count", -1, Sliding(kHour))});
  view->accuracy = Accuracy::kTiled;  // the entries are those of seconds
  view->inputs[0].retracts = true;
  view->ttl_ms = 10 * kMinute;
  Open(view);
  for (int i = 0; i < 20; ++i) Apply(At(kEight + i * kMinute, i));
  TestRecord newest = At(kEight + 20 * kMinute, 20);
  Apply(newest);
  newest.offset = next_offset_++;
  Apply(newest, Change::kRetract);
  EXPECT_EQ(Text(Read(kEight + 29 * kMinute)), "20 present");
  const FeatureValue expired = Read(kEight + 30 * kMinute);
  EXPECT_EQ(Text(expired), "null expired");
  EXPECT_EQ(expired.age_ms, 11 * kMinute);
}

}  // namespace
}  // namespace millrace
