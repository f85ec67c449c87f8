// What KafkaLog promises beyond the contract of stream/log.h, on a real broker.

#include "stream/kafka/kafka_log.h"

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/metrics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/kafka_broker.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kPatienceNs = 60'000'000'000;

std::string Str(absl::string_view view) { return std::string(view.data(), view.size()); }

std::string Text(const absl::Status& status) { return Str(status.message()); }

std::unique_ptr<KafkaLog> OpenLog(std::map<std::string, std::string> properties = {},
                                  Registry* registry = nullptr,
                                  int64_t read_buffer_bytes = 64 << 20) {
  KafkaLogOptions options;
  options.brokers = KafkaBroker::Shared().address();
  options.properties = std::move(properties);
  options.registry = registry;
  options.read_buffer_bytes = read_buffer_bytes;
  auto log = KafkaLog::Open(options);
  EXPECT_TRUE(log.ok()) << log.status();
  return *std::move(log);
}

std::string NewTopic(Log& log, const TopicOptions& options = {}) {
  std::string topic = KafkaBroker::UniqueTopic();
  const absl::Status created = log.CreateTopic(topic, options);
  EXPECT_TRUE(created.ok()) << created;
  return topic;
}

absl::Status AppendValue(Log& log, const std::string& topic, const std::string& value) {
  const std::vector<AppendRecord> records = {{.topic = topic, .partition = 0, .value = value}};
  return log.Append(records).status();
}

// Values read from input 0 until it is at the end at `end` or says an error, which `status` gets.
std::vector<std::string> ReadToEnd(LogReader& reader, int64_t end, absl::Status* status) {
  std::vector<std::string> values;
  const int64_t deadline = Clock::Real().MonotonicNanos() + kPatienceNs;
  while (Clock::Real().MonotonicNanos() < deadline) {
    RecordBatch batch;
    const absl::StatusOr<int> read = reader.Read(0, 1 << 20, &batch);
    for (const Record& record : batch.records()) values.push_back(Str(record.value.value_or("")));
    *status = read.status();
    if (!read.ok() || (reader.AtEnd(0) && reader.NextOffset(0) >= end)) return values;
    if (*read == 0) reader.Wait(absl::Seconds(1));
  }
  *status = absl::DeadlineExceededError("not at the end");
  return values;
}

// The broker writes a transaction's marker some time after it told the producer of the end.
void AwaitEnd(Log& log, const std::string& topic, int64_t end) {
  const int64_t deadline = Clock::Real().MonotonicNanos() + kPatienceNs;
  absl::StatusOr<OffsetRange> range = log.Offsets({topic, 0});
  while (range.ok() && range->end < end && Clock::Real().MonotonicNanos() < deadline) {
    range = log.Offsets({topic, 0});
  }
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_EQ(range->end, end);
}

