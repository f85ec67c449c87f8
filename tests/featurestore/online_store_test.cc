#include "featurestore/online_store.h"

#include <atomic>
#include <cmath>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "featurestore/memory_state_store.h"
#include "gtest/gtest.h"
#include "tests/featurestore/naive_store.h"

namespace millrace {
namespace {

constexpr int64_t kMinute = 60'000, kHour = 3'600'000;
// 2013-01-01T08:00:00Z
constexpr int64_t kEight = 1'357'027'200'000;

class OnlineStoreTest : public ::testing::Test {
 protected:
  void Open(std::shared_ptr<ViewSpec> view) {
    view_ = std::move(view);
    Reopen();
  }
  void Reopen() {
    store_.reset();
    auto store = OnlineStore::Open(state_, {view_}, {.shards = 8});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  void Commit() {
    for (int32_t shard = 0; shard < 8; ++shard) {
      StateBatch batch;
      ASSERT_TRUE(store_->AddCommit(shard, &batch).ok());
      ASSERT_TRUE(state_.Commit(batch).ok());
      store_->Committed(shard, true);
    }
  }
  TestRecord At(int64_t time_ms, std::optional<int64_t> n, std::optional<double> x = {},
                std::optional<std::string> s = {}) {
    TestRecord r;
    r.time_ms = time_ms;
    r.offset = next_offset_++;
    r.key = "k";
    r.n = n;
    r.x = x;
    r.s = s;
    return r;
  }
  void Apply(const TestRecord& r) {
    const std::vector<Value> fields = r.Fields();
    ASSERT_TRUE(
        store_->Apply({r.time_ms, r.time_ms, r.source, r.partition, r.offset, fields}).ok());
  }
  void Delete(int64_t time_ms, const std::string& key = "k") {
    Event tombstone;
    tombstone.event_time_ms = tombstone.append_ms = time_ms;
    tombstone.offset = next_offset_++;
    tombstone.change = Change::kDelete;
    const Value k = Value::String(key);
    ASSERT_TRUE(store_->Delete(0, {&k, 1}, tombstone).ok());
  }
  FeatureValue Read(int64_t at_ms, int feature = 0, const std::string& key = "k") {
    FeatureValue value;
    const Value k = Value::String(key);
    const absl::Status status = store_->Read(0, {&k, 1}, at_ms, {&feature, 1}, {}, {&value, 1});
    EXPECT_TRUE(status.ok()) << status;
    return value;
  }
  static std::string Text(const FeatureValue& v) {
    return absl::StrCat(ToString(v.value.view()), " ", FeatureStatusName(v.status));
  }

  MemoryStateStore state_;
  std::shared_ptr<ViewSpec> view_;
  std::unique_ptr<OnlineStore> store_;
  int64_t next_offset_ = 0;
};

TEST_F(OnlineStoreTest, ATableKeepsAFewBytesHoweverOftenItsEntityChanges) {
  Open(TestView({TestFeature("last", kN, Lifetime()), TestFeature("last", kS, Lifetime())}));
  for (int64_t change = 0; change < 10'000; ++change) {
    Apply(At(kEight + change * kHour, change, {}, "twenty bytes of text"));
  }
  Commit();
  size_t bytes = 0;
  ASSERT_TRUE(state_
                  .Scan("\x01", "\x02",
                        [&bytes](absl::string_view key, absl::string_view value) {
                          if (key.size() > 5) bytes += key.size() + value.size();  // no marks
                          return true;
                        })
                  .ok());
  EXPECT_LT(bytes, 400u);
  EXPECT_EQ(Text(Read(kEight + 20'000 * kHour)), "9999 present");
}

// --- deletions ---

TEST_F(OnlineStoreTest, ADeletedEntityStaysDeletedAndItsNewLifeCountsAfterReopening) {
  Open(TestView({TestFeature("count", -1, Lifetime())}));
  Apply(At(kEight, 1));
  Delete(kEight + kMinute);
  Apply(At(kEight + 2 * kMinute, 1));
  Commit();
  Reopen();
  Apply(At(kEight - kMinute, 1));  // late: of the first life
  for (int opened = 0; opened < 2; ++opened) {
    EXPECT_EQ(Text(Read(kEight + kMinute)), "2 present");
    EXPECT_EQ(Text(Read(kEight + kMinute + 1)), "0 present");
    EXPECT_EQ(Text(Read(kEight + kHour)), "1 present");
    Commit();
    Reopen();
  }
}

TEST_F(OnlineStoreTest, DigestOfADeletionDoesNotDependOnWhenOlderRecordsCome) {
  const std::vector<TestRecord> records = {At(kEight, 1), At(kEight + 3 * kMinute, 2)};
  std::vector<uint64_t> digests;
  for (const int deleted_after : {0, 1}) {
    MemoryStateStore fresh;
    auto opened = OnlineStore::Open(fresh, {TestView({TestFeature("sum", kN, Lifetime())})}, {});
    ASSERT_TRUE(opened.ok());
    store_ = *std::move(opened);
    next_offset_ = 100;
    if (deleted_after == 0) Delete(kEight + kMinute);
    Apply(records[0]);
    next_offset_ = 100;
    if (deleted_after == 1) Delete(kEight + kMinute);
    Apply(records[1]);
    const auto digest = store_->Digest();
    ASSERT_TRUE(digest.ok()) << digest.status();
    digests.push_back(*digest);
    store_.reset();
  }
  EXPECT_EQ(digests[0], digests[1]);
}

TEST_F(OnlineStoreTest, AReadOfTheVeryTimeOfADeletionSeesAllOfThatTimeWhateverCameFirst) {
  const Window closed = Lifetime(0, Bounds::kClosedClosed);
  for (const bool deleted_first : {true, false}) {
    MemoryStateStore fresh;
    auto opened = OnlineStore::Open(fresh, {TestView({TestFeature("count", -1, closed)})}, {});
    ASSERT_TRUE(opened.ok());
    store_ = *std::move(opened);
    next_offset_ = 0;
    Apply(At(kEight, 1));
    const TestRecord after = [this] {
      next_offset_ = 2;
      return At(kEight, 2);
    }();
    if (!deleted_first) Apply(after);
    next_offset_ = 1;
    Delete(kEight);
    if (deleted_first) Apply(after);
    EXPECT_EQ(Text(Read(kEight)), "2 present");
    EXPECT_EQ(Text(Read(kEight + 1)), "1 present");
    EXPECT_EQ(store_->EntityCount(0), 2);
    store_.reset();
  }
}

TEST_F(OnlineStoreTest, ARetractionThatStandsAfterADeletionMovesToTheLifeAfterIt) {
  auto view = TestView({TestFeature("count", -1, Lifetime())});
  view->inputs[0].retracts = true;
  Open(view);
  Apply(At(kEight, 1));
  const std::vector<Value> fields = At(kEight + 2 * kMinute, 2).Fields();
  Event retraction = {kEight + 2 * kMinute, kEight, 0, 0, 7, fields};
  retraction.change = Change::kRetract;
  retraction.fingerprint = 5;
  ASSERT_TRUE(store_->Apply(retraction).ok());
  Delete(kEight + kMinute);
  EXPECT_EQ(Text(Read(kEight + kHour)), "-1 present");
}

TEST_F(OnlineStoreTest, ADeletionBehindTheMicroLogLeavesOutAllButATileAndSaysSo) {
  constexpr int64_t kSecond = 1000, kRecords = 6000, kDeleted = 1000;
  const int64_t place = kEight + kDeleted * kSecond + 1, now = kEight + kRecords * kSecond;
  for (const bool in_place : {true, false}) {
    MemoryStateStore fresh;
    store_.reset();
    auto view =
        TestView({TestFeature("count", -1, Sliding(6 * kHour)),
                  TestFeature("count", -1, Lifetime()), TestFeature("count", -1, Sliding(kHour))});
    view->as_of_ms = 2 * kHour;
    auto opened = OnlineStore::Open(fresh, {std::move(view)}, {});
    ASSERT_TRUE(opened.ok());
    store_ = *std::move(opened);
    for (int64_t i = 0; i < kRecords; ++i) {
      Apply(At(kEight + i * kSecond, i));
      if (in_place && i == kDeleted) Delete(place);
    }
    if (!in_place) Delete(place);
    EXPECT_EQ(Text(Read(now, 2)), "3600 present");  // begins after it
    EXPECT_EQ(store_->LateDeletions(0), in_place ? 0u : 1u);
    for (const int feature : {0, 1}) {
      const FeatureValue all = Read(now, feature);
      const int64_t after = kRecords - kDeleted - 1;
      EXPECT_EQ(FeatureStatusName(all.status), in_place ? "present" : "truncated");
      if (in_place) {
        EXPECT_EQ(all.count, after);
        continue;
      }
      EXPECT_GE(all.count, after);
      EXPECT_LE(all.count, after + 60);  // a tile of a minute
      EXPECT_EQ(all.count, (now - all.effective.begin_ms) / kSecond) << "as `effective` says";
    }
  }
  store_.reset();
}

TEST_F(OnlineStoreTest, ADeletionThatCameTooLateIsKeptAndEndsWithTheNextOne) {
  Open(TestView({TestFeature("last", kN, Lifetime())}));
  Apply(At(kEight, 1));
  Apply(At(kEight + 10 * kMinute, 2));
  store_->AdvanceTime(kEight + 2000 * kHour);
  Delete(kEight + kMinute);
  Commit();
  Reopen();
  EXPECT_EQ(Text(Read(kEight + 2000 * kHour)), "2 truncated");
  Delete(kEight + 2001 * kHour);
  Apply(At(kEight + 2002 * kHour, 3));
  EXPECT_EQ(Text(Read(kEight + 2003 * kHour)), "3 present");
}

TEST_F(OnlineStoreTest, ALifetimeWithADeletionBehindItsBaseSaysSo) {
  Open(TestView({TestFeature("last", kN, Lifetime())}));
  Apply(At(kEight, 1));
  Apply(At(kEight + 10 * kMinute, 2));
  store_->AdvanceTime(kEight + 2000 * kHour);
  Delete(kEight + kMinute);
  EXPECT_EQ(store_->LateDeletions(0), 1u);
  EXPECT_EQ(Text(Read(kEight + 2000 * kHour)), "2 truncated");
  // What is newest goes all the same.
  Delete(kEight + 20 * kMinute);
  EXPECT_EQ(store_->LateDeletions(0), 1u);
  EXPECT_EQ(Text(Read(kEight + 2000 * kHour)), "null missing");
}

// --- what others get wrong (docs/windows.md) ---

TEST_F(OnlineStoreTest, SumStartsExactlyAtTheWindowNotAtAHop) {
  Open(TestView({TestFeature("sum", kN, Sliding(2 * kHour))}));
  Apply(At(kEight + 2 * kMinute, 3));
  Apply(At(kEight + 9 * kMinute, 4));
  Apply(At(kEight + 90 * kMinute, 5));
  const FeatureValue v = Read(kEight + 124 * kMinute);
  EXPECT_EQ(Text(v), "9 present");
  EXPECT_EQ(v.effective, (Span{kEight + 4 * kMinute, kEight + 124 * kMinute}));
  EXPECT_EQ(v.count, 2);
  EXPECT_EQ(v.age_ms, 34 * kMinute);
}

TEST_F(OnlineStoreTest, LastOfATieIsTheLaterOffsetInAnyArrivalOrder) {
  for (const bool swapped : {false, true}) {
    MemoryStateStore fresh;
    store_.reset();
    auto opened =
        OnlineStore::Open(fresh, {TestView({TestFeature("last", kS, Sliding(kHour))})}, {});
    ASSERT_TRUE(opened.ok());
    store_ = *std::move(opened);
    TestRecord x = At(kEight, {}, {}, "x"), y = At(kEight, {}, {}, "y");
    x.offset = 41;
    y.offset = 42;
    Apply(swapped ? y : x);
    Apply(swapped ? x : y);
    EXPECT_EQ(Text(Read(kEight + 1)), "y present");
    store_.reset();
  }
}

TEST_F(OnlineStoreTest, LateRecordIsInTheNextRead) {
  Open(TestView({TestFeature("count", -1, Sliding(kHour))}));
  Apply(At(kEight + 20 * kMinute, 1));
  EXPECT_EQ(Text(Read(kEight + 20 * kMinute)), "0 present");
  Apply(At(kEight - kMinute, 1));
  EXPECT_EQ(Text(Read(kEight + 20 * kMinute)), "1 present");
}

TEST_F(OnlineStoreTest, ValuesDecayWithoutEventsOrTimers) {
  Open(TestView({TestFeature("count", -1, Sliding(10 * kMinute))}));
  Apply(At(kEight, 1));
  EXPECT_EQ(Text(Read(kEight)), "0 present");  // its own millisecond does not count
  EXPECT_EQ(Text(Read(kEight + 1)), "1 present");
  EXPECT_EQ(Text(Read(kEight + 10 * kMinute)), "1 present");
  EXPECT_EQ(Text(Read(kEight + 10 * kMinute + 1)), "0 present");
}

TEST_F(OnlineStoreTest, MaximumIsNotASumOfMaxima) {
  Open(TestView({TestFeature("max", kN, Sliding(kHour)), TestFeature("min", kN, Sliding(kHour))}));
  for (const auto& [at, n] :
       std::vector<std::pair<int64_t, int64_t>>{{0, 4}, {320'000, 9}, {640'000, 2}, {950'000, 6}}) {
    Apply(At(kEight + at, n));
  }
  EXPECT_EQ(Text(Read(kEight + 1'200'000, 0)), "9 present");
  EXPECT_EQ(Text(Read(kEight + 1'200'000, 1)), "2 present");
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

TEST_F(OnlineStoreTest, CountsWhatHappensToAView) {
  const auto view =
      TestView({TestFeature("sum", kX, Sliding(kHour)), TestFeature("mean", kX, Sliding(2 * kHour)),
                TestFeature("sum", kN, Sliding(kHour))});
  view->ttl_ms = kHour;
  Open(view);
  for (const double x : {1.0, std::nan(""), HUGE_VAL, 2.0}) Apply(At(kEight, 1, x));
  ViewCounts counts = store_->Counts(0);
  EXPECT_EQ(counts.updates, 4u);
  EXPECT_EQ(counts.not_finite, (std::vector<uint64_t>{2, 2, 0}));
  EXPECT_EQ(counts.reads, 0u);
  EXPECT_EQ(Text(Read(kEight + 1)), "3 present");
  counts = store_->Counts(0);
  EXPECT_EQ(counts.reads, 1u);
  EXPECT_EQ(counts.windows, 1u);
  EXPECT_EQ(counts.merges, counts.most_merges);
  EXPECT_GT(counts.merges, 0u);
  EXPECT_EQ(counts.expired, 0u);
  Read(kEight + 2 * kHour);
  counts = store_->Counts(0);
  EXPECT_EQ(counts.expired, 1u);
  EXPECT_GE(counts.merges, counts.most_merges);
  EXPECT_EQ(counts.loads, 0u);
  Commit();
  Reopen();
  Read(kEight + 1);
  EXPECT_EQ(store_->Counts(0).loads, 1u);
}

TEST_F(OnlineStoreTest, ReadsAreAtTheCallersTime) {
  Open(TestView({TestFeature("count", -1, Sliding(30 * kMinute))}));
  Apply(At(kEight, 1));
  EXPECT_EQ(Text(Read(kEight + kHour)), "0 present");
}

// --- statuses ---

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

TEST_F(OnlineStoreTest, KeysThatDoNotFitAreTheCallersFault) {
  Open(TestView({TestFeature("count", -1, Sliding(kHour))}));
  FeatureValue value;
  const Value number = Value::Int(1);
  const int feature = 0, none = 7;
  EXPECT_TRUE(
      absl::IsInvalidArgument(store_->Read(0, {&number, 1}, 0, {&feature, 1}, {}, {&value, 1})));
  EXPECT_TRUE(absl::IsInvalidArgument(store_->Read(0, {}, 0, {&feature, 1}, {}, {&value, 1})));
  EXPECT_TRUE(
      absl::IsInvalidArgument(store_->Read(3, {&number, 1}, 0, {&feature, 1}, {}, {&value, 1})));
  EXPECT_TRUE(
      absl::IsInvalidArgument(store_->Read(0, {&number, 1}, 0, {&none, 1}, {}, {&value, 1})));
  EXPECT_TRUE(absl::IsInvalidArgument(store_->Apply({INT64_MAX, 0, 0, 0, 0, {}})));
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

TEST_F(OnlineStoreTest, IntegerSumsOverflowInsteadOfWrapping) {
  Open(TestView({TestFeature("sum", kN, Sliding(kHour))}));
  Apply(At(kEight, INT64_MAX));
  Apply(At(kEight, 1));
  EXPECT_EQ(Text(Read(kEight + 1)), "null overflow");
}

// --- accuracy ---

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

TEST_F(OnlineStoreTest, LifetimeKeepsWhatTheHorizonPassedInItsBase) {
  Open(TestView({TestFeature("count", -1, Lifetime()), TestFeature("sum", kN, Lifetime())}));
  int64_t sum = 0;
  for (int64_t i = 0; i < 3000; ++i) {
    Apply(At(kEight + i * kHour, i));
    sum += i;
    if (i % 500 == 0) Commit();
  }
  Apply(At(kEight, 1'000'000));  // very late: into the base
  Commit();
  Reopen();
  EXPECT_EQ(Text(Read(kEight + 3000 * kHour)), "3001 present");
  EXPECT_EQ(Text(Read(kEight + 3000 * kHour, 1)), absl::StrCat(sum + 1'000'000, " present"));
}

// --- positions ---

TEST_F(OnlineStoreTest, RestartsFromItsMarksWithoutDoubling) {
  Open(TestView({TestFeature("count", -1, Sliding(kHour))}));
  std::vector<TestRecord> records;
  for (int i = 0; i < 100; ++i) {
    records.push_back(At(kEight + i, 1));
    records.back().key = absl::StrCat("k", i % 7);
  }
  EXPECT_EQ(store_->LowestMark(0, 0), 0);
  for (int i = 0; i < 60; ++i) Apply(records[static_cast<size_t>(i)]);
  store_->AdvanceInput(0, 0, 60);
  Commit();
  EXPECT_EQ(store_->LowestMark(0, 0), 60);
  for (int i = 60; i < 80; ++i) Apply(records[static_cast<size_t>(i)]);
  store_->AdvanceInput(0, 0, 80);
  // Half of the shards commit, then the process ends.
  for (int32_t shard = 0; shard < 4; ++shard) {
    StateBatch batch;
    ASSERT_TRUE(store_->AddCommit(shard, &batch).ok());
    ASSERT_TRUE(state_.Commit(batch).ok());
    store_->Committed(shard, true);
  }
  Reopen();
  EXPECT_EQ(store_->LowestMark(0, 0), 60);
  for (size_t i = 60; i < 100; ++i) Apply(records[i]);
  int64_t total = 0;
  for (int k = 0; k < 7; ++k) {
    total += Read(kEight + 100, 0, absl::StrCat("k", k)).value.view().int_value();
  }
  EXPECT_EQ(total, 100);
  EXPECT_EQ(store_->EntityCount(0), 7);
}

TEST_F(OnlineStoreTest, FailedCommitLosesNothing) {
  Open(TestView({TestFeature("count", -1, Sliding(kHour))}));
  for (int i = 0; i < 500; ++i) Apply(At(kEight + i * 1000, 1));
  for (int32_t shard = 0; shard < 8; ++shard) {
    StateBatch batch;
    ASSERT_TRUE(store_->AddCommit(shard, &batch).ok());
    store_->Committed(shard, false);
  }
  EXPECT_GT(store_->DirtyBytes(), 0u);
  Commit();
  EXPECT_EQ(store_->DirtyBytes(), 0u);
  Reopen();
  EXPECT_EQ(Text(Read(kEight + 500'000)), "500 present");
}

TEST_F(OnlineStoreTest, RefusesStateOfOtherViewsOrShards) {
  Open(TestView({TestFeature("count", -1, Sliding(kHour))}));
  Commit();
  store_.reset();
  const auto other = TestView({TestFeature("sum", kX, Sliding(kHour))});
  const auto refused = OnlineStore::Open(state_, {other}, {.shards = 8}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_NE(refused.message().find("\"test\""), absl::string_view::npos);
  EXPECT_TRUE(
      absl::IsFailedPrecondition(OnlineStore::Open(state_, {view_}, {.shards = 9}).status()));
  EXPECT_TRUE(OnlineStore::Open(state_, {view_}, {.shards = 8}).ok());
}

TEST_F(OnlineStoreTest, DamagedStateIsDetected) {
  Open(TestView({TestFeature("count", -1, Sliding(kHour))}));
  Apply(At(kEight, 1));
  Commit();
  StateBatch damage;
  ASSERT_TRUE(state_
                  .Scan("\x01", "\x02",
                        [&](absl::string_view key, absl::string_view value) {
                          if (key.size() > 5) {
                            damage.Put(std::string(key.data(), key.size()),
                                       std::string(value.data(), value.size() - 1));
                          }
                          return true;
                        })
                  .ok());
  ASSERT_TRUE(state_.Commit(damage).ok());
  Reopen();
  FeatureValue value;
  const Value k = Value::String("k");
  const int feature = 0;
  EXPECT_TRUE(absl::IsDataLoss(store_->Read(0, {&k, 1}, kEight, {&feature, 1}, {}, {&value, 1})));
  EXPECT_TRUE(absl::IsDataLoss(store_->Digest().status()));
}

// --- threads ---

TEST_F(OnlineStoreTest, ReadersSeeWholeRecordsWhileTheOwnerWrites) {
  auto view = TestView({TestFeature("count", -1, Lifetime()), TestFeature("sum", kN, Lifetime()),
                        TestFeature("count", -1, Sliding(kHour))});
  view->as_of_ms = 24 * kHour;
  view_ = view;
  auto opened = OnlineStore::Open(state_, {view_}, {.shards = 8, .cache_bytes = 1});
  ASSERT_TRUE(opened.ok());
  store_ = *std::move(opened);
  std::atomic<bool> stop{false};
  std::atomic<int64_t> reads{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t) {
    readers.emplace_back([&] {
      const int features[] = {0, 1, 2};
      FeatureValue values[3];
      std::vector<int64_t> seen(5, 0);
      for (size_t i = 0; !stop.load(); i = (i + 1) % 5) {
        const std::string key = absl::StrCat("k", i);
        const Value k = Value::String(key);
        const absl::Status status =
            store_->Read(0, {&k, 1}, kEight + 24 * kHour, features, {}, values);
        EXPECT_TRUE(status.ok()) << status;
        const int64_t count = values[0].value.view().int_value();
        if (count > 0) {
          EXPECT_EQ(values[1].value.view().int_value(), 2 * count);
        }
        EXPECT_GE(count, seen[i]) << "applied records do not vanish";
        seen[i] = count;
        reads.fetch_add(1);
      }
    });
  }
  for (int i = 0; i < 30'000 || reads.load() < 1'000; ++i) {
    TestRecord r = At(kEight + i, 2);
    r.key = absl::StrCat("k", i % 5);
    Apply(r);
    if (i % 1'000 == 0) Commit();
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace millrace
