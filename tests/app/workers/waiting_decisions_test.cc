#include "app/workers/waiting_decisions.h"

#include <algorithm>

#include "core/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/progress.h"
#include "tests/core/printed_seed.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

WaitingDecision At(int64_t time_ms, const std::string& id) { return {{time_ms, 0, 0, 7}, id, {}}; }

std::vector<std::string> Ids(const std::vector<WaitingDecision>& decisions) {
  std::vector<std::string> ids;
  for (const WaitingDecision& decision : decisions) ids.push_back(decision.id);
  return ids;
}

TEST(WaitingDecisions, AreTakenInEventOrderAndAmongEqualsAsTheyCame) {
  WaitingDecisions waiting;
  EXPECT_EQ(waiting.NextMs(), kEndOfTime);
  int64_t now_ns = 0;
  for (const auto& [time_ms, id] :
       std::vector<std::pair<int64_t, std::string>>{{30, "c"}, {10, "a"}, {30, "d"}, {20, "b"}}) {
    waiting.Add(At(time_ms, id), ++now_ns);
  }
  std::vector<WaitingDecision> taken;
  while (waiting.size() > 0) {
    const int64_t next_ms = waiting.NextMs();
    taken.push_back(waiting.TakeFirst());
    EXPECT_EQ(taken.back().order.event_time_ms, next_ms);
  }
  EXPECT_THAT(Ids(taken), ElementsAre("a", "b", "c", "d"));
}

TEST(WaitingDecisions, AddedBeforeATimeAreTakenInEventOrder) {
  WaitingDecisions waiting;
  waiting.Add(At(30, "c"), 1);
  waiting.Add(At(10, "a"), 2);
  waiting.Add(At(5, "late"), 3);
  EXPECT_THAT(waiting.TakeAddedBefore(1), IsEmpty());
  EXPECT_THAT(Ids(waiting.TakeAddedBefore(3)), ElementsAre("a", "c"));
  EXPECT_EQ(waiting.size(), 1u);
  EXPECT_THAT(Ids(waiting.TakeAddedBefore(4)), ElementsAre("late"));
  EXPECT_EQ(waiting.NextMs(), kEndOfTime);
}

// Against a list that is searched whole.
TEST(WaitingDecisions, AnswerAsAListWouldInAnyOrderOfCalls) {
  Random random(PrintedSeed(1));
  WaitingDecisions waiting;
  std::vector<std::pair<WaitingDecision, int64_t>> list;  // as added, with the time
  const auto by_order = [](const auto& a, const auto& b) { return a.first.order < b.first.order; };
  int64_t now_ns = 0;
  for (int step = 0; step < 5'000; ++step) {
    now_ns += random.Between(0, 3);
    if (random.Chance(0.6)) {
      const WaitingDecision decision = At(random.Between(0, 50), std::to_string(step));
      waiting.Add(decision, now_ns);
      list.emplace_back(decision, now_ns);
    } else if (random.Chance(0.7)) {
      if (list.empty()) continue;
      const auto first = std::min_element(list.begin(), list.end(), by_order);
      ASSERT_EQ(waiting.TakeFirst(), first->first);
      list.erase(first);
    } else {
      const int64_t before_ns = now_ns - random.Between(0, 100);
      std::vector<std::pair<WaitingDecision, int64_t>> old;
      std::copy_if(list.begin(), list.end(), std::back_inserter(old),
                   [&](const auto& added) { return added.second < before_ns; });
      std::erase_if(list, [&](const auto& added) { return added.second < before_ns; });
      std::stable_sort(old.begin(), old.end(), by_order);
      std::vector<WaitingDecision> expected;
      for (const auto& [decision, at_ns] : old) expected.push_back(decision);
      ASSERT_EQ(waiting.TakeAddedBefore(before_ns), expected);
    }
    ASSERT_EQ(waiting.size(), list.size());
  }
}

}  // namespace
}  // namespace millrace
