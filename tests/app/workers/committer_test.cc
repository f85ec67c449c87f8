#include "app/workers/committer.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/simulated_clock.h"
#include "featurestore/memory_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/memory_log.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

// A state that refuses commits while told to, and notes what it was given.
class FailingState final : public StateStore {
 public:
  absl::Status Get(absl::string_view key, std::string* value) const override {
    return state_.Get(key, value);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      const std::vector<std::string>& keys) const override {
    return state_.MultiGet(keys);
  }
  absl::Status Scan(
      absl::string_view from, absl::string_view to,
      const std::function<bool(absl::string_view, absl::string_view)>& visit) const override {
    return state_.Scan(from, to, visit);
  }
  uint64_t ApproximateBytes(std::span<const StateRange> ranges) const override {
    return state_.ApproximateBytes(ranges);
  }
  absl::Status Commit(const StateBatch& batch) override {
    if (++commits_ == fail_at_) return absl::ResourceExhaustedError("no room");
    return state_.Commit(batch);
  }
  void FailAt(int commit) { fail_at_ = commit; }

 private:
  MemoryStateStore state_;
  int commits_ = 0;
  int fail_at_ = 0;
};

class CommitterTest : public ::testing::Test {
 protected:
  CommitterTest() : outbox_(*Outbox::Open(state_)), channel_(outbox_->Channel("out", {"out", 0})) {
    committer_ = std::make_unique<Committer>(state_, log_, *outbox_, clock_);
  }

  // A commit of `key`, with a record when `emits`, that notes its end.
  Commit MakeCommit(const std::string& key, bool emits = true) {
    Commit commit;
    commit.batch.Put(key, "value");
    if (emits) outbox_->Emit(channel_, {std::nullopt, key, {}, std::nullopt});
    outbox_->AddCommit(&commit.batch, &commit.ship);
    commit.done.push_back([this, key](const absl::Status& status) {
      absl::MutexLock lock(&mutex_);
      done_.push_back(absl::StrCat(key, " ", absl::StatusCodeToString(status.code())));
    });
    return commit;
  }
  std::vector<std::string> done() {
    absl::MutexLock lock(&mutex_);
    return done_;
  }
  bool IsStored(const std::string& key) {
    std::string value;
    return state_.Get(key, &value).ok();
  }
  std::vector<std::string> Shipped() {
    std::vector<std::string> values;
    const auto reader = log_.OpenReader({{{"out", 0}, 0}});
    RecordBatch batch;
    while (*(*reader)->Read(0, 1 << 20, &batch) > 0) {
    }
    for (const Record& record : batch.records()) values.emplace_back(*record.value);
    return values;
  }
  void CreateTopic() { ASSERT_TRUE(log_.CreateTopic("out", {}).ok()); }

  FailingState state_;
  MemoryLog log_;
  SimulatedClock clock_;
  std::unique_ptr<Outbox> outbox_;
  int channel_;
  absl::Mutex mutex_;
  std::vector<std::string> done_;
  std::unique_ptr<Committer> committer_;
};

TEST_F(CommitterTest, CommitsAndShipsInTheOrderOfSubmit) {
  CreateTopic();
  std::vector<std::string> keys, ends;
  for (int i = 0; i < 20; ++i) {
    keys.push_back(absl::StrCat("key", i));
    ends.push_back(absl::StrCat("key", i, " OK"));
    ASSERT_TRUE(committer_->Submit(MakeCommit(keys.back())).ok());
  }
  EXPECT_TRUE(committer_->Drain().ok());
  EXPECT_EQ(done(), ends);
  EXPECT_EQ(Shipped(), keys);
}

TEST_F(CommitterTest, NothingIsWrittenOrShippedAfterACommitThatFailed) {
  CreateTopic();
  state_.FailAt(2);
  ASSERT_TRUE(committer_->Submit(MakeCommit("a")).ok());
  ASSERT_TRUE(committer_->Drain().ok());
  committer_->Submit(MakeCommit("b")).IgnoreError();
  EXPECT_EQ(committer_->Drain().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(committer_->status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(committer_->Submit(MakeCommit("c")).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(done(), ElementsAre("a OK", "b RESOURCE_EXHAUSTED", "c RESOURCE_EXHAUSTED"));
  EXPECT_THAT(Shipped(), ElementsAre("a"));
  EXPECT_TRUE(IsStored("a"));
  EXPECT_FALSE(IsStored("b") || IsStored("c"));
}

TEST_F(CommitterTest, ALogThatDoesNotTakeTheRecordsIsTriedAgain) {
  ASSERT_TRUE(committer_->Submit(MakeCommit("a")).ok());
  for (int tries = 0; tries < 3; ++tries) {  // refused each time: there is no topic yet
    clock_.AwaitWaiters(1);
    EXPECT_THAT(done(), ElementsAre("a OK"));  // durable before it is shipped
    if (tries == 2) CreateTopic();
    clock_.Advance(absl::Seconds(5));
  }
  EXPECT_TRUE(committer_->Drain().ok());
  EXPECT_THAT(Shipped(), ElementsAre("a"));
}

TEST_F(CommitterTest, NothingIsShippedPastWhatWasLeftToTheNextProcess) {
  ASSERT_TRUE(committer_->Submit(MakeCommit("a")).ok());
  clock_.AwaitWaiters(1);  // refused once: there is no topic yet
  committer_->StopRetrying();
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(committer_->Drain().ok());  // refused again, and left
  CreateTopic();
  ASSERT_TRUE(committer_->Submit(MakeCommit("b")).ok());
  ASSERT_TRUE(committer_->Drain().ok());
  EXPECT_TRUE(IsStored("a") && IsStored("b"));
  EXPECT_THAT(Shipped(), ElementsAre());  // "b" alone would be a gap
  const auto next = *Outbox::Open(state_);
  next->Channel("out", {"out", 0});
  ASSERT_TRUE(next->Ship(log_, next->TakeUnshipped()).ok());
  EXPECT_THAT(Shipped(), ElementsAre("a", "b"));
}

TEST_F(CommitterTest, DestructionCommitsWhatWasSubmittedAndLeavesTheShippingToTheNext) {
  ASSERT_TRUE(committer_->Submit(MakeCommit("a")).ok());
  clock_.AwaitWaiters(1);  // it waits to try the log again
  ASSERT_TRUE(committer_->Submit(MakeCommit("b")).ok());
  std::thread ending([&] { committer_.reset(); });
  clock_.Advance(absl::Seconds(5));
  // It may have waited once more before it saw the end: let it.
  while (done().size() < 2) clock_.Advance(absl::Seconds(5));
  clock_.Advance(absl::Seconds(5));
  ending.join();
  EXPECT_TRUE(IsStored("a") && IsStored("b"));
  CreateTopic();
  const auto next = *Outbox::Open(state_);
  next->Channel("out", {"out", 0});
  ASSERT_TRUE(next->Ship(log_, next->TakeUnshipped()).ok());
  EXPECT_THAT(Shipped(), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace millrace
