#include "stream/outbox.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "core/simulated_clock.h"
#include "featurestore/memory_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/channel.h"
#include "stream/memory_log.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kTopic[] = "out";

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() : log_({.clock = &clock_}) {
    EXPECT_TRUE(log_.CreateTopic(kTopic, {.partitions = 2}).ok());
    Open();
  }

  // As the next process would.
  void Open() {
    auto outbox = Outbox::Open(state_);
    ASSERT_TRUE(outbox.ok()) << outbox.status();
    outbox_ = *std::move(outbox);
    a_ = outbox_->Channel("a", {kTopic, 0});
    b_ = outbox_->Channel("b", {kTopic, 1});
  }

  static OutboxRecord MakeRecord(const std::string& value) {
    return {std::string("key"), value, {{"extra", "header"}}, 1'000};
  }

  std::string Origin(int channel) const {
    const ChannelOrigin origin = outbox_->Origin(channel);
    return absl::StrCat("epoch ", origin.epoch, " from ", origin.offset);
  }

  std::vector<OutboxEntry> Commit() {
    StateBatch batch;
    std::vector<OutboxEntry> ship;
    outbox_->AddCommit(&batch, &ship);
    EXPECT_TRUE(state_.Commit(batch).ok());
    return ship;
  }

  // Everything about the records of a partition, one text a record.
  std::vector<std::string> LogTexts(int32_t partition) {
    std::vector<std::string> texts;
    const auto reader = log_.OpenReader({{{kTopic, partition}, 0}});
    EXPECT_TRUE(reader.ok());
    RecordBatch batch;
    while (*(*reader)->Read(0, 1 << 20, &batch) > 0) {
    }
    for (const Record& record : batch.records()) {
      std::string text = absl::StrCat(record.key.value_or("(none)"), "=",
                                      record.value.value_or("(none)"), "@", record.timestamp_ms);
      for (const Header& header : record.headers) {
        absl::StrAppend(&text, " ", header.name, ":", header.value);
      }
      texts.push_back(std::move(text));
    }
    return texts;
  }

  size_t StoredKeys() {
    size_t keys = 0;
    const std::string all_end(1, '\xff');
    EXPECT_TRUE(state_
                    .Scan("", all_end,
                          [&](absl::string_view, absl::string_view) {
                            ++keys;
                            return true;
                          })
                    .ok());
    return keys;
  }

  SimulatedClock clock_{absl::FromUnixSeconds(1'000)};
  MemoryStateStore state_;
  MemoryLog log_;
  std::unique_ptr<Outbox> outbox_;
  int a_ = 0, b_ = 0;
};

TEST_F(OutboxTest, NumbersEachChannelFromOneAndShipsToItsPartition) {
  EXPECT_EQ(outbox_->Emit(a_, MakeRecord("a1")), 1u);
  EXPECT_EQ(outbox_->Emit(b_, MakeRecord("b1")), 1u);
  EXPECT_EQ(outbox_->Emit(a_, MakeRecord("a2")), 2u);
  EXPECT_EQ(outbox_->LastNumber(a_), 2u);
  ASSERT_TRUE(outbox_->Ship(log_, Commit()).ok());
  EXPECT_THAT(LogTexts(0), ElementsAre("key=a1@1000 channel:a n:1 epoch:1 extra:header",
                                       "key=a2@1000 channel:a n:2 epoch:1 extra:header"));
  EXPECT_THAT(LogTexts(1), ElementsAre("key=b1@1000 channel:b n:1 epoch:1 extra:header"));
}

TEST_F(OutboxTest, NothingIsShippedThatIsNotCommitted) {
  outbox_->Emit(a_, MakeRecord("lost"));
  EXPECT_TRUE(outbox_->HasUncommitted());
  Open();  // a crash before the commit
  EXPECT_FALSE(outbox_->HasUncommitted());
  EXPECT_THAT(outbox_->TakeUnshipped(), IsEmpty());
  EXPECT_EQ(outbox_->LastNumber(a_), 0u);
}

TEST_F(OutboxTest, ACrashBetweenCommitAndShipShipsIdenticalBytesAndNumbers) {
  outbox_->Emit(a_, MakeRecord("a1"));
  outbox_->Emit(b_, {std::nullopt, std::nullopt, {}, std::nullopt});
  outbox_->Emit(a_, {std::nullopt, std::string("\0bytes\xff", 7), {}, 5});
  const std::vector<OutboxEntry> shipped = Commit();
  ASSERT_TRUE(outbox_->Ship(log_, shipped).ok());
  const auto first = std::make_pair(LogTexts(0), LogTexts(1));
  Open();  // it crashed before it could note the acknowledgement
  ASSERT_TRUE(outbox_->Ship(log_, outbox_->TakeUnshipped()).ok());
  const auto twice = [](std::vector<std::string> texts) {
    const std::vector<std::string> once = texts;
    texts.insert(texts.end(), once.begin(), once.end());
    return texts;
  };
  EXPECT_EQ(LogTexts(0), twice(first.first));
  EXPECT_EQ(LogTexts(1), twice(first.second));
  EXPECT_EQ(outbox_->LastNumber(a_), 2u);
  EXPECT_EQ(outbox_->Emit(a_, MakeRecord("a3")), 3u);
}

TEST_F(OutboxTest, EmitNumberedDropsWhatWasEmittedBefore) {
  EXPECT_TRUE(outbox_->EmitNumbered(a_, 1, MakeRecord("a1")).ok());
  Commit();
  Open();
  EXPECT_TRUE(outbox_->EmitNumbered(a_, 1, MakeRecord("again")).ok());
  EXPECT_TRUE(outbox_->EmitNumbered(a_, 2, MakeRecord("a2")).ok());
  const std::vector<OutboxEntry> ship = Commit();
  ASSERT_THAT(ship, SizeIs(1));
  EXPECT_EQ(ship[0].n, 2u);
  EXPECT_EQ(*ship[0].record.value, "a2");
}

TEST_F(OutboxTest, ANumberBeyondTheNextIsDataLoss) {
  outbox_->Emit(a_, MakeRecord("a1"));
  const absl::Status refused = outbox_->EmitNumbered(a_, 3, MakeRecord("a3"));
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(refused.message(), "state: channel a has come to 1, and its stage to 3");
  EXPECT_EQ(outbox_->LastNumber(a_), 1u);
}

TEST_F(OutboxTest, AnotherStateHasAnEpochOfItsOwnBehindWhatIsThere) {
  ASSERT_TRUE(outbox_->Begin(log_).ok());
  EXPECT_EQ(Origin(a_), "epoch 1 from 0");
  outbox_->Emit(a_, MakeRecord("a1"));
  outbox_->Emit(a_, MakeRecord("a2"));
  ASSERT_TRUE(outbox_->Ship(log_, Commit()).ok());

  MemoryStateStore other;
  const auto second = *Outbox::Open(other);
  const int channel = second->Channel("a", {kTopic, 0});
  const int empty = second->Channel("b", {kTopic, 1});
  const int apart = second->Channel("c", {kTopic, 0});
  ASSERT_TRUE(second->Begin(log_).ok());
  EXPECT_EQ(second->Origin(channel).epoch, 2u);
  EXPECT_EQ(second->Origin(channel).offset, 2);
  EXPECT_EQ(second->Origin(empty).epoch, 2u) << "a state has one epoch";
  EXPECT_EQ(second->Origin(apart).epoch, 2u);
  EXPECT_EQ(second->Emit(channel, MakeRecord("b1")), 1u);
  StateBatch batch;
  std::vector<OutboxEntry> ship;
  second->AddCommit(&batch, &ship);
  ASSERT_TRUE(second->Ship(log_, ship).ok());
  EXPECT_EQ(LogTexts(0).back(), "key=b1@1000 channel:a n:1 epoch:2 extra:header");

  Open();
  EXPECT_EQ(Origin(a_), "epoch 1 from 0") << "as it was committed";
  const absl::Status left = outbox_->Begin(log_);
  EXPECT_EQ(left.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(left.message(),
            "topic out was gone on with by another, newer state (epoch 2, that of this one is 1)");
}

TEST_F(OutboxTest, AnOriginIsThatOfTheFirstCommit) {
  ASSERT_TRUE(log_.Append(std::vector<AppendRecord>{{.topic = kTopic, .partition = 0}}).ok());
  ASSERT_TRUE(outbox_->Begin(log_).ok());
  EXPECT_EQ(Origin(a_), "epoch 1 from 1");
  Open();
  ASSERT_TRUE(log_.Append(std::vector<AppendRecord>{{.topic = kTopic, .partition = 0}}).ok());
  ASSERT_TRUE(outbox_->Begin(log_).ok());
  EXPECT_EQ(Origin(a_), "epoch 1 from 2") << "nothing was committed";
  outbox_->Emit(a_, MakeRecord("a1"));
  ASSERT_TRUE(outbox_->Ship(log_, Commit()).ok());
  Open();
  ASSERT_TRUE(outbox_->Begin(log_).ok());
  EXPECT_EQ(Origin(a_), "epoch 1 from 2");
}

TEST_F(OutboxTest, AcknowledgedEntriesAreDeletedByTheNextCommit) {
  for (int i = 0; i < 5; ++i) outbox_->Emit(a_, MakeRecord(absl::StrCat("a", i)));
  const std::vector<OutboxEntry> ship = Commit();
  EXPECT_EQ(StoredKeys(), 6u);  // five entries and the channel's number
  ASSERT_TRUE(outbox_->Ship(log_, ship).ok());
  EXPECT_EQ(outbox_->Acknowledged(a_), (std::pair<uint64_t, int64_t>{5, 4}));
  EXPECT_EQ(outbox_->Acknowledged(b_), (std::pair<uint64_t, int64_t>{0, 0}));
  Commit();
  EXPECT_EQ(StoredKeys(), 1u);
  Open();
  EXPECT_THAT(outbox_->TakeUnshipped(), IsEmpty());
  EXPECT_EQ(outbox_->LastNumber(a_), 5u);
}

TEST_F(OutboxTest, WhatTheLogRefusesStaysForTheNextShip) {
  outbox_->Emit(a_, MakeRecord("a1"));
  const std::vector<OutboxEntry> ship = Commit();
  MemoryLog other;  // without the topic
  EXPECT_EQ(outbox_->Ship(other, ship).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(outbox_->Acknowledged(a_).first, 0u);
  Commit();
  EXPECT_EQ(StoredKeys(), 2u);
  EXPECT_TRUE(outbox_->Ship(log_, ship).ok());
  EXPECT_THAT(LogTexts(0), SizeIs(1));
}

TEST_F(OutboxTest, TimesThatALogMayNotKeepAreLeftToTheLog) {
  outbox_->Emit(a_, {std::nullopt, "before 1970", {}, -5});
  ASSERT_TRUE(outbox_->Ship(log_, Commit()).ok());
  EXPECT_THAT(LogTexts(0), ElementsAre("(none)=before 1970@1000000 channel:a n:1 epoch:1"));
}

TEST_F(OutboxTest, AValueLargerThanTheLogTakesIsLeftOutUnderItsNumber) {
  const std::string large(log_.max_record_bytes(), 'x');
  outbox_->Emit(a_, MakeRecord("before"));
  outbox_->Emit(a_, MakeRecord(large));
  outbox_->Emit(a_, MakeRecord("after"));
  ASSERT_TRUE(outbox_->Ship(log_, Commit()).ok());
  EXPECT_THAT(LogTexts(0),
              ElementsAre("key=before@1000 channel:a n:1 epoch:1 extra:header",
                          absl::StrCat("key=(none)@1000 channel:a n:2 epoch:1 extra:header ",
                                       kLeftOutHeader, ":", large.size()),
                          "key=after@1000 channel:a n:3 epoch:1 extra:header"));
}

TEST_F(OutboxTest, EntriesThatDoNotParseAreDataLoss) {
  outbox_->Emit(a_, MakeRecord("a1"));
  Commit();
  std::vector<std::string> keys;
  ASSERT_TRUE(state_
                  .Scan("", std::string(1, '\xff'),
                        [&](absl::string_view key, absl::string_view) {
                          keys.emplace_back(key);
                          return true;
                        })
                  .ok());
  ASSERT_THAT(keys, SizeIs(2));
  for (const std::string& key : keys) {
    std::string good;
    ASSERT_TRUE(state_.Get(key, &good).ok());
    for (size_t cut = 0; cut < good.size(); ++cut) {
      StateBatch damage;
      damage.Put(key, good.substr(0, cut));
      ASSERT_TRUE(state_.Commit(damage).ok());
      EXPECT_EQ(Outbox::Open(state_).status().code(), absl::StatusCode::kDataLoss) << cut;
    }
    StateBatch repair;
    repair.Put(key, good);
    ASSERT_TRUE(state_.Commit(repair).ok());
  }
}

// Whatever is lost when, a reader that drops repeats sees each number once and in order.
TEST_F(OutboxTest, EffectsAreExactlyOnceUnderCrashesBetweenAnyTwoSteps) {
  constexpr uint64_t kSeed = 7;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  Random random(kSeed);
  std::vector<std::vector<OutboxEntry>> waiting;  // committed, not shipped
  int crashes = 0;
  for (int step = 0; step < 2'000; ++step) {
    const uint64_t what = random.Below(10);
    if (what < 5) {
      const uint64_t n = outbox_->LastNumber(a_) + 1;
      outbox_->Emit(a_, MakeRecord(absl::StrCat("value ", n)));
    } else if (what < 7) {
      waiting.push_back(Commit());
    } else if (what < 9) {
      if (waiting.empty()) continue;
      ASSERT_TRUE(outbox_->Ship(log_, waiting.front()).ok());
      waiting.erase(waiting.begin());
    } else {
      ++crashes;
      waiting.clear();
      Open();
      ASSERT_TRUE(outbox_->Ship(log_, outbox_->TakeUnshipped()).ok());
    }
  }
  for (const auto& entries : waiting) ASSERT_TRUE(outbox_->Ship(log_, entries).ok());
  ASSERT_TRUE(outbox_->Ship(log_, Commit()).ok());
  EXPECT_GT(crashes, 50);
  const auto reader = log_.OpenReader({{{kTopic, 0}, 0}});
  ASSERT_TRUE(reader.ok());
  RecordBatch batch;
  while (*(*reader)->Read(0, 1 << 20, &batch) > 0) {
  }
  ChannelFilter filter;
  filter.Resume("a", 0);
  uint64_t seen = 0, repeats = 0;
  for (const Record& record : batch.records()) {
    const auto mark = ReadChannelMark(record);
    ASSERT_TRUE(mark.has_value());
    const auto fresh = filter.Accept(*mark);
    ASSERT_TRUE(fresh.ok()) << fresh.status();
    EXPECT_EQ(*record.value, absl::StrCat("value ", mark->n));
    ++(*fresh ? seen : repeats);
  }
  EXPECT_EQ(seen, outbox_->LastNumber(a_));
  EXPECT_GT(repeats, 0u);
}

}  // namespace
}  // namespace millrace
