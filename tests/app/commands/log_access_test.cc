#include "app/commands/log_access.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::vector<TopicInfo>& Topics() {
  static const auto* const kTopics = new std::vector<TopicInfo>{
      {"orders", 3},
      {"orders.dlq", 1},
      {"millrace.shop.predictions.fraud", 1},
      {"millrace.shop.examples.fraud", 1},
      {"millrace.shop.models.fraud", 1},
      {"millrace.shop.predictions.late", 1},
      {"millrace.depot.predictions.late", 1},
      {"millrace.shop.config", 1},
  };
  return *kTopics;
}

absl::StatusOr<NamedTopic> Find(absl::string_view name, const std::vector<TopicInfo>& topics,
                                const std::string& project_name) {
  Project project;
  project.name = project_name;
  project.sources.emplace_back();
  project.sources.back().name = "purchases";
  project.sources.back().topic = "orders";
  return FindTopic(name, topics, project_name.empty() ? nullptr : &project);
}

TEST(FindTopic, TakesTopicsShortNamesAndTasks) {
  const struct {
    const char* name;
    const char* project;
    const char* topic;
    TopicContent content;
    const char* task;
  } kCases[] = {
      {"orders", "", "orders", TopicContent::kRecords, ""},
      {"orders.dlq", "shop", "orders.dlq", TopicContent::kDeadLetters, ""},
      {"purchases", "shop", "orders", TopicContent::kRecords, ""},
      {"fraud", "shop", "millrace.shop.predictions.fraud", TopicContent::kPredictions, "fraud"},
      {"fraud", "", "millrace.shop.predictions.fraud", TopicContent::kPredictions, "fraud"},
      {"predictions.fraud", "", "millrace.shop.predictions.fraud", TopicContent::kPredictions,
       "fraud"},
      {"examples.fraud", "shop", "millrace.shop.examples.fraud", TopicContent::kExamples, "fraud"},
      {"models.fraud", "shop", "millrace.shop.models.fraud", TopicContent::kModels, "fraud"},
      {"late", "depot", "millrace.depot.predictions.late", TopicContent::kPredictions, "late"},
      {"millrace.shop.config", "", "millrace.shop.config", TopicContent::kOther, ""},
      {"config", "shop", "millrace.shop.config", TopicContent::kOther, ""},
  };
  for (const auto& test : kCases) {
    const absl::StatusOr<NamedTopic> found = Find(test.name, Topics(), test.project);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->info.name, test.topic) << test.name;
    EXPECT_EQ(found->content, test.content) << test.name;
    EXPECT_EQ(found->task, test.task) << test.name;
  }
}

TEST(FindTopic, SuggestsTopicsAndTasks) {
  EXPECT_THAT(Find("ordres", Topics(), "").status().message(), HasSubstr("did you mean 'orders'?"));
  EXPECT_THAT(Find("fruad", Topics(), "shop").status().message(),
              HasSubstr("did you mean 'fraud'?"));
  EXPECT_THAT(Find("orders.dql", {{"orders.dlq", 1}}, "").status().message(),
              Not(HasSubstr("did you mean")))
      << "nobody looks for dead letters by mistake";
  EXPECT_TRUE(absl::IsNotFound(Find("", Topics(), "").status()));
  EXPECT_TRUE(absl::IsNotFound(Find("orders", {}, "").status()));
}

TEST(FindTopic, SaysHowTheTopicOfASourceIsMadeOnKafka) {
  Project project;
  project.log.kafka = true;
  project.log.brokers = "b:9092";
  project.sources.emplace_back();
  project.sources.back().name = "purchases";
  project.sources.back().topic = "orders";
  for (const char* name : {"orders", "purchases"}) {
    EXPECT_THAT(
        std::string(FindTopic(name, {{"orders.dlq", 1}}, &project).status().message()),
        AllOf(HasSubstr("topic orders does not exist on Kafka at b:9092"),
              HasSubstr("kafka-topics.sh --bootstrap-server b:9092 --create --topic orders"),
              Not(HasSubstr("did you mean"))));
  }
}

TEST(FindTopic, AsksWhichProjectIsMeant) {
  EXPECT_THAT(Find("late", Topics(), "").status().message(),
              HasSubstr("several projects have 'late'"));
}

TEST(UrlOfListenAddress, IsHowThisMachineReachesTheServer) {
  EXPECT_EQ(UrlOfListenAddress("127.0.0.1:7470"), "http://127.0.0.1:7470");
  EXPECT_EQ(UrlOfListenAddress("0.0.0.0:80"), "http://127.0.0.1:80");
  EXPECT_EQ(UrlOfListenAddress("[::]:80"), "http://[::1]:80");
  EXPECT_EQ(UrlOfListenAddress("127.0.0.1:0"), "");
  EXPECT_EQ(UrlOfListenAddress("nonsense"), "");
}

}  // namespace
}  // namespace millrace
