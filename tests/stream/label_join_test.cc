#include "stream/label_join.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/random.h"
#include "featurestore/memory_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/stream/label_join_oracle.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kWithin = 100;

std::unique_ptr<LabelJoin> OpenJoin(const StateStore& state, const LabelRule& rule) {
  auto join = LabelJoin::Open(state, "join/", rule);
  EXPECT_TRUE(join.ok()) << join.status();
  return *std::move(join);
}

// "body:label@time" of each.
std::vector<std::string> Texts(const std::vector<Settlement>& settlements) {
  std::vector<std::string> texts;
  for (const Settlement& s : settlements) {
    texts.push_back(absl::StrCat(s.body, ":", ToString(s.label.view()), "@", s.label_time_ms));
  }
  return texts;
}

std::string CountsText(const JoinCounts& c) {
  return absl::StrCat("decisions ", c.decisions, " duplicate ", c.duplicate, " settled ", c.settled,
                      " dropped ", c.dropped, " labels ", c.labels, " joined ", c.joined,
                      " ignored ", c.ignored, " no_decision ", c.no_decision, " before ",
                      c.before_decision, " too_late ", c.too_late, " repeated ", c.repeated);
}

class LabelJoinTest : public ::testing::Test {
 protected:
  void Start(LabelAggregation aggregation, std::optional<OwnedValue> empty = std::nullopt,
             bool keep_bodies = false) {
    rule_ = {aggregation, kWithin, std::move(empty), keep_bodies};
    join_ = OpenJoin(state_, rule_);
  }
  void Reopen() {
    StateBatch batch;
    join_->AddCommit(&batch);
    ASSERT_TRUE(state_.Commit(batch).ok());
    join_ = OpenJoin(state_, rule_);
  }

  MemoryStateStore state_;
  LabelRule rule_;
  std::unique_ptr<LabelJoin> join_;
};

TEST_F(LabelJoinTest, LastSettlesAtItsFirstRecordAndWhatFollowsIsRepeated) {
  Start(LabelAggregation::kLast);
  EXPECT_TRUE(join_->Decide("a", 1000, "A"));
  join_->Label("a", 1050, Value::Bool(false));
  EXPECT_THAT(Texts(join_->TakeSettlements()), ElementsAre("A:false@1050"));
  join_->Label("a", 1060, Value::Bool(true));
  EXPECT_THAT(join_->TakeSettlements(), IsEmpty());
  EXPECT_EQ(join_->counts().repeated, 1u);
  EXPECT_EQ(join_->pending(), 0u);
}

TEST_F(LabelJoinTest, AnyIgnoresWhatIsNotTrueAndTimesOutWithItsEmptyValue) {
  Start(LabelAggregation::kAny, OwnedValue(Value::Bool(false)));
  join_->Decide("a", 1000, "A");
  join_->Decide("b", 1000, "B");
  join_->Label("a", 1010, Value::Bool(false));
  join_->Label("a", 1020, Value::Null());
  join_->Label("a", 1030, Value::Bool(true));
  EXPECT_THAT(Texts(join_->TakeSettlements()), ElementsAre("A:true@1030"));
  EXPECT_EQ(join_->counts().ignored, 2u);
  join_->AdvanceLabels(1101);
  EXPECT_THAT(Texts(join_->TakeSettlements()), ElementsAre("B:false@1100"));
}

TEST_F(LabelJoinTest, SumsAreAddedUntilTimeHasRunOut) {
  Start(LabelAggregation::kSum, OwnedValue(Value::Double(0)));
  join_->Decide("a", 1000, "A");
  join_->Label("a", 1001, Value::Double(1.5));
  join_->Label("a", 1002, Value::Null());
  join_->Label("a", 1100, Value::Double(2.25));
  join_->AdvanceLabels(1100);
  EXPECT_THAT(join_->TakeSettlements(), IsEmpty());
  join_->AdvanceLabels(1101);
  EXPECT_THAT(Texts(join_->TakeSettlements()), ElementsAre("A:3.75@1100"));
}

