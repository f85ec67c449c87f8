#include "featurestore/session_finder.h"

#include <memory>
#include <string>

#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "gtest/gtest.h"
#include "tests/featurestore/test_view.h"

namespace millrace {
namespace {

constexpr int64_t kBeginMs = 1'700'000'000'000;

Window SessionOf(int64_t gap_ms, int64_t max_length_ms = 0, Which which = Which::kCurrent) {
  Window window;
  window.kind = WindowKind::kSession;
  window.gap_ms = gap_ms;
  window.max_length_ms = max_length_ms;
  window.which = which;
  return window;
}

// One entity of a view that counts the records of a session.
class SessionFinderTest : public ::testing::Test {
 protected:
  enum class Retracts { kNo, kYes };
  void Open(const Window& window, Accuracy accuracy, Retracts retracts = Retracts::kNo) {
    auto view = TestView({TestFeature("count", -1, window)});
    view->accuracy = accuracy;
    view->inputs[0].retracts = retracts == Retracts::kYes;
    state_ = std::make_unique<MemoryStateStore>();
    store_ = *OnlineStore::Open(*state_, {view}, {});
  }
  void Add(int64_t at, Change change = Change::kInsert) {
    const Value fields[4] = {key_, Value::Int(1), Value::Double(1), Value::Null()};
    ASSERT_TRUE(store_->Apply({at, at, 0, 0, offset_++, fields, change}).ok());
  }
  void Retract(int64_t at) { Add(at, Change::kRetract); }
  // Records `step` apart from `begin`; returns the time of the last one.
  int64_t AddRun(int64_t begin, int64_t step, int64_t records) {
    for (int64_t i = 0; i < records; ++i) Add(begin + i * step);
    return begin + (records - 1) * step;
  }
  FeatureValue Read(int64_t at) {
    const int feature = 0;
    FeatureValue value;
    const absl::Status status = store_->Read(0, {&key_, 1}, at, {&feature, 1}, {}, {&value, 1});
    EXPECT_TRUE(status.ok()) << status;
    return value;
  }
  void CommitAndReopen() {
    for (int32_t shard = 0; shard < 64; ++shard) {
      StateBatch batch;
      ASSERT_TRUE(store_->AddCommit(shard, &batch).ok());
      ASSERT_TRUE(state_->Commit(batch).ok());
      store_->Committed(shard, true);
    }
    store_ = *OnlineStore::Open(*state_, store_->views(), {});
  }
  // What the last window that was read cost.
  uint64_t CostOf(int64_t at) {
    const uint64_t before = store_->Counts(0).merges;
    Read(at);
    return store_->Counts(0).merges - before;
  }

