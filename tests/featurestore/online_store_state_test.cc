// What is committed and found again: positions, failed commits, foreign and damaged state, size.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "featurestore/online_store.h"
#include "gtest/gtest.h"
#include "tests/featurestore/online_store_fixture.h"

namespace millrace {
namespace {

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

TEST_F(OnlineStoreTest, ShardsThatRedoRecordsKeepWhatTheyKeptTheFirstTime) {
  auto view = TestView(
      {TestFeature("max", kN, Sliding(24 * kHour)), TestFeature("last", kN, Sliding(24 * kHour))});
  view->accuracy = Accuracy::kTiled;  // what a retraction finds depends on the stream time
  view->inputs[0].retracts = true;
  std::vector<std::pair<TestRecord, Change>> records;
  const auto add = [&](const std::string& key, int64_t time_ms, int64_t n, Change change) {
    TestRecord record = At(time_ms, n);
    record.key = key;
    records.emplace_back(record, change);
  };
  for (int k = 0; k < 20; ++k) {
    const std::string key = absl::StrCat("k", k);
    add(key, kEight, 1, Change::kInsert);
    add(key, kEight + 10, 9, Change::kInsert);
    add(key, kEight + 10, 9, Change::kRetract);
  }
  add("later", kEight + 10 * kHour, 1, Change::kInsert);
  const auto apply_all = [&] {
    for (const auto& [record, change] : records) Apply(record, change);
    store_->AdvanceInput(0, 0, next_offset_);
  };
  Open(view);
  apply_all();
  const uint64_t whole = store_->Digest().value();

  // Some shards commit all of it, the others nothing; then the process ends.
  Reopen();
  apply_all();
  for (int32_t shard = 0; shard < 4; ++shard) {
    StateBatch batch;
    ASSERT_TRUE(store_->AddCommit(shard, &batch).ok());
    ASSERT_TRUE(state_.Commit(batch).ok());
  }
  Reopen();
  apply_all();
  EXPECT_EQ(store_->Digest().value(), whole);
  EXPECT_EQ(Text(Read(kEight + 11 * kHour, 0, "k3")), "1 present");
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

}  // namespace
}  // namespace millrace
