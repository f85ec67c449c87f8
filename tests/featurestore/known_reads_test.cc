// Reads of what was known at a time: the ordinary answer over the records and retractions that were
// known then, as far as they are kept one by one.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "gtest/gtest.h"
#include "tests/featurestore/test_view.h"

namespace millrace {
namespace {

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kNoon = 43'200'000;

class KnownReads : public ::testing::Test {
 protected:
  void Open(FeatureSpec feature, std::optional<int64_t> ttl_ms = std::nullopt) {
    auto view = TestView({std::move(feature)});
    view->keeps_known_time = true;
    view->inputs[0].retracts = true;
    view->ttl_ms = ttl_ms;
    auto store = OnlineStore::Open(state_, {std::move(view)}, {});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  void Apply(int64_t time_ms, int64_t n, int64_t known_ms, Change change = Change::kInsert) {
    const std::vector<Value> fields = {Value::String("k"), Value::Int(n), Value::Null(),
                                       Value::Null()};
    Event event = {time_ms, known_ms, 0, 0, next_offset_++, fields, change};
    event.known_ms = known_ms;
    event.fingerprint = static_cast<uint64_t>(n);
    ASSERT_TRUE(store_->Apply(event).ok());
  }
  FeatureValue Read(int64_t at_ms, int64_t known_ms) {
    const Value key = Value::String("k");
    const int feature = 0;
    FeatureValue value;
    const absl::Status status =
        store_->Read(0, {&key, 1}, at_ms, {&feature, 1}, {.known_ms = known_ms}, {&value, 1});
    EXPECT_TRUE(status.ok()) << status;
    return value;
  }
  static std::string Text(const FeatureValue& v) {
    return absl::StrCat(ToString(v.value.view()), " ", FeatureStatusName(v.status));
  }

  MemoryStateStore state_;
  std::unique_ptr<OnlineStore> store_;
  int64_t next_offset_ = 0;
};

TEST_F(KnownReads, TheNewestRecordsAreTheNewestOfThoseThatWereKnown) {
  Window newest;
  newest.kind = WindowKind::kEvents;
  newest.max_events = 2;
  Open(TestFeature("sum", kN, newest));
  Apply(kNoon, 1, kNoon);
  Apply(kNoon + kMinute, 10, kNoon + kHour);
  Apply(kNoon + 2 * kMinute, 100, kNoon + 2 * kMinute);
  EXPECT_EQ(Text(Read(kNoon + 2 * kHour, kNoon + 3 * kMinute)), "101 present");
  EXPECT_EQ(Text(Read(kNoon + 2 * kHour, kNoon + kHour)), "110 present");
}

TEST_F(KnownReads, ASessionIsMadeOfWhatWasKnown) {
  Window session;
  session.kind = WindowKind::kSession;
  session.gap_ms = kMinute;
  Open(TestFeature("count", -1, session));
  Apply(kNoon, 1, kNoon);
  Apply(kNoon + kMinute, 2, kNoon + kHour);  // joins its neighbours
  Apply(kNoon + 2 * kMinute, 3, kNoon + 2 * kMinute);
  const int64_t at = kNoon + 2 * kMinute + 1;
  EXPECT_EQ(Text(Read(at, at)), "1 present");
  EXPECT_EQ(Text(Read(at, kNoon + kHour)), "3 present");
}

TEST_F(KnownReads, ARetractionIsUnmatchedUntilItsRecordIsKnown) {
  Open(TestFeature("sum", kN, Sliding(kHour)));
  Apply(kNoon, 5, kNoon);
  Apply(kNoon, 6, kNoon);
  Apply(kNoon, 7, kNoon + 2 * kMinute);
  Apply(kNoon, 7, kNoon + kMinute, Change::kRetract);
  const int64_t at = kNoon + 10 * kMinute;
  EXPECT_EQ(Text(Read(at, kNoon)), "11 present");
  EXPECT_EQ(Text(Read(at, kNoon + kMinute)), "4 present");
  EXPECT_EQ(Text(Read(at, kNoon + 2 * kMinute)), "11 present");
}

TEST_F(KnownReads, AnEntityExpiresByTheNewestRecordThatWasKnown) {
  Open(TestFeature("sum", kN, Sliding(kHour)), 10 * kMinute);
  Apply(kNoon, 1, kNoon);
  Apply(kNoon + 20 * kMinute, 2, kNoon + kHour);
  const FeatureValue then = Read(kNoon + 25 * kMinute, kNoon + 25 * kMinute);
  EXPECT_EQ(Text(then), "null expired");
  EXPECT_EQ(then.age_ms, 25 * kMinute);
  EXPECT_EQ(Text(Read(kNoon + 25 * kMinute, kNoon + kHour)), "3 present");
}

TEST_F(KnownReads, ALifetimeIsWholeUntilItsRecordsAreNoLongerKept) {
  Open(TestFeature("sum", kN, Lifetime()));
  Apply(kNoon, 1, kNoon);
  Apply(kNoon + kMinute, 2, kNoon + kHour);
  EXPECT_EQ(Text(Read(kNoon + 2 * kMinute, kNoon + kMinute)), "1 present");
  const int64_t later = kNoon + 5000 * kHour;
  Apply(later, 4, later);
  const FeatureValue bounded = Read(later + 1, later);
  EXPECT_EQ(Text(bounded), "4 truncated");
  EXPECT_GT(bounded.effective.begin_ms, kNoon + kMinute);
}

// Where sessions of a run are cut depends on its first record.
TEST_F(KnownReads, ASessionOfARunThatBeginsBeforeWhatIsKeptIsTruncated) {
  Window session;
  session.kind = WindowKind::kSession;
  session.gap_ms = kMinute;
  session.max_length_ms = 10 * kMinute;
  Open(TestFeature("count", -1, session));
  constexpr int64_t kRecords = 6'000, kStep = 10'000;
  for (int64_t i = 0; i < kRecords; ++i) Apply(kNoon + i * kStep, i, kNoon + i * kStep);
  const int64_t now = kNoon + kRecords * kStep;
  EXPECT_EQ(FeatureStatusName(Read(now, now).status), "truncated");
  // A run of its own, after a pause.
  Apply(now + kHour, 1, now + kHour);
  EXPECT_EQ(Text(Read(now + kHour + 1, now + kHour)), "1 present");
}

// The state of what is older than `as_of` cannot give back a largest value.
TEST_F(KnownReads, ALifetimeDoesWithoutWhatWasTakenBackHoweverOldItIs) {
  Open(TestFeature("max", kN, Lifetime()));
  Apply(kNoon, 5, kNoon);
  Apply(kNoon + kMinute, 100, kNoon + kMinute);
  Apply(kNoon + kMinute, 100, kNoon + kMinute, Change::kRetract);
  for (int64_t now = kNoon + kHour; now < kNoon + 5'000 * kHour; now += kHour) {
    store_->AdvanceTime(now);
    const FeatureValue known = Read(now, now);
    if (known.effective.begin_ms > kNoon) continue;  // it is kept no longer
    EXPECT_EQ(Text(known), "5 present") << now;
  }
}

TEST_F(KnownReads, OfAMillisecondThatIsNotWholeAnyMoreNothingCounts) {
  Open(TestFeature("count", -1, Lifetime()));
  constexpr int64_t kLater = 4'095;  // with one of the two before them the log is full
  Apply(kNoon, 1, kNoon);
  Apply(kNoon, 2, kNoon);
  for (int64_t i = 1; i <= kLater; ++i) Apply(kNoon + i, i, kNoon + i);
  const FeatureValue known = Read(kNoon + kMinute, kNoon + kMinute);
  EXPECT_EQ(Text(known), "4095 truncated");
  EXPECT_EQ(known.effective.begin_ms, kNoon + 1);
}

}  // namespace
}  // namespace millrace
