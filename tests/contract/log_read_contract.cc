// How a log is read: order, offsets, waiting, the end.

#include <cstdint>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "gtest/gtest.h"
#include "tests/contract/log_contract.h"
#include "tests/contract/log_records.h"

namespace millrace {
namespace {

constexpr int64_t kBaseMs = 1'767'225'600'000;  // 2026-01-01, so that no broker finds it too old

}  // namespace

TEST_P(LogContract, ReadsAPartitionInTheOrderItWasAppended) {
  const std::string topic = NewTopic();
  for (int from = 0; from < 300; from += 100) {
    ASSERT_TRUE(AppendNumbers(log(), topic, 0, from, 100).ok());
  }
  ExpectNumbers(ReadPartition(log(), topic, 0, 300, subject_->patience()), 0, 300);
}

TEST_P(LogContract, ResumesFromAnyOffset) {
  const std::string topic = NewTopic();
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 40).ok());
  for (const int64_t offset : {0, 1, 17, 39}) {
    ExpectNumbers(ReadPartition(log(), topic, 0, 40 - offset, subject_->patience(), offset), offset,
                  static_cast<int>(40 - offset));
  }
}

TEST_P(LogContract, ReadsInSmallStepsWithoutLosingAny) {
  const std::string topic = NewTopic();
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 200).ok());
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  // One byte is less than any record: each read still brings one.
  ExpectNumbers(ReadOn(**reader, 0, 200, subject_->patience(), 1), 0, 200);
  EXPECT_EQ((*reader)->NextOffset(0), 200);
}

TEST_P(LogContract, ReadsSeveralInputsEachAtItsOwnPace) {
  const std::string a = NewTopic({.partitions = 2});
  const std::string b = NewTopic();
  ASSERT_TRUE(AppendNumbers(log(), a, 0, 0, 5).ok());
  ASSERT_TRUE(AppendNumbers(log(), a, 1, 0, 6).ok());
  ASSERT_TRUE(AppendNumbers(log(), b, 0, 0, 7).ok());
  auto reader = log().OpenReader({{{a, 0}, 2}, {{a, 1}, 0}, {{b, 0}, 6}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->NextOffset(0), 2);
  ExpectNumbers(ReadOn(**reader, 2, 1, subject_->patience()), 6, 1);
  ExpectNumbers(ReadOn(**reader, 0, 3, subject_->patience()), 2, 3);
  ExpectNumbers(ReadOn(**reader, 1, 6, subject_->patience()), 0, 6);
  EXPECT_EQ((*reader)->NextOffset(0), 5);
  EXPECT_EQ((*reader)->NextOffset(1), 6);
  EXPECT_EQ((*reader)->NextOffset(2), 7);
}

TEST_P(LogContract, ReadNeverWaitsForNewData) {
  const std::string topic = NewTopic();
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  RecordBatch batch;
  const auto read = (*reader)->Read(0, 1 << 20, &batch);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, 0);
  EXPECT_TRUE(batch.empty());
}

TEST_P(LogContract, AWaitingReaderWakesWhenAnotherThreadAppends) {
  const std::string topic = NewTopic();
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  // Ten rounds, so that the append falls before, into and after the wait.
  for (int round = 0; round < 10; ++round) {
    std::thread appender([&] { EXPECT_TRUE(AppendNumbers(log(), topic, 0, round, 1).ok()); });
    ExpectNumbers(ReadOn(**reader, 0, 1, subject_->patience()), round, 1);
    appender.join();
  }
}

TEST_P(LogContract, AWaitEndsAfterItsTimeout) {
  const std::string topic = NewTopic();
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  (*reader)->Wait(absl::Milliseconds(1));
}

TEST_P(LogContract, WakeEndsTheWaitInProgressOrTheNextOne) {
  const std::string topic = NewTopic();
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  const int64_t start = Clock::Real().MonotonicNanos();
  (*reader)->Wake();
  (*reader)->Wait(10 * subject_->patience());
  std::thread waker([&] { (*reader)->Wake(); });
  (*reader)->Wait(10 * subject_->patience());
  waker.join();
  EXPECT_LT(absl::Nanoseconds(Clock::Real().MonotonicNanos() - start), subject_->patience());
}

TEST_P(LogContract, KnowsItsRangeAndWhenAReaderIsAtTheEnd) {
  const std::string topic = NewTopic();
  auto range = log().Offsets({topic, 0});
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_EQ(range->begin, 0);
  EXPECT_EQ(range->end, 0);
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 10).ok());
  range = log().Offsets({topic, 0});
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_EQ(range->begin, 0);
  EXPECT_EQ(range->end, 10);
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  ExpectNumbers(ReadOn(**reader, 0, 1, subject_->patience(), 1), 0, 1);
  EXPECT_FALSE((*reader)->AtEnd(0));
  EXPECT_EQ((*reader)->EndOffset(0), 10);
  ExpectNumbers(ReadOn(**reader, 0, 9, subject_->patience()), 1, 9);
  // A log may learn only from an empty read that it was at the end.
  RecordBatch batch;
  ASSERT_TRUE((*reader)->Read(0, 1 << 20, &batch).ok());
  EXPECT_TRUE((*reader)->AtEnd(0));
  EXPECT_EQ((*reader)->EndOffset(0), 10);
}

TEST_P(LogContract, AnswersOutOfRangeForAnOffsetNotYetInTheLog) {
  const std::string topic = NewTopic();
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 5).ok());
  // Told when opening or when first reading.
  const auto seen = ReadPartition(log(), topic, 0, 1, subject_->patience(), 1000);
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kOutOfRange) << seen.status();
}

TEST_P(LogContract, FindsTheFirstOffsetAtOrAfterATime) {
  const std::string topic = NewTopic();
  std::vector<AppendRecord> records;
  for (int i = 0; i < 10; ++i) {
    records.push_back(
        {.topic = topic, .partition = 0, .value = "v", .timestamp_ms = kBaseMs + 100 * i});
  }
  // Two calls, so that the answer lies in either of two batches.
  ASSERT_TRUE(log().Append(std::span(records).first(4)).ok());
  ASSERT_TRUE(log().Append(std::span(records).subspan(4)).ok());
  const std::vector<std::pair<int64_t, int64_t>> cases = {
      {kBaseMs - 1'000'000, 0}, {kBaseMs, 0},       {kBaseMs + 1, 1},   {kBaseMs + 300, 3},
      {kBaseMs + 301, 4},       {kBaseMs + 400, 4}, {kBaseMs + 900, 9}, {kBaseMs + 901, 10}};
  for (const auto& [time_ms, offset] : cases) {
    const auto found = log().OffsetAtTime({topic, 0}, time_ms);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(*found, offset) << "at base + " << time_ms - kBaseMs;
  }
}

}  // namespace millrace
