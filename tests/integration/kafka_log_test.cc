// What KafkaLog promises of records and readers beyond the contract of stream/log.h, on a real
// broker.

#include "stream/kafka/kafka_log.h"

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "core/clock.h"
#include "gmock/gmock.h"
#include "tests/integration/broker_log.h"
#include "tests/integration/kafka_broker.h"
#include "tests/integration/transactions.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(KafkaLog, TellsWhoSetTheTimestamp) {
  auto log = OpenLog();
  const std::string created = NewTopic(*log);
  const std::string appended = KafkaBroker::UniqueTopic();
  KafkaBroker::Shared().Script("topic", {"--create", "--topic", appended, "--partitions", "1",
                                         "--config", "message.timestamp.type=LogAppendTime"});
  constexpr int64_t kLongAgoMs = 1'767'225'600'000;
  for (const std::string& topic : {created, appended}) {
    const std::vector<AppendRecord> records = {
        {.topic = topic, .partition = 0, .value = "v", .timestamp_ms = kLongAgoMs}};
    const auto positions = log->Append(records);
    ASSERT_TRUE(positions.ok()) << positions.status();
    auto reader = log->OpenReader({{{topic, 0}, 0}});
    ASSERT_TRUE(reader.ok()) << reader.status();
    RecordBatch batch;
    while (batch.empty()) {
      ASSERT_TRUE((*reader)->Read(0, 1, &batch).ok());
      (*reader)->Wait(absl::Seconds(1));
    }
    const Record& record = batch.records()[0];
    if (topic == created) {
      EXPECT_EQ(record.timestamp_type, TimestampType::kCreate);
      EXPECT_EQ(record.timestamp_ms, kLongAgoMs);
    } else {
      EXPECT_EQ(record.timestamp_type, TimestampType::kLogAppend);
      EXPECT_GT(record.timestamp_ms, kLongAgoMs);
    }
    EXPECT_EQ(record.append_ms, record.timestamp_ms);
  }
}

TEST(KafkaLog, RefusesTimestampsThatKafkaCannotKeep) {
  auto log = OpenLog();
  const std::string topic = NewTopic(*log);
  for (const int64_t timestamp_ms : {int64_t{0}, int64_t{-1}, int64_t{-1'000'000}}) {
    const std::vector<AppendRecord> records = {
        {.topic = topic, .partition = 0, .value = "v", .timestamp_ms = timestamp_ms}};
    EXPECT_EQ(log->Append(records).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(KafkaLog, AppendsMoreAtOnceThanTheProducerQueues) {
  auto log = OpenLog({{"queue.buffering.max.messages", "1000"}});
  const std::string topic = NewTopic(*log);
  const std::vector<AppendRecord> records(20'000, {.topic = topic, .partition = 0, .value = "v"});
  std::thread other([&] {
    const auto positions = log->Append(records);
    EXPECT_TRUE(positions.ok()) << positions.status();
  });
  const auto positions = log->Append(records);
  other.join();
  ASSERT_TRUE(positions.ok()) << positions.status();
  for (size_t i = 1; i < positions->size(); ++i) {
    ASSERT_GT((*positions)[i].offset, (*positions)[i - 1].offset);
  }
  const auto range = log->Offsets({topic, 0});
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_EQ(range->end, 40'000);
}

TEST(KafkaLog, SaysOutOfRangeWithTheRangeWhenARecordWantedWasDeleted) {
  auto log = OpenLog();
  const std::string topic = NewTopic(*log);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(AppendValue(*log, topic, "v").ok());
  Transactions().DeleteBefore(topic, 4);
  const absl::Status status = log->OpenReader({{{topic, 0}, 3}}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(topic + "[0]"), HasSubstr("offset 3"), HasSubstr("4 to 10")));
  EXPECT_TRUE(log->OpenReader({{{topic, 0}, 4}}).ok());
}

TEST(KafkaLog, AReaderOvertakenByRetentionSaysOutOfRangeAndStaysThere) {
  // Little is fetched ahead, so that most is still in the log when it is deleted.
  auto log =
      OpenLog({{"fetch.message.max.bytes", "20000"}, {"compression.type", "none"}}, nullptr, 1);
  const std::string topic = NewTopic(*log);
  const std::string value(1000, 'x');
  const std::vector<AppendRecord> records(50, {.topic = topic, .partition = 0, .value = value});
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(log->Append(records).ok());
  auto reader = log->OpenReader({{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  Transactions().DeleteBefore(topic, 1990);
  absl::Status status;
  const std::vector<std::string> values = ReadToEnd(**reader, 2000, &status);
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("1990 to 2000"));
  EXPECT_EQ((*reader)->NextOffset(0), static_cast<int64_t>(values.size()));
  EXPECT_LT(values.size(), size_t{1990});
  RecordBatch batch;
  EXPECT_EQ((*reader)->Read(0, 1 << 20, &batch).status(), status);
}

TEST(KafkaLog, RefusesToReadAPartitionTwiceWithOneReader) {
  auto log = OpenLog();
  const std::string topic = NewTopic(*log);
  EXPECT_EQ(log->OpenReader({{{topic, 0}, 0}, {{topic, 0}, 0}}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(KafkaLog, AReaderOfNothingWaitsAndWakes) {
  auto log = OpenLog();
  auto reader = log->OpenReader({});
  ASSERT_TRUE(reader.ok()) << reader.status();
  (*reader)->Wait(absl::Milliseconds(1));
  (*reader)->Wake();
  (*reader)->Wait(absl::Hours(1));
}

TEST(KafkaLog, DataLeftUnreadEndsAWaitAtOnce) {
  auto log = OpenLog();
  const std::string topic = NewTopic(*log);
  const std::vector<AppendRecord> records(10, {.topic = topic, .partition = 0, .value = "v"});
  ASSERT_TRUE(log->Append(records).ok());
  auto reader = log->OpenReader({{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  const int64_t start = Clock::Real().MonotonicNanos();
  for (int got = 0; got < 10;) {
    (*reader)->Wait(absl::Hours(1));
    (*reader)->Wait(absl::Hours(1));  // what the first one told of was not read
    RecordBatch batch;
    const auto read = (*reader)->Read(0, 1, &batch);
    ASSERT_TRUE(read.ok()) << read.status();
    got += *read;
  }
  EXPECT_LT(Clock::Real().MonotonicNanos() - start, kPatienceNs);
}

}  // namespace
}  // namespace millrace
