#include "app/workers/task_state.h"

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::Pair;

TaskState Example() {
  TaskState state;
  state.rejected_ids = 3;
  state.too_large = 200;
  state.timed_out = 1;
  state.newest_decision_ms = 1'000;
  state.waiting.Add({{64, 1, 2, 300}, "id", {OwnedValue(Value::Int(7)), OwnedValue()}}, 5);
  state.waiting.Add({{-1, 0, 0, 0}, "", {OwnedValue(Value::String("JFK"))}}, 6);
  state.uncommitted[3'600'000] = {2, 1};
  return state;
}

std::vector<WaitingDecision> Waiting(const TaskState& state) {
  std::vector<WaitingDecision> all;
  state.waiting.ForEach([&](const WaitingDecision& decision) { all.push_back(decision); });
  return all;
}

TEST(TaskState, HasItsGoldenBytes) {
  EXPECT_EQ(absl::BytesToHexString(EncodeTaskState({})), "01000000ffffffffffffffffff010000");
  const std::string counters = "0103c80101d00f";
  const std::string earlier = "01000000000104034a464b";
  const std::string later = "80010204d80402696402020e00";
  const std::string hour = "80bab7030201";
  EXPECT_EQ(absl::BytesToHexString(EncodeTaskState(Example())),
            counters + "02" + earlier + later + "01" + hour);
}

TEST(TaskState, IsReadAsItWasWritten) {
  const TaskState written = Example();
  absl::StatusOr<TaskState> read = DecodeTaskState(EncodeTaskState(written), "t", 100);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->rejected_ids, 3u);
  EXPECT_EQ(read->too_large, 200u);
  EXPECT_EQ(read->timed_out, 1u);
  EXPECT_THAT(read->newest_decision_ms, Optional(1'000));
  EXPECT_EQ(Waiting(*read), Waiting(written));
  EXPECT_THAT(read->uncommitted, ElementsAre(Pair(3'600'000, TaskState::HourCounts{2, 1})));
  EXPECT_EQ(EncodeTaskState(*read), EncodeTaskState(written));
  // What waits does so since it was read.
  EXPECT_TRUE(read->waiting.TakeAddedBefore(100).empty());
  EXPECT_EQ(read->waiting.TakeAddedBefore(101).size(), 2u);
  EXPECT_EQ(DecodeTaskState(EncodeTaskState({}), "t", 0)->newest_decision_ms, std::nullopt);
}

TEST(TaskState, OfAnotherVersionNamesItsTaskAndBoth) {
  std::string bytes = EncodeTaskState(Example());
  bytes[0] = 2;
  EXPECT_EQ(DecodeTaskState(bytes, "delayed", 0).status(),
            absl::DataLossError("task delayed: stored state has version 2, this program reads 1"));
}

TEST(TaskState, CutOrWithBytesLeftOverIsDamage) {
  const absl::Status damage = absl::DataLossError("task delayed: stored state does not parse");
  const std::string bytes = EncodeTaskState(Example());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeTaskState(bytes.substr(0, size), "delayed", 0).status(), damage) << size;
  }
  EXPECT_EQ(DecodeTaskState(bytes + '\0', "delayed", 0).status(), damage);
}

}  // namespace
}  // namespace millrace
