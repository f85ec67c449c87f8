#include "stream/applied_ids.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using Verdict = AppliedIds::Verdict;

AppliedIds::Copy At(int64_t event_time_ms, int64_t offset, uint32_t content = 1) {
  return {event_time_ms, offset, 0, content};
}

void Commit(AppliedIds& ids, MemoryStateStore& state) {
  StateBatch batch;
  ids.AddCommit(&batch);
  ASSERT_TRUE(state.Commit(batch).ok());
}

TEST(AppliedIds, ACopyWithinReachIsADuplicate) {
  AppliedIds ids("clicks", 1'000);
  EXPECT_EQ(ids.Judge("a", At(5'000, 1)), Verdict::kFirst);
  ids.Add("a", At(5'000, 1));
  EXPECT_EQ(ids.Judge("a", At(5'000, 2)), Verdict::kDuplicate);
  EXPECT_EQ(ids.Judge("a", At(6'000, 2)), Verdict::kDuplicate);
  EXPECT_EQ(ids.Judge("a", At(4'000, 2)), Verdict::kDuplicate);
  EXPECT_EQ(ids.Judge("a", At(6'001, 2)), Verdict::kFirst);
  EXPECT_EQ(ids.Judge("a", At(3'999, 2)), Verdict::kFirst);
  EXPECT_EQ(ids.Judge("b", At(5'000, 2)), Verdict::kFirst);
  EXPECT_EQ(ids.Judge("", At(5'000, 2)), Verdict::kFirst);
}

TEST(AppliedIds, ACopyThatSaysSomethingElseIsTold) {
  AppliedIds ids("clicks", 1'000);
  ids.Add("a", At(5'000, 1, 1));
  EXPECT_EQ(ids.Judge("a", At(5'000, 2, 2)), Verdict::kConflicting);
}

TEST(AppliedIds, TheAppliedRecordItselfIsNoDuplicate) {
  AppliedIds ids("clicks", 1'000);
  ids.Add("a", At(5'000, 1));
  EXPECT_EQ(ids.Judge("a", At(5'000, 1)), Verdict::kFirst);
  ids.Add("a", At(5'000, 1));
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(ids.Judge("a", {5'000, 1, 1, 1}), Verdict::kDuplicate) << "of another partition";
}

TEST(AppliedIds, CommittedIdsOutliveTheProcess) {
  MemoryStateStore state;
  AppliedIds ids("clicks", 1'000), others("click", 1'000);
  ids.Add("a", At(-5'000, 1));
  ids.Add("a", At(5'000, 2, 9));
  others.Add("z", At(5'000, 2));
  Commit(ids, state);
  Commit(others, state);
  ids.Add("lost", At(5'000, 3));

  AppliedIds again("clicks", 1'000);
  ASSERT_TRUE(again.Load(state).ok());
  EXPECT_EQ(again.size(), 2u);
  EXPECT_EQ(again.Judge("a", At(-5'000, 7)), Verdict::kDuplicate);
  EXPECT_EQ(again.Judge("a", At(5'000, 7)), Verdict::kConflicting);
  EXPECT_EQ(again.Judge("a", At(5'000, 2, 9)), Verdict::kFirst);
  EXPECT_EQ(again.Judge("z", At(5'000, 7)), Verdict::kFirst);
  EXPECT_EQ(again.Judge("lost", At(5'000, 7)), Verdict::kFirst);
}

TEST(AppliedIds, BytesOfTheStateAreFixed) {
  MemoryStateStore state;
  AppliedIds ids("ab", 1'000);
  ids.Add("id", {1'000, 5, 3, 0x01020304});
  Commit(ids, state);
  std::vector<std::string> entries;
  ASSERT_TRUE(state
                  .Scan("", std::string(1, '\xff'),
                        [&](absl::string_view key, absl::string_view value) {
                          entries.push_back(absl::StrCat(absl::BytesToHexString(key), " ",
                                                         absl::BytesToHexString(value)));
                          return true;
                        })
                  .ok());
  EXPECT_EQ(entries,
            std::vector<std::string>{"0802616280000000000003e8d2a44dfe8653ba83ecadf271e12031aa "
                                     "030a01020304"});
}

TEST(AppliedIds, DamagedStateIsRefused) {
  MemoryStateStore state;
  AppliedIds ids("clicks", 1'000);
  ids.Add("a", At(5'000, 1));
  StateBatch batch;
  ids.AddCommit(&batch);
  const auto& [key, value] = batch.changes()[0];
  for (const auto& [bad_key, bad_value] :
       std::vector<std::pair<std::string, std::string>>{{key.substr(0, key.size() - 1), *value},
                                                        {key + "x", *value},
                                                        {key, value->substr(1)},
                                                        {key, *value + "x"}}) {
    MemoryStateStore damaged;
    StateBatch bad;
    bad.Put(bad_key, bad_value);
    ASSERT_TRUE(damaged.Commit(bad).ok());
    AppliedIds read("clicks", 1'000);
    EXPECT_EQ(read.Load(damaged).code(), absl::StatusCode::kDataLoss);
  }
}

// Against a list of all that was applied, with forgetting and restarts at any time.
TEST(AppliedIds, VerdictsAreThoseOfAListOfEverything) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Random random(seed);
    const int64_t within_ms = random.Between(1, 40'000);
    const int64_t retention_ms = random.Between(0, 100'000);
    MemoryStateStore state;
    auto ids = std::make_unique<AppliedIds>("s", within_ms);
    std::map<std::string, std::vector<AppliedIds::Copy>> applied;
    int64_t newest_ms = 0;
    size_t most = 0;
    for (int64_t offset = 0; offset < 3'000; ++offset) {
      newest_ms += random.Between(0, 500);
      const std::string id = absl::StrCat(random.Below(200));
      const AppliedIds::Copy copy = {newest_ms - random.Between(0, retention_ms), offset,
                                     static_cast<int32_t>(random.Below(3)),
                                     static_cast<uint32_t>(random.Below(2))};
      bool duplicate = false;
      for (const AppliedIds::Copy& other : applied[id]) {
        duplicate = duplicate || std::abs(other.event_time_ms - copy.event_time_ms) <= within_ms;
      }
      ASSERT_EQ(ids->Judge(id, copy) != Verdict::kFirst, duplicate) << "record " << offset;
      if (!duplicate) {
        ids->Add(id, copy);
        applied[id].push_back(copy);
      }
      if (random.Chance(0.05)) {
        ids->Forget(newest_ms - retention_ms - within_ms);
        Commit(*ids, state);
        most = std::max(most, ids->size());
      }
      if (random.Chance(0.01)) {
        Commit(*ids, state);
        const size_t size = ids->size();
        ids = std::make_unique<AppliedIds>("s", within_ms);
        ASSERT_TRUE(ids->Load(state).ok());
        ASSERT_EQ(ids->size(), size);
      }
    }
    EXPECT_LT(most, 2'000u) << "what is out of reach is forgotten";
  }
}

}  // namespace
}  // namespace millrace