TEST_F(LabelJoinTest, SumsOfIntegersAreIntegers) {
  Start(LabelAggregation::kSum, OwnedValue(Value::Int(0)));
  join_->Decide("a", 1000, "A");
  join_->Decide("b", 1000, "B");
  join_->Label("a", 1001, Value::Int(9'007'199'254'740'993));
  join_->Label("a", 1002, Value::Int(-1));
  join_->AdvanceLabels(2000);
  EXPECT_THAT(Texts(join_->TakeSettlements()), ElementsAre("A:9007199254740992@1100", "B:0@1100"));
}

TEST_F(LabelJoinTest, CountCountsRecordsWhateverTheyHold) {
  Start(LabelAggregation::kCount, OwnedValue(Value::Int(0)));
  join_->Decide("a", 1000, "A");
  join_->Label("a", 1001, Value::Null());
  join_->Label("a", 1002, Value::Bool(false));
  join_->AdvanceLabels(2000);
  EXPECT_THAT(Texts(join_->TakeSettlements()), ElementsAre("A:2@1100"));
}

TEST_F(LabelJoinTest, WithoutAnEmptyValueADecisionWithoutLabelIsDropped) {
  Start(LabelAggregation::kLast);
  join_->Decide("a", 1000, "A");
  join_->AdvanceLabels(1101);
  EXPECT_THAT(join_->TakeSettlements(), IsEmpty());
  EXPECT_THAT(join_->TakeDropped(), ElementsAre(1000));
  EXPECT_EQ(join_->counts().dropped, 1u);
  EXPECT_EQ(join_->NextDueMs(), INT64_MAX);
}

TEST_F(LabelJoinTest, TheWindowExcludesTheDecisionAndIncludesItsEnd) {
  struct Case {
    int64_t label_ms;
    uint64_t joined, before, too_late;
  };
  for (const Case& c : {Case{999, 0, 1, 0}, Case{1000, 0, 1, 0}, Case{1001, 1, 0, 0},
                        Case{1100, 1, 0, 0}, Case{1101, 0, 0, 1}}) {
    Start(LabelAggregation::kLast);
    join_->Decide("a", 1000, "A");
    join_->Label("a", c.label_ms, Value::Bool(true));
    EXPECT_EQ(join_->counts().joined, c.joined) << c.label_ms;
    EXPECT_EQ(join_->counts().before_decision, c.before) << c.label_ms;
    EXPECT_EQ(join_->counts().too_late, c.too_late) << c.label_ms;
  }
}

TEST_F(LabelJoinTest, ALabelAtTheVeryEndCountsAlthoughTimeStandsThere) {
  Start(LabelAggregation::kLast);
  join_->Decide("a", 1000, "A");
  join_->AdvanceLabels(1100);  // no further label before 1100, but one at 1100 may come
  join_->Label("a", 1100, Value::Bool(true));
  EXPECT_THAT(Texts(join_->TakeSettlements()), ElementsAre("A:true@1100"));
}

TEST_F(LabelJoinTest, ALabelParksUntilTheDecisionsHaveProgressedToIt) {
  Start(LabelAggregation::kLast);
  join_->Label("a", 1050, Value::Bool(true));
  join_->AdvanceDecisions(1049);
  EXPECT_EQ(join_->counts().no_decision, 0u);
  Reopen();
  join_->Decide("a", 1049, "A");
  EXPECT_THAT(Texts(join_->TakeSettlements()), ElementsAre("A:true@1050"));
}

TEST_F(LabelJoinTest, AParkedLabelWithoutDecisionIsUnmatchedOnceNoneCanCome) {
  Start(LabelAggregation::kLast);
  join_->Label("a", 1050, Value::Bool(true));
  join_->Label("b", 1051, Value::Bool(true));
  join_->AdvanceDecisions(
      1050);  // a decision at 1049 would have been the last for the label at 1050
  EXPECT_EQ(join_->counts().no_decision, 1u);
  join_->Label("c", 1050, Value::Bool(true));
  EXPECT_EQ(join_->counts().no_decision, 2u);
}

// A run that settles everything is not the end of the stream: the next run's labels wait again.
TEST_F(LabelJoinTest, TheEndOfTimeBindsNoLaterDecision) {
  Start(LabelAggregation::kLast);
  join_->Label("old", 500, Value::Bool(true));
  join_->AdvanceDecisions(INT64_MAX);
  join_->AdvanceLabels(INT64_MAX);
  EXPECT_EQ(join_->counts().no_decision, 1u);
  Reopen();
  join_->Label("a", 1050, Value::Bool(true));
  EXPECT_EQ(join_->counts().Parked(), 1u);
  EXPECT_TRUE(join_->Decide("a", 1000, "A"));
  EXPECT_THAT(Texts(join_->TakeSettlements()), ElementsAre("A:true@1050"));
}

TEST_F(LabelJoinTest, ParkedLabelsAreTakenInTheOrderOfTheirTimes) {
  Start(LabelAggregation::kLast);
  join_->Label("a", 1060, Value::Bool(false));
  join_->Label("a", 1050, Value::Bool(true));
  join_->Decide("a", 1000, "A");
  EXPECT_THAT(Texts(join_->TakeSettlements()), ElementsAre("A:true@1050"));
  EXPECT_EQ(join_->counts().repeated, 1u);
}

TEST_F(LabelJoinTest, TheFirstDecisionOfAnIdStandsAsLongAsItIsKnown) {
  Start(LabelAggregation::kLast, std::nullopt, /*keep_bodies=*/true);
  EXPECT_TRUE(join_->Decide("a", 1000, "first"));
  EXPECT_FALSE(join_->Decide("a", 1001, "second"));
  join_->Label("a", 1050, Value::Bool(true));
  EXPECT_FALSE(join_->Decide("a", 1060, "third"));
  EXPECT_EQ(join_->counts().duplicate, 2u);
  ASSERT_NE(join_->FindBody("a"), nullptr);
  EXPECT_EQ(*join_->FindBody("a"), "first");
  Reopen();
  ASSERT_NE(join_->FindBody("a"), nullptr);
  EXPECT_EQ(*join_->FindBody("a"), "first");
  join_->AdvanceLabels(1101);
  EXPECT_EQ(join_->FindBody("a"), nullptr);
}

TEST_F(LabelJoinTest, BodiesOfSettledDecisionsGoUnlessTheyAreToBeKept) {
  Start(LabelAggregation::kLast);
  join_->Decide("a", 1000, "A");
  join_->Label("a", 1050, Value::Bool(true));
  EXPECT_EQ(join_->FindBody("a"), nullptr);
}

TEST_F(LabelJoinTest, TimeOutsComeByTimeAndThenById) {
  Start(LabelAggregation::kAny, OwnedValue(Value::Bool(false)));
  for (const char* id : {"c", "a", "b"}) join_->Decide(id, 1000, id);
  join_->Decide("z", 999, "z");
  Reopen();
  join_->AdvanceLabels(2000);
  EXPECT_THAT(Texts(join_->TakeSettlements()),
              ElementsAre("z:false@1099", "a:false@1100", "b:false@1100", "c:false@1100"));
}

TEST_F(LabelJoinTest, DamagedStateIsRefused) {
  Start(LabelAggregation::kLast);
  join_->Decide("a", 1000, "A");
  Reopen();
  for (const std::string key : {"join/da", "join/c", "join/pa"}) {
    StateBatch batch;
    batch.Put(key, "\xff");
    MemoryStateStore damaged;
    ASSERT_TRUE(damaged.Commit(batch).ok());
    EXPECT_EQ(LabelJoin::Open(damaged, "join/", rule_).status().code(), absl::StatusCode::kDataLoss)
        << key;
  }
}

// --- laws, over random calls ---

struct Call {
  enum Kind { kDecide, kLabel, kAdvanceDecisions, kAdvanceLabels } kind;
  std::string id;
  int64_t time_ms = 0;
  OwnedValue value;
};

// Few ids and short times, so that every reason is met often.
std::vector<Call> MakeCalls(LabelAggregation aggregation, Random& random) {
  std::vector<Call> calls;
  int64_t base_ms = 0;
  for (int i = 0; i < 400; ++i) {
    base_ms += random.Between(0, 8);
    Call call;
    call.id = absl::StrCat("id", random.Below(12));
    call.time_ms = base_ms + random.Between(-120, 120);
    const uint64_t kind = random.Below(10);
    if (kind < 3) {
      call.kind = Call::kDecide;
    } else if (kind < 8) {
      call.kind = Call::kLabel;
      Value value;
      if (aggregation == LabelAggregation::kSum) {
        value = Value::Int(random.Between(-5, 5));
      } else {
        value = Value::Bool(random.Chance(0.4));
      }
      call.value.Assign(random.Chance(0.1) ? Value::Null() : value);
    } else {
      call.kind = kind == 8 ? Call::kAdvanceDecisions : Call::kAdvanceLabels;
      call.time_ms = base_ms - random.Between(0, 60);
    }
    calls.push_back(std::move(call));
  }
  return calls;
}

template <typename Join>
void Make(Join& join, const Call& call, size_t number) {
  switch (call.kind) {
    case Call::kDecide:
      join.Decide(call.id, call.time_ms, absl::StrCat(call.id, "#", number));
      break;
    case Call::kLabel: join.Label(call.id, call.time_ms, call.value.view()); break;
    case Call::kAdvanceDecisions: join.AdvanceDecisions(call.time_ms); break;
    case Call::kAdvanceLabels: join.AdvanceLabels(call.time_ms); break;
  }
}

// What a call has brought about, as text.
template <typename Join>
std::string Outcome(Join& join) {
  return absl::StrCat(absl::StrJoin(Texts(join.TakeSettlements()), " "), " dropped ",
                      absl::StrJoin(join.TakeDropped(), " "), " pending ", join.pending(), " ",
                      CountsText(join.counts()));
}

void ExpectConserved(const LabelJoin& join, uint64_t parked) {
  const JoinCounts& c = join.counts();
  ASSERT_EQ(c.decisions, join.pending() + c.duplicate + c.settled + c.dropped) << CountsText(c);
  ASSERT_EQ(c.labels, c.joined + c.ignored + parked + c.Unmatched()) << CountsText(c);
}

class LabelJoinLaws : public ::testing::TestWithParam<LabelAggregation> {
 protected:
  LabelRule RuleFor(uint64_t seed) const {
    LabelRule rule{GetParam(), kWithin, std::nullopt, seed % 2 == 0};
    if (seed % 3 != 0) rule.empty = OwnedValue(Value::Int(0));
    return rule;
  }
};

TEST_P(LabelJoinLaws, EveryCallGivesWhatTheOracleGivesAndConserves) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Random random(seed);
    const LabelRule rule = RuleFor(seed);
    MemoryStateStore state;
    const auto join = OpenJoin(state, rule);
    LabelJoinOracle oracle(rule);
    const std::vector<Call> calls = MakeCalls(GetParam(), random);
    for (size_t i = 0; i < calls.size(); ++i) {
      Make(*join, calls[i], i);
      Make(oracle, calls[i], i);
      ASSERT_EQ(Outcome(*join), Outcome(oracle)) << "call " << i;
      ExpectConserved(*join, oracle.parked());
    }
  }
}

