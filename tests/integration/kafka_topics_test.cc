// Topics by KafkaLog on a real broker: made, grown, deleted, with rules of their own.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/metrics.h"
#include "gmock/gmock.h"
#include "stream/kafka/kafka_log.h"
#include "tests/integration/broker_log.h"
#include "tests/integration/kafka_broker.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
  for (uint32_t i = 0, x = 1; i < 3000; ++i) {
    value.push_back(static_cast<char>((x = x * 1664525 + 1013904223) >> 24));
  }
  const absl::Status status = AppendValue(*log, topic, value);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(topic));
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

}  // namespace
}  // namespace millrace
