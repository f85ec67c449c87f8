// KafkaLog while its broker dies, comes back or stalls.

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/kafka/kafka_log.h"
#include "tests/integration/kafka_broker.h"

namespace millrace {
namespace {

constexpr int64_t kPatienceNs = 120'000'000'000;

std::unique_ptr<KafkaLog> OpenLog(absl::Duration request_timeout) {
  KafkaLogOptions options;
  options.brokers = KafkaBroker::Shared().address();
  options.request_timeout = request_timeout;
  auto log = KafkaLog::Open(options);
  EXPECT_TRUE(log.ok()) << log.status();
  return *std::move(log);
}

// All values of a partition up to `end`, by offset. Unavailable is counted and tried again.
std::map<int64_t, std::string> ReadTo(LogReader& reader, int64_t end, int* unavailable) {
  std::map<int64_t, std::string> values;
  int64_t last = -1;
  const int64_t deadline = Clock::Real().MonotonicNanos() + kPatienceNs;
  while (reader.NextOffset(0) < end && Clock::Real().MonotonicNanos() < deadline) {
    RecordBatch batch;
    const absl::StatusOr<int> read = reader.Read(0, 1 << 20, &batch);
    if (!read.ok()) {
      EXPECT_EQ(read.status().code(), absl::StatusCode::kUnavailable) << read.status();
      ++*unavailable;
    }
    for (const Record& record : batch.records()) {
      EXPECT_GT(record.offset, last);
      last = record.offset;
      values[record.offset] = std::string(record.value->data(), record.value->size());
    }
    reader.Wait(absl::Milliseconds(100));
  }
  return values;
}

TEST(KafkaFault, AfterKillMinus9EachAcknowledgedRecordIsThereExactlyOnceInOrder) {
  KafkaBroker& broker = KafkaBroker::Shared();
  auto log = OpenLog(absl::Minutes(3));
  const std::string topic = KafkaBroker::UniqueTopic();
  ASSERT_TRUE(log->CreateTopic(topic, {}).ok());
  auto reader = log->OpenReader({{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();

  constexpr int kPerCall = 20;
  std::atomic<bool> stop{false};
  std::atomic<int> acknowledged{0};
  std::map<int64_t, std::string> expected;  // of the appender until it is joined
  std::thread appender([&] {
    for (int next = 0; !stop; next += kPerCall) {
      std::vector<std::string> values;
      for (int i = 0; i < kPerCall; ++i) values.push_back(std::to_string(next + i));
      std::vector<AppendRecord> records;
      for (const std::string& value : values) {
        records.push_back({.topic = topic, .partition = 0, .value = value});
      }
      const auto positions = log->Append(records);
      ASSERT_TRUE(positions.ok()) << positions.status();
      for (int i = 0; i < kPerCall; ++i) expected[(*positions)[i].offset] = values[i];
      acknowledged += kPerCall;
    }
  });
  const auto await_more = [&] {
    const int enough = acknowledged + 200;
    const int64_t deadline = Clock::Real().MonotonicNanos() + kPatienceNs;
    while (acknowledged < enough && Clock::Real().MonotonicNanos() < deadline) {
      Clock::Real().SleepFor(absl::Milliseconds(5));
    }
    EXPECT_GE(acknowledged, enough);
  };
  for (int round = 0; round < 2; ++round) {
    await_more();
    broker.Kill();
    broker.Restart();
  }
  await_more();
  stop = true;
  appender.join();

  ASSERT_FALSE(expected.empty());
  int unavailable = 0;
  EXPECT_EQ(ReadTo(**reader, static_cast<int64_t>(expected.size()), &unavailable), expected);
  int64_t offset = 0;
  for (const auto& [at, value] : expected) {
    ASSERT_EQ(at, offset);
    ASSERT_EQ(value, std::to_string(offset));
    ++offset;
  }
  const auto range = log->Offsets({topic, 0});
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_EQ(range->end, offset);
}

TEST(KafkaFault, AReaderTellsOfALostBrokerOnceAndReadsOnWhenItIsBack) {
  KafkaBroker& broker = KafkaBroker::Shared();
  auto log = OpenLog(absl::Minutes(1));
  const std::string topic = KafkaBroker::UniqueTopic();
  ASSERT_TRUE(log->CreateTopic(topic, {}).ok());
  const std::vector<AppendRecord> one = {{.topic = topic, .partition = 0, .value = "v"}};
  ASSERT_TRUE(log->Append(one).ok());
  auto reader = log->OpenReader({{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  int unavailable = 0;
  EXPECT_EQ(ReadTo(**reader, 1, &unavailable).size(), 1u);
  EXPECT_EQ(unavailable, 0);
  broker.Kill();
  const int64_t deadline = Clock::Real().MonotonicNanos() + kPatienceNs;
  absl::Status status;
  while (status.ok() && Clock::Real().MonotonicNanos() < deadline) {
    (*reader)->Wait(absl::Seconds(5));
    RecordBatch batch;
    status = (*reader)->Read(0, 1 << 20, &batch).status();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message().data(), status.message().size()),
              ::testing::HasSubstr(broker.address()));
  broker.Restart();
  ASSERT_TRUE(log->Append(one).ok());
  EXPECT_EQ(ReadTo(**reader, 2, &unavailable).size(), 1u);
  EXPECT_EQ(unavailable, 0);
}

TEST(KafkaFault, APingTellsWhetherTheBrokerAnswers) {
  KafkaBroker& broker = KafkaBroker::Shared();
  auto log = OpenLog(absl::Minutes(1));
  EXPECT_TRUE(log->Ping().ok());
  broker.Kill();
  const absl::Status lost = log->Ping();
  EXPECT_EQ(lost.code(), absl::StatusCode::kUnavailable) << lost;
  EXPECT_THAT(std::string(lost.message().data(), lost.message().size()),
              ::testing::StartsWith("cannot reach Kafka at " + broker.address()));
  broker.Restart();
  const int64_t deadline = Clock::Real().MonotonicNanos() + kPatienceNs;
  absl::Status back = log->Ping();
  while (!back.ok() && Clock::Real().MonotonicNanos() < deadline) back = log->Ping();
  EXPECT_TRUE(back.ok()) << back;
}

TEST(KafkaFault, AnAppendToAStalledBrokerEndsInTimeAndTheNextGoesOn) {
  KafkaBroker& broker = KafkaBroker::Shared();
  auto log = OpenLog(absl::Seconds(2));
  auto patient = OpenLog(absl::Minutes(1));
  const std::string topic = KafkaBroker::UniqueTopic();
  ASSERT_TRUE(patient->CreateTopic(topic, {}).ok());
  const auto append = [&](Log& to, const std::string& value) {
    const std::vector<AppendRecord> records = {{.topic = topic, .partition = 0, .value = value}};
    return to.Append(records).status();
  };
  ASSERT_TRUE(append(*patient, "0").ok());
  absl::Status warm = append(*log, "1");
  for (int i = 0; i < 10 && !warm.ok(); ++i) warm = append(*log, "1");  // 2 s is little when busy
  ASSERT_TRUE(warm.ok()) << warm;
  broker.Freeze();
  std::vector<std::thread> appenders;
  for (int i = 0; i < 3; ++i) {
    appenders.emplace_back([&] {
      const absl::Status status = append(*log, "lost or not");
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    });
  }
  for (std::thread& appender : appenders) appender.join();
  broker.Thaw();
  absl::Status status = append(*log, "after");
  for (int i = 0; i < 30 && absl::IsUnavailable(status); ++i) status = append(*log, "after");
  EXPECT_TRUE(status.ok()) << status;
  status = append(*patient, "last");
  EXPECT_TRUE(status.ok()) << status;

  const auto range = patient->Offsets({topic, 0});
  ASSERT_TRUE(range.ok()) << range.status();
  auto reader = patient->OpenReader({{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  int unavailable = 0;
  const std::map<int64_t, std::string> values = ReadTo(**reader, range->end, &unavailable);
  ASSERT_FALSE(values.empty());
  EXPECT_EQ(values.rbegin()->second, "last");
  int lost_or_not = 0;
  for (const auto& [offset, value] : values) lost_or_not += value == "lost or not" ? 1 : 0;
  EXPECT_LE(lost_or_not, 3);
}

}  // namespace
}  // namespace millrace