// A crash loses what was done since the last commit; the same calls are then made again.
TEST_P(LabelJoinLaws, ARestartAtAnyPointEqualsNeverHavingStopped) {
  for (uint64_t seed = 101; seed <= 140; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Random random(seed);
    const LabelRule rule = RuleFor(seed);
    const std::vector<Call> calls = MakeCalls(GetParam(), random);
    MemoryStateStore untouched, state;
    const auto steady = OpenJoin(untouched, rule);
    std::vector<std::string> expected;
    for (size_t i = 0; i < calls.size(); ++i) {
      Make(*steady, calls[i], i);
      expected.push_back(Outcome(*steady));
    }
    auto join = OpenJoin(state, rule);
    size_t committed = 0;
    int restarts = 0;
    for (size_t i = 0; i < calls.size(); ++i) {
      Make(*join, calls[i], i);
      ASSERT_EQ(Outcome(*join), expected[i])
          << "call " << i << " after " << restarts << " restarts";
      if (random.Chance(0.2)) {
        StateBatch batch;
        join->AddCommit(&batch);
        ASSERT_TRUE(state.Commit(batch).ok());
        committed = i + 1;
      }
      if (restarts < 30 && random.Chance(0.1)) {
        ++restarts;
        join = OpenJoin(state, rule);
        i = committed - 1;  // goes on at `committed`; 0 - 1 wraps back to 0
      }
    }
    EXPECT_GT(restarts, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Aggregations, LabelJoinLaws,
                         ::testing::Values(LabelAggregation::kLast, LabelAggregation::kAny,
                                           LabelAggregation::kSum, LabelAggregation::kCount));

}  // namespace
}  // namespace millrace