  const Value key_ = Value::String("a");
  std::unique_ptr<MemoryStateStore> state_;
  std::unique_ptr<OnlineStore> store_;
  int64_t offset_ = 0;
};

TEST_F(SessionFinderTest, AReadOfManySessionsOfOneRunWalksOverItOnce) {
  constexpr int64_t kRecords = 20'000;
  Open(SessionOf(1, 1), Accuracy::kExact);
  const int64_t last = AddRun(kBeginMs, 1, kRecords);
  EXPECT_EQ(Read(last + 1).value.view().int_value(), 2);
  EXPECT_GT(CostOf(last + 1), static_cast<uint64_t>(kRecords));  // it is told
  EXPECT_LT(CostOf(last + 1), static_cast<uint64_t>(10 * kRecords));
}

TEST_F(SessionFinderTest, RecordsCloserThanTheGapAreLeaptOver) {
  Open(SessionOf(600'000), Accuracy::kExact);
  const int64_t last = AddRun(kBeginMs, 1'000, 20'000);
  const FeatureValue value = Read(last + 1);
  EXPECT_EQ(value.value.view().int_value(), 20'000);
  EXPECT_EQ(value.asked.begin_ms, kBeginMs);
  EXPECT_LT(CostOf(last + 1), 2'000u);
}

TEST_F(SessionFinderTest, SessionsAreCutFromTheFirstRecordOfTheRunInTilesToo) {
  constexpr int64_t kStep = 1'000, kRecords = 10'000;  // 4,096 of them are kept
  // Tiles of 10 min: a session ends after a whole tile, or after a few of its records.
  for (const int64_t tiles : {1, 3}) {
    Open(SessionOf(600'000, 600'000 * tiles - kStep), Accuracy::kAuto);
    const int64_t begin = FloorTo(kBeginMs, 600'000);
    const int64_t last = AddRun(begin, kStep, kRecords);
    const int64_t first = FloorTo(last - begin, 600'000 * tiles) + begin;
    const FeatureValue value = Read(last + 1);
    EXPECT_EQ(value.status, FeatureStatus::kPresent);
    EXPECT_EQ(value.asked.begin_ms, first);
    EXPECT_EQ(value.value.view().int_value(), (last - first) / kStep + 1);
  }
}

TEST_F(SessionFinderTest, ACutThatTilesDoNotTellIsTruncated) {
  Open(SessionOf(600'000, 777'000), Accuracy::kAuto);
  const int64_t last = AddRun(kBeginMs, 1'000, 10'000);
  EXPECT_EQ(Read(last + 1).status, FeatureStatus::kTruncated);
}

// Rows are trimmed when it suits: what is older than the horizon must not show meanwhile.
TEST_F(SessionFinderTest, WhatARowHoldsBeyondItsHorizonChangesNothing) {
  constexpr int64_t kDay = 86'400'000;
  Open(SessionOf(1'800'000, 0, Which::kComplete), Accuracy::kAuto);
  AddRun(kBeginMs, 60'000, 20);
  Add(kBeginMs + 20 * kDay);  // newer than all before: nothing is trimmed
  const FeatureValue before = Read(kBeginMs + 20 * kDay + 1);
  CommitAndReopen();
  Add(kBeginMs + 20 * kDay - 1);  // out of order: this trims
  const FeatureValue after = Read(kBeginMs + 20 * kDay + 1);
  EXPECT_EQ(before.status, after.status);
  EXPECT_EQ(before.asked, after.asked);
  EXPECT_EQ(ToString(before.value.view()), ToString(after.value.view()));
}

// The run may have ended at the record that was taken back: there may be a session that is not
// found.
TEST_F(SessionFinderTest, ARunThatGoesOnByARecordThatWasTakenBackInTilesIsTruncated) {
  Open(SessionOf(1'000, 0, Which::kComplete), Accuracy::kTiled, Retracts::kYes);
  const int64_t last = AddRun(kBeginMs, 1'000, 3'000);
  Retract(kBeginMs + 1'000'000);
  const FeatureValue value = Read(last + 1);
  EXPECT_EQ(value.status, FeatureStatus::kTruncated);
}

// The last session that ended before T may be older than what is kept.
TEST_F(SessionFinderTest, ASessionThatIsNoLongerKeptIsTruncatedNotMissing) {
  constexpr int64_t kDay = 86'400'000;
  for (const Accuracy accuracy : {Accuracy::kAuto, Accuracy::kExact, Accuracy::kTiled}) {
    Open(SessionOf(1'800'000, 0, Which::kComplete), accuracy);
    Add(kBeginMs);
    const int64_t newest = kBeginMs + 20 * kDay;
    Add(newest);
    for (int round = 0; round < 2; ++round) {
      const FeatureValue value = Read(newest + 1);
      EXPECT_EQ(value.status, FeatureStatus::kTruncated) << round;
      EXPECT_TRUE(value.value.view().is_null()) << round;
      EXPECT_EQ(value.asked.begin_ms, kBeginMs) << round;
      EXPECT_EQ(value.completeness, 0) << round;
      CommitAndReopen();
    }
  }
}

TEST_F(SessionFinderTest, AnEntityWhoseFirstSessionIsOpenHasNoneThatEnded) {
  for (const Accuracy accuracy : {Accuracy::kAuto, Accuracy::kExact, Accuracy::kTiled}) {
    Open(SessionOf(1'800'000, 0, Which::kComplete), accuracy);
    Add(kBeginMs);
    EXPECT_EQ(Read(kBeginMs + 1).status, FeatureStatus::kPresent);
    EXPECT_EQ(Read(kBeginMs + 1).completeness, 1);
  }
}

TEST_F(SessionFinderTest, ASessionLongerThanWhatIsKeptSaysSo) {
  constexpr int64_t kStep = 1'200'000;
  for (const Which which : {Which::kCurrent, Which::kComplete}) {
    for (const Accuracy accuracy : {Accuracy::kAuto, Accuracy::kExact, Accuracy::kTiled}) {
      Open(SessionOf(1'800'000, 0, which), accuracy);
      const int64_t last = AddRun(kBeginMs, kStep, 3'000);
      const int64_t at = which == Which::kCurrent ? last + 1 : last + 1'800'001;
      for (int round = 0; round < 2; ++round) {
        const FeatureValue value = Read(at);
        EXPECT_EQ(value.status, FeatureStatus::kTruncated);
        EXPECT_LT(value.completeness, 1);
        CommitAndReopen();
      }
    }
  }
}

// Where a session of `max_length` begins goes by the first record of its run.
TEST_F(SessionFinderTest, ACutRunWhoseFirstRecordIsNotKeptSaysSo) {
  Open(SessionOf(1'800'000, 18'000'000), Accuracy::kExact);
  const int64_t last = AddRun(kBeginMs, 1'200'000, 3'000);
  EXPECT_EQ(Read(last + 1).status, FeatureStatus::kTruncated);
  EXPECT_LT(Read(last + 1).completeness, 1);
}

// A gap ends before what is kept: the first kept record begins its session whatever came before.
TEST_F(SessionFinderTest, ASessionAtTheEdgeOfWhatIsKeptIsWhole) {
  constexpr int64_t kDay = 86'400'000, kGap = 1'800'000;
  for (const Accuracy accuracy : {Accuracy::kAuto, Accuracy::kExact}) {
    Open(SessionOf(kGap), accuracy);
    Add(kBeginMs);
    const int64_t last = AddRun(kBeginMs + 20 * kDay, 60'000, 3);
    CommitAndReopen();
    EXPECT_EQ(Read(last + 1).value.view().int_value(), 3);
    EXPECT_EQ(Read(last + 1).status, FeatureStatus::kPresent);
  }
}

}  // namespace
}  // namespace millrace
