#include "app/workers/topics.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stream/memory_log.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Project OrdersProject() {
  Project project;
  project.name = "shop";
  project.log.brokers = "b:9092";
  for (const char* topic : {"orders", "returns"}) {
    SourceSpec& source = project.sources.emplace_back();
    source.name = topic;
    source.topic = topic;
  }
  return project;
}

std::vector<std::string> Names(Log& log) {
  std::vector<std::string> names;
  const auto topics = log.Topics();
  EXPECT_TRUE(topics.ok()) << topics.status();
  for (const TopicInfo& topic : *topics) names.push_back(topic.name);
  return names;
}

TEST(CreateTopics, OfAnEmbeddedLogMakesThoseOfTheSourcesToo) {
  MemoryLog log;
  EXPECT_TRUE(CreateTopics(OrdersProject(), log).ok());
  EXPECT_THAT(Names(log), ElementsAre("orders", "orders.dlq", "returns", "returns.dlq"));
}

TEST(CreateTopics, OnKafkaMakesNothingWhileATopicOfASourceIsMissing) {
  MemoryLog log;
  Project project = OrdersProject();
  project.log.kafka = true;
  const absl::Status missing = CreateTopics(project, log);
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()),
              HasSubstr("source orders: topic orders does not exist on Kafka at b:9092\n  hint: "
                        "make it first: kafka-topics.sh --bootstrap-server b:9092 --create"));
  EXPECT_THAT(Names(log), IsEmpty());
  ASSERT_TRUE(log.CreateTopic("orders", {}).ok());
  EXPECT_THAT(std::string(CreateTopics(project, log).message()),
              HasSubstr("source returns: topic"));
  EXPECT_THAT(Names(log), ElementsAre("orders"));
  ASSERT_TRUE(log.CreateTopic("returns", {}).ok());
  EXPECT_TRUE(CreateTopics(project, log).ok());
  EXPECT_THAT(Names(log), ElementsAre("orders", "orders.dlq", "returns", "returns.dlq"));
}

}  // namespace
}  // namespace millrace