// A transactional producer, such as an application of somebody else's may be.
class Transactions {
 public:
  Transactions() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char error[512];
    const std::pair<const char*, std::string> settings[] = {
        {"bootstrap.servers", KafkaBroker::Shared().address()}, {"transactional.id", "tests"}};
    for (const auto& [key, value] : settings) {
      EXPECT_EQ(rd_kafka_conf_set(conf, key, value.c_str(), error, sizeof(error)), RD_KAFKA_CONF_OK)
          << error;
    }
    rk_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
    Check(rd_kafka_init_transactions(rk_, 60'000));
  }
  ~Transactions() { rd_kafka_destroy(rk_); }

  void Begin() { Check(rd_kafka_begin_transaction(rk_)); }
  void Produce(const std::string& topic, const std::string& value) {
    EXPECT_EQ(rd_kafka_producev(rk_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                                RD_KAFKA_V_END),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  // Returns when what was produced is in the log.
  void Flush() { EXPECT_EQ(rd_kafka_flush(rk_, 60'000), RD_KAFKA_RESP_ERR_NO_ERROR); }
  void Commit() { Check(rd_kafka_commit_transaction(rk_, 60'000)); }
  void Abort() {
    Flush();
    Check(rd_kafka_abort_transaction(rk_, 60'000));
  }

  // Deletes the records of partition 0 before `offset`.
  void DeleteBefore(const std::string& topic, int64_t offset) {
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), 0)->offset = offset;
    rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_t* queue = rd_kafka_queue_new(rk_);
    rd_kafka_DeleteRecords(rk_, &request, 1, nullptr, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 60'000);
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteRecords_destroy(request);
  }

 private:
  static void Check(rd_kafka_error_t* error) {
    if (error == nullptr) return;
    ADD_FAILURE() << rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
  }
  rd_kafka_t* rk_;
};

TEST(KafkaLog, GivesCommittedRecordsOnlyAndPassesOverTransactionMarkers) {
  auto log = OpenLog();
  const std::string topic = NewTopic(*log);
  Transactions transactions;
  transactions.Begin();
  transactions.Produce(topic, "a");
  transactions.Produce(topic, "b");
  transactions.Commit();  // offsets 0, 1, marker 2
  transactions.Begin();
  transactions.Produce(topic, "never");
  transactions.Abort();                             // offset 3, marker 4
  ASSERT_TRUE(AppendValue(*log, topic, "c").ok());  // offset 5
  transactions.Begin();
  transactions.Produce(topic, "d");
  transactions.Commit();  // offset 6, marker 7
  AwaitEnd(*log, topic, 8);
  for (const int64_t from : {0, 1, 3, 6, 8}) {
    auto reader = log->OpenReader({{{topic, 0}, from}});
    ASSERT_TRUE(reader.ok()) << reader.status();
    absl::Status status;
    const std::vector<std::string> values = ReadToEnd(**reader, 8, &status);
    ASSERT_TRUE(status.ok()) << status;
    std::vector<std::string> expected = {"a", "b", "", "", "", "c", "d", ""};
    expected.erase(expected.begin(), expected.begin() + from);
    std::erase(expected, "");
    EXPECT_EQ(values, expected) << "from " << from;
    EXPECT_EQ((*reader)->NextOffset(0), 8);
    EXPECT_TRUE((*reader)->AtEnd(0));
  }
}

TEST(KafkaLog, AnOpenTransactionHoldsReadersBack) {
  auto log = OpenLog();
  const std::string topic = NewTopic(*log);
  ASSERT_TRUE(AppendValue(*log, topic, "before").ok());
  Transactions transactions;
  transactions.Begin();
  transactions.Produce(topic, "open");
  transactions.Flush();
  ASSERT_TRUE(AppendValue(*log, topic, "behind").ok());
  auto reader = log->OpenReader({{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  absl::Status status;
  EXPECT_THAT(ReadToEnd(**reader, 1, &status), ElementsAre("before"));
  EXPECT_TRUE(status.ok()) << status;
  transactions.Commit();
  EXPECT_THAT(ReadToEnd(**reader, 4, &status), ElementsAre("open", "behind"));
  EXPECT_TRUE(status.ok()) << status;
}

TEST(KafkaLog, SaysOutOfRangeWithTheRangeWhenARecordWantedWasDeleted) {
  auto log = OpenLog();
  const std::string topic = NewTopic(*log);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(AppendValue(*log, topic, "v").ok());
  Transactions().DeleteBefore(topic, 4);
  const absl::Status status = log->OpenReader({{{topic, 0}, 3}}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << status;
  EXPECT_THAT(Text(status),
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
  EXPECT_THAT(Text(status), HasSubstr("1990 to 2000"));
  EXPECT_EQ((*reader)->NextOffset(0), static_cast<int64_t>(values.size()));
  EXPECT_LT(values.size(), size_t{1990});
  RecordBatch batch;
  EXPECT_EQ((*reader)->Read(0, 1 << 20, &batch).status(), status);
}

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

TEST(KafkaLog, CreatesTopicsThatKeepWhatTheOptionsSay) {
  auto log = OpenLog();
  const std::string forever = NewTopic(*log);
  const std::string bounded =
      NewTopic(*log, {.partitions = 2, .retain_for = absl::Hours(2), .retain_bytes = 123456});
  const std::string newest = NewTopic(*log, {.compacted = true});
  const std::string described = KafkaBroker::Shared().Script("topic", {"--describe"});
  const auto line = [&](const std::string& topic) {
    const size_t begin = described.find("Topic: " + topic + "\t");
    return begin == std::string::npos
               ? ""
               : described.substr(begin, described.find('\n', begin) - begin);
  };
  EXPECT_THAT(line(forever), AllOf(HasSubstr("PartitionCount: 1"), HasSubstr("retention.ms=-1"),
                                   HasSubstr("cleanup.policy=delete")));
  EXPECT_THAT(line(bounded),
              AllOf(HasSubstr("PartitionCount: 2"), HasSubstr("retention.ms=7200000"),
                    HasSubstr("retention.bytes=123456"),
                    HasSubstr("message.timestamp.type=LogAppendTime")));
  EXPECT_THAT(line(newest),
              AllOf(HasSubstr("cleanup.policy=compact"), HasSubstr("retention.ms=-1")));
  EXPECT_TRUE(log->IsCompacted(newest).value());
  EXPECT_FALSE(log->IsCompacted(forever).value());
}

TEST(KafkaLog, NeitherWritingNorReadingCreatesATopic) {
  auto log = OpenLog();  // the broker would create it if asked
  const std::string topic = KafkaBroker::UniqueTopic();
  EXPECT_EQ(AppendValue(*log, topic, "v").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log->OpenReader({{{topic, 0}, 0}}).status().code(), absl::StatusCode::kNotFound);
  const auto topics = log->Topics();
  ASSERT_TRUE(topics.ok()) << topics.status();
  for (const TopicInfo& info : *topics) EXPECT_NE(info.name, topic);
}

TEST(KafkaLog, SeesPartitionsThatWereAdded) {
  auto log = OpenLog();
  const std::string topic = NewTopic(*log);
  ASSERT_TRUE(AppendValue(*log, topic, "v").ok());
  const std::vector<AppendRecord> records = {{.topic = topic, .partition = 2, .value = "v"}};
  EXPECT_EQ(log->Append(records).status().code(), absl::StatusCode::kInvalidArgument);
  KafkaBroker::Shared().Script("topic", {"--alter", "--topic", topic, "--partitions", "3"});
  const auto positions = log->Append(records);
  EXPECT_TRUE(positions.ok()) << positions.status();
}

TEST(KafkaLog, SaysNotFoundOnceATopicIsGone) {
  auto log = OpenLog({{"topic.metadata.refresh.interval.ms", "500"}});
  const std::string topic = NewTopic(*log);
  ASSERT_TRUE(AppendValue(*log, topic, "v").ok());
  auto reader = log->OpenReader({{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  KafkaBroker::Shared().Script("topic", {"--delete", "--topic", topic});
  absl::Status status;
  ReadToEnd(**reader, 2, &status);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
}

TEST(KafkaLog, ATopicThatWasDeletedCanBeMadeAnewAndStartsEmpty) {
  auto log = OpenLog();
  const std::string topic = NewTopic(*log);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(AppendValue(*log, topic, "old").ok());
  const absl::Status deleted = log->DeleteTopic(topic);
  ASSERT_TRUE(deleted.ok()) << deleted;
  EXPECT_EQ(log->Offsets({topic, 0}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(AppendValue(*log, topic, "v").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log->DeleteTopic(topic).code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(log->CreateTopic(topic, {}).ok());
  const absl::Status appended = AppendValue(*log, topic, "new");
  ASSERT_TRUE(appended.ok()) << appended;
  auto reader = log->OpenReader({{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  absl::Status status;
  EXPECT_THAT(ReadToEnd(**reader, 1, &status), ElementsAre("new"));
  EXPECT_TRUE(status.ok()) << status;
}

TEST(KafkaLog, ARecordTheTopicRefusesIsInvalidAndTheNextAppendGoesOn) {
  Registry registry;
  auto log = OpenLog({}, &registry);
  const std::string topic = KafkaBroker::UniqueTopic();
  KafkaBroker::Shared().Script("topic", {"--create", "--topic", topic, "--partitions", "1",
                                         "--config", "max.message.bytes=1000"});
  // Random enough not to compress below the topic's bound.
  std::string value;
  for (uint32_t i = 0, x = 1; i < 3000; ++i)
    value.push_back(static_cast<char>((x = x * 1664525 + 1013904223) >> 24));
  const absl::Status status = AppendValue(*log, topic, value);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(Text(status), HasSubstr(topic));
  EXPECT_THAT(registry.Text(), HasSubstr("millrace_kafka_producer_restarts_total 1"));
  for (const char* small : {"a", "b"}) {
    const absl::Status appended = AppendValue(*log, topic, small);
    ASSERT_TRUE(appended.ok()) << appended;
  }
  auto reader = log->OpenReader({{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  absl::Status read;
  EXPECT_THAT(ReadToEnd(**reader, 2, &read), ElementsAre("a", "b"));
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
