// What a row no longer holds still counts for the age of an entity: answers are the same before and
// after commits, reopenings and records out of order, which trim rows.

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/featurestore/online_store_fixture.h"

namespace millrace {
namespace {

constexpr Accuracy kAccuracies[] = {Accuracy::kAuto, Accuracy::kExact, Accuracy::kTiled};

class TrimmedRowTest : public OnlineStoreTest, public ::testing::WithParamInterface<Accuracy> {
 protected:
  std::shared_ptr<ViewSpec> OneHour() {
    auto view = TestView({TestFeature("count", -1, Sliding(kHour))});
    view->accuracy = GetParam();
    view->retention_ms = 400 * 24 * kHour;
    return view;
  }
  std::string Told(int64_t at_ms) {
    const FeatureValue value = Read(at_ms);
    return absl::StrCat(Text(value), " ", value.age_ms.value_or(-1));
  }
  // However the row comes to be trimmed.
  void ExpectAlways(int64_t at_ms, const std::string& wanted) {
    EXPECT_EQ(Told(at_ms), wanted) << "as it came";
    Commit();
    EXPECT_EQ(Told(at_ms), wanted) << "after a commit";
    Reopen();
    EXPECT_EQ(Told(at_ms), wanted) << "after reopening";
    Apply(At(at_ms + 1, 1));
    Apply(At(at_ms, 1));
    EXPECT_EQ(Told(at_ms), wanted) << "after a record out of order";
  }
};

TEST_P(TrimmedRowTest, TtlGoesByARecordThatIsNoLongerKept) {
  auto view = OneHour();
  view->ttl_ms = 90 * kMinute;
  Open(view);
  Apply(At(kEight, 1));
  Apply(At(kEight + 48 * kHour, 1));
  ExpectAlways(kEight + 48 * kHour, "null expired 172800000");
}

TEST_P(TrimmedRowTest, FreshnessGoesByARecordThatIsNoLongerKept) {
  auto view = OneHour();
  view->stale_after_ms = 90 * kMinute;
  Open(view);
  Apply(At(kEight, 1));
  Apply(At(kEight + 48 * kHour, 1));
  ExpectAlways(kEight + 48 * kHour, "0 stale -1");
}

TEST_P(TrimmedRowTest, ALateRecordFromBeforeWhatIsKeptCounts) {
  auto view = OneHour();
  view->ttl_ms = 90 * kMinute;
  Open(view);
  Apply(At(kEight, 1));
  Apply(At(kEight + 48 * kHour, 1));
  Apply(At(kEight + 10 * kHour, 1));
  Apply(At(kEight + 2 * kHour, 1));
  ExpectAlways(kEight + 48 * kHour, absl::StrCat("null expired ", 38 * kHour));
}

TEST_P(TrimmedRowTest, AnEntityThatHadNoEarlierRecordIsNotExpired) {
  auto view = OneHour();
  view->ttl_ms = 90 * kMinute;
  Open(view);
  Apply(At(kEight + 48 * kHour, 1));
  ExpectAlways(kEight + 48 * kHour, "0 present -1");
}

TEST_P(TrimmedRowTest, BeforeABurstTheAgeIsThatOfTheRecordBeforeIt) {
  auto view = OneHour();
  view->ttl_ms = 90 * kMinute;
  Open(view);
  Apply(At(kEight, 1));
  const int64_t burst = kEight + 48 * kHour;
  for (int64_t i = 0; i < 6'000; ++i) Apply(At(burst + 100 * i, 1));
  ExpectAlways(burst, "null expired 172800000");
}

TEST_P(TrimmedRowTest, BeforeABurstOfItsFirstRecordsAnEntityIsNotExpired) {
  auto view = OneHour();
  view->ttl_ms = 90 * kMinute;
  Open(view);
  const int64_t burst = kEight + 48 * kHour;
  for (int64_t i = 0; i < 6'000; ++i) Apply(At(burst + 100 * i, 1));
  ExpectAlways(burst, "0 present -1");
}

TEST_P(TrimmedRowTest, OnceTheNewestIsTakenBackTheOneBeforeItCounts) {
  auto view = OneHour();
  view->ttl_ms = 90 * kMinute;
  view->inputs[0].retracts = true;
  Open(view);
  Apply(At(kEight, 1));
  Apply(At(kEight + 48 * kHour, 1));
  Commit();
  Apply(At(kEight + 48 * kHour, 1), Change::kRetract);
  ExpectAlways(kEight + 48 * kHour, "null expired 172800000");
}

TEST_P(TrimmedRowTest, ATombstoneThatComesTooLateForALifetimeDoesSoAfterReopeningToo) {
  auto view = TestView({TestFeature("count", -1, Lifetime())});
  view->accuracy = GetParam();
  view->as_of_ms = 72 * kHour;
  view->retention_ms = 400 * 24 * kHour;
  Open(view);
  const auto apply_other = [this](int64_t time_ms) {
    TestRecord record = At(time_ms, 1);
    record.key = "other";
    Apply(record);
  };
  apply_other(kEight - 300 * 24 * kHour);
  for (const int64_t hour : {12, 13, 17, 19, 32}) Apply(At(kEight + hour * kHour, 1));
  Commit();
  apply_other(kEight + 130 * kHour);
  Delete(kEight + 14 * kHour);
  apply_other(kEight + 140 * kHour);
  const std::string told = Told(kEight + 140 * kHour);
  Commit();
  Reopen();
  EXPECT_EQ(Told(kEight + 140 * kHour), told);
}

// The finer tiles are passed, the coarser ones not yet: what is still open stands in them too.
TEST_P(TrimmedRowTest, WhatStandsInAnOpenTileIsNotForgotten) {
  auto view = TestView({TestFeature("count", -1, Sliding(kHour)),
                        TestFeature("count", -1, Sliding(30 * 24 * kHour))});
  view->accuracy = GetParam();
  view->ttl_ms = 10 * kMinute;
  Open(view);
  Apply(At(kEight - 24 * kHour, 1));
  Apply(At(kEight + kMinute, 1));
  Apply(At(kEight + 3 * kMinute, 1));
  TestRecord other = At(kEight + 4 * 24 * kHour, 1);
  other.key = "other";
  Apply(other);
  const std::string before = Told(kEight + 2 * kMinute);
  EXPECT_EQ(before.find("expired"), std::string::npos) << before;
  Commit();
  EXPECT_EQ(Told(kEight + 2 * kMinute), before);
}

INSTANTIATE_TEST_SUITE_P(Accuracies, TrimmedRowTest, ::testing::ValuesIn(kAccuracies));

}  // namespace
}  // namespace millrace
