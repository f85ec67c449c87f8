// Missing, null, expired, warming and default are different answers.

#include <cmath>
#include <cstdint>

#include "gtest/gtest.h"
#include "tests/featurestore/online_store_fixture.h"

namespace millrace {
namespace {

TEST_F(OnlineStoreTest, NothingNullMissingAndDefaultAreDifferentAnswers) {
  auto sum = TestFeature("sum", kX, Sliding(kHour));
  auto with_default = TestFeature("sum", kX, Sliding(kHour), 10);
  with_default.default_value = OwnedValue(Value::Double(-1));
  Open(TestView({sum, with_default, TestFeature("count", kX, Sliding(kHour))}));
  EXPECT_EQ(Text(Read(kEight, 0, "nobody")), "null missing");
  EXPECT_EQ(Text(Read(kEight, 1, "nobody")), "-1 missing");
  EXPECT_EQ(Text(Read(kEight, 2, "nobody")), "0 present");
  Apply(At(kEight, 5, std::nan("")));
  EXPECT_EQ(Text(Read(kEight + 1, 0)), "null null");
  EXPECT_EQ(Read(kEight + 1, 0).count, 1);
  EXPECT_EQ(Text(Read(kEight + 1, 1)), "-1 missing");  // none passes n > 10
  EXPECT_EQ(Text(Read(kEight + 1, 2)), "0 present");
  Apply(At(kEight, 11));
  EXPECT_EQ(Text(Read(kEight + 1, 1)), "null null");
}

TEST_F(OnlineStoreTest, NullKeyDoesNotConcernTheViewAndReadsMissing) {
  Open(TestView({TestFeature("count", -1, Sliding(kHour))}));
  TestRecord r = At(kEight, 1);
  r.key.reset();
  Apply(r);
  EXPECT_EQ(store_->EntityCount(0), 0);
  EXPECT_EQ(store_->NullKeys(0), 1u);
  FeatureValue value;
  const Value null;
  const int feature = 0;
  ASSERT_TRUE(store_->Read(0, {&null, 1}, kEight, {&feature, 1}, {}, {&value, 1}).ok());
  EXPECT_EQ(Text(value), "null missing");
}

TEST_F(OnlineStoreTest, ExpiredIsNullAndSaysHowOld) {
  auto view = TestView({TestFeature("last", kX, Lifetime()), TestFeature("count", -1, Lifetime())});
  view->ttl_ms = 30 * kMinute;
  view->as_of_ms = 24 * kHour;
  Open(view);
  Apply(At(kEight + 2 * kHour, {}, 12.5));
  const int64_t at = kEight + 3 * kHour + 15 * kMinute;
  EXPECT_EQ(Text(Read(at)), "null expired");
  EXPECT_EQ(Read(at).age_ms, 4'500'000);
  EXPECT_EQ(Text(Read(at, 1)), "null expired");
  EXPECT_EQ(Text(Read(kEight + 2 * kHour + 30 * kMinute)), "12.5 present");
  EXPECT_EQ(Text(Read(kEight + 2 * kHour + 30 * kMinute + 1)), "null expired");
  // The base is the newest event before the read, not the newest of all.
  Apply(At(kEight + 4 * kHour, {}, 1.0));
  EXPECT_EQ(Text(Read(at)), "null expired");
}

TEST_F(OnlineStoreTest, WarmsUntilTheDataReachBackToTheWindow) {
  Open(TestView({TestFeature("count", -1, Sliding(kHour))}));
  store_->SetAvailableFrom(0, kEight);
  Apply(At(kEight + kMinute, 1));
  const FeatureValue v = Read(kEight + 15 * kMinute);
  EXPECT_EQ(Text(v), "1 warming");
  EXPECT_EQ(v.effective, (Span{kEight, kEight + 15 * kMinute}));
  EXPECT_DOUBLE_EQ(v.completeness, 0.25);
  EXPECT_EQ(Text(Read(kEight + kHour)), "1 present");
}

TEST_F(OnlineStoreTest, WindowsWithoutABeginningNeverWarm) {
  Window newest;
  newest.kind = WindowKind::kEvents;
  newest.max_events = 3;
  Open(TestView({TestFeature("count", -1, Lifetime()), TestFeature("count", -1, newest)}));
  store_->SetAvailableFrom(0, kEight);
  Apply(At(kEight, 1));
  for (const int feature : {0, 1}) {
    EXPECT_EQ(Text(Read(kEight + 1, feature)), "1 present");
    EXPECT_EQ(Text(Read(kEight + 1, feature, "never seen")), "0 present");
  }
}

TEST_F(OnlineStoreTest, ASessionWarmsWhileAnEarlierRecordMightBelongToIt) {
  Window current;
  current.kind = WindowKind::kSession;
  current.gap_ms = kMinute;
  Window complete = current;
  complete.which = Which::kComplete;
  Open(TestView({TestFeature("count", -1, current), TestFeature("count", -1, complete)}));
  store_->SetAvailableFrom(0, kEight);
  EXPECT_EQ(Text(Read(kEight + kMinute - 1)), "0 warming");  // its records may be from before
  EXPECT_EQ(Text(Read(kEight + kMinute)), "0 present");
  Apply(At(kEight + kMinute - 1, 1));
  EXPECT_EQ(Text(Read(kEight + kMinute)), "1 warming");
  EXPECT_EQ(Text(Read(kEight + kHour, 1)), "1 warming");
  Apply(At(kEight + 3 * kMinute, 1));
  EXPECT_EQ(Text(Read(kEight + 4 * kMinute)), "1 present");
  EXPECT_EQ(Text(Read(kEight + kHour, 1)), "1 present");
}

TEST_F(OnlineStoreTest, AWindowOfNewestRecordsIsWarmOnceItIsFull) {
  Window limited = Sliding(kHour);
  limited.max_events = 2;
  Open(TestView({TestFeature("count", -1, limited)}));
  store_->SetAvailableFrom(0, kEight);
  Apply(At(kEight, 1));
  EXPECT_EQ(Text(Read(kEight + 1)), "1 warming");
  Apply(At(kEight + 1, 1));
  EXPECT_EQ(Text(Read(kEight + 2)), "2 present");
}

}  // namespace
}  // namespace millrace
