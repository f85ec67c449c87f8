// Reads of a view: what a window covers at a time, to the millisecond (what others get wrong:
// docs/windows.md), what is counted, what is refused, and readers beside the writer.

#include "featurestore/online_store.h"

#include <atomic>
#include <cmath>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "featurestore/memory_state_store.h"
#include "gtest/gtest.h"
#include "tests/featurestore/online_store_fixture.h"

namespace millrace {
namespace {

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

TEST_F(OnlineStoreTest, ReadsAreAtTheCallersTime) {
  Open(TestView({TestFeature("count", -1, Sliding(30 * kMinute))}));
  Apply(At(kEight, 1));
  EXPECT_EQ(Text(Read(kEight + kHour)), "0 present");
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

TEST_F(OnlineStoreTest, IntegerSumsOverflowInsteadOfWrapping) {
  Open(TestView({TestFeature("sum", kN, Sliding(kHour))}));
  Apply(At(kEight, INT64_MAX));
  Apply(At(kEight, 1));
  EXPECT_EQ(Text(Read(kEight + 1)), "null overflow");
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
