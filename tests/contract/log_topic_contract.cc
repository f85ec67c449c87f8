// Topics of a log: made, unknown, listed, deleted.

#include <cstdint>
#include <map>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "tests/contract/log_contract.h"
#include "tests/contract/log_records.h"

namespace millrace {
namespace {

using ::testing::Contains;
using ::testing::Pair;

}  // namespace

TEST_P(LogContract, AnswersAPing) { EXPECT_TRUE(log().Ping().ok()); }

TEST_P(LogContract, KnowsWhichTopicsAreCompacted) {
  const std::string plain = subject_->UniqueTopic(), compacted = subject_->UniqueTopic();
  ASSERT_TRUE(log().CreateTopic(plain, {}).ok());
  ASSERT_TRUE(log().CreateTopic(compacted, {.compacted = true}).ok());
  EXPECT_FALSE(log().IsCompacted(plain).value());
  EXPECT_TRUE(log().IsCompacted(compacted).value());
}

TEST_P(LogContract, AnswersNotFoundForAnUnknownTopic) {
  const std::string topic = subject_->UniqueTopic();
  EXPECT_EQ(AppendNumbers(log(), topic, 0, 0, 1).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log().Offsets({topic, 0}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log().OffsetAtTime({topic, 0}, 0).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log().IsCompacted(topic).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log().OpenReader({ReadFrom{{topic, 0}, 0}}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_P(LogContract, RefusesAPartitionTheTopicDoesNotHave) {
  const std::string topic = NewTopic({.partitions = 2});
  for (const int32_t partition : {2, 1000, -1}) {
    EXPECT_EQ(AppendNumbers(log(), topic, partition, 0, 1).code(),
              absl::StatusCode::kInvalidArgument)
        << partition;
    EXPECT_FALSE(log().Offsets({topic, partition}).ok()) << partition;
  }
}

TEST_P(LogContract, CreatingATopicAgainChangesNothing) {
  const std::string topic = NewTopic({.partitions = 2});
  ASSERT_TRUE(AppendNumbers(log(), topic, 1, 0, 3).ok());
  EXPECT_TRUE(log().CreateTopic(topic, {.partitions = 2}).ok());
  EXPECT_EQ(log().CreateTopic(topic, {.partitions = 3}).code(),
            absl::StatusCode::kFailedPrecondition);
  ExpectNumbers(ReadPartition(log(), topic, 1, 3, subject_->patience()), 0, 3);
}

TEST_P(LogContract, ADeletedTopicIsGoneAndCanBeMadeAnew) {
  const std::string topic = NewTopic({.partitions = 2});
  const std::string other = NewTopic();
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 10).ok());
  ASSERT_TRUE(AppendNumbers(log(), other, 0, 0, 5).ok());
  const absl::Status deleted = log().DeleteTopic(topic);
  ASSERT_TRUE(deleted.ok()) << deleted;
  EXPECT_EQ(log().DeleteTopic(topic).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(log().Offsets({topic, 0}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(AppendNumbers(log(), topic, 0, 0, 1).code(), absl::StatusCode::kNotFound);
  const auto topics = log().Topics();
  ASSERT_TRUE(topics.ok()) << topics.status();
  for (const TopicInfo& listed : *topics) EXPECT_NE(listed.name, topic);
  ASSERT_TRUE(log().CreateTopic(topic, {.partitions = 3}).ok());
  for (int round = 0; round < 2; ++round) {
    const auto range = log().Offsets({topic, 0});
    ASSERT_TRUE(range.ok()) << range.status();
    EXPECT_EQ(range->end, 0);
    ExpectNumbers(ReadPartition(log(), other, 0, 5, subject_->patience()), 0, 5);
    subject_->Reopen();
  }
  ASSERT_TRUE(AppendNumbers(log(), topic, 0, 0, 3).ok());
  ExpectNumbers(ReadPartition(log(), topic, 0, 3, subject_->patience()), 0, 3);
}

TEST_P(LogContract, TellsAReaderThatItsTopicWasDeleted) {
  const std::string topic = NewTopic();
  auto reader = log().OpenReader({ReadFrom{{topic, 0}, 0}});
  ASSERT_TRUE(reader.ok()) << reader.status();
  std::thread deleter([&] { EXPECT_TRUE(log().DeleteTopic(topic).ok()); });
  const auto seen = ReadOn(**reader, 0, 1, subject_->patience());
  deleter.join();
  EXPECT_EQ(seen.status().code(), absl::StatusCode::kNotFound) << seen.status();
}

TEST_P(LogContract, ListsItsTopicsWithTheirPartitions) {
  const std::string one = NewTopic();
  const std::string three = NewTopic({.partitions = 3});
  const std::string never = subject_->UniqueTopic();
  for (int round = 0; round < 2; ++round) {
    const auto topics = log().Topics();
    ASSERT_TRUE(topics.ok()) << topics.status();
    std::map<std::string, int32_t> partitions;
    for (const TopicInfo& topic : *topics) partitions[topic.name] = topic.partitions;
    EXPECT_THAT(partitions, Contains(Pair(one, 1)));
    EXPECT_THAT(partitions, Contains(Pair(three, 3)));
    EXPECT_FALSE(partitions.contains(never));
    subject_->Reopen();
  }
}

}  // namespace millrace
