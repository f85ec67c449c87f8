// Tombstones: the lives of an entity.

#include <cstdint>
#include <vector>

#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "gtest/gtest.h"
#include "tests/featurestore/online_store_fixture.h"

namespace millrace {
namespace {

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

// With a lifetime the state of older records does not tell of those between it and the entries.
TEST_F(OnlineStoreTest, ADeletionAmongTilesOnlyIsLateInTiledViewsToo) {
  constexpr int64_t kSecond = 1000, kRecords = 3'000, kDeleted = 1'205;
  auto view = TestView({TestFeature("count", -1, Lifetime())});
  view->accuracy = Accuracy::kTiled;
  view->as_of_ms = 6 * kHour;
  Open(view);
  for (int64_t i = 0; i < kRecords; ++i) Apply(At(kEight + i * kSecond, i));
  const int64_t place = kEight + kDeleted * kSecond + 1;
  Delete(place);
  EXPECT_EQ(store_->LateDeletions(0), 1u);
  const FeatureValue all = Read(kEight + kRecords * kSecond);
  EXPECT_EQ(FeatureStatusName(all.status), "truncated");
  EXPECT_GT(all.effective.begin_ms, place - kMinute) << "a tile of a minute";
  EXPECT_LE(all.effective.begin_ms, place + 1);
  EXPECT_EQ(all.count, (kEight + kRecords * kSecond - all.effective.begin_ms) / kSecond);
}

}  // namespace
}  // namespace millrace
