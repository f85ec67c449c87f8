#include "app/workers/topics.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "stream/dead_letter.h"

namespace millrace {
namespace {

constexpr absl::string_view kKinds[] = {"predictions", "examples", "models"};

}  // namespace

std::string MissingTopicText(absl::string_view brokers, absl::string_view topic) {
  return absl::StrCat("topic ", topic, " does not exist on Kafka at ", brokers,
                      "\n  hint: make it first: kafka-topics.sh --bootstrap-server ", brokers,
                      " --create --topic ", topic,
                      " --partitions 1 --config message.timestamp.type=LogAppendTime");
}

absl::Status CheckSourceTopics(const Project& project, Log& log) {
  if (!project.log.kafka) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<TopicInfo> topics, log.Topics());
  for (const SourceSpec& source : project.sources) {
    if (!source.bases.empty()) continue;
    const bool exists = std::any_of(topics.begin(), topics.end(), [&](const TopicInfo& info) {
      return info.name == source.topic;
    });
    if (!exists) {
      return absl::NotFoundError(absl::StrCat("source ", source.name, ": ",
                                              MissingTopicText(project.log.brokers, source.topic)));
    }
  }
  return absl::OkStatus();
}

absl::Status CreateTopics(const Project& project, Log& log) {
  RETURN_IF_ERROR(CheckSourceTopics(project, log));
  for (const SourceSpec& source : project.sources) {
    if (!source.bases.empty()) continue;
    if (!project.log.kafka) {
      TopicOptions options = project.log.sources;
      options.partitions = project.log.partitions;
      RETURN_IF_ERROR(log.CreateTopic(source.topic, options));
    }
    if (source.on_error == OnError::kDeadLetter) {
      RETURN_IF_ERROR(log.CreateTopic(DeadLetterTopic(source.topic), project.log.sources));
    }
  }
  for (const TaskSpec& task : project.tasks) {
    for (const absl::string_view kind : kKinds) {
      TopicOptions options;
      if (kind == "predictions") options = project.log.predictions;
      if (kind == "examples") options = project.log.examples;
      options.partitions = 1;
      RETURN_IF_ERROR(
          log.CreateTopic(project.OwnTopic(absl::StrCat(kind, ".", task.name)), options));
    }
  }
  return absl::OkStatus();
}

absl::Status OpenChannels(const Project& project, Log& log, Outbox& outbox) {
  for (const SourceSpec& source : project.sources) {
    if (source.bases.empty() && source.on_error == OnError::kDeadLetter) {
      DeadLetterChannel(project, source, outbox);
    }
  }
  for (const TaskSpec& task : project.tasks) {
    for (const absl::string_view kind : kKinds) TaskChannel(project, kind, task.name, outbox);
  }
  return outbox.Begin(log);
}

int TaskChannel(const Project& project, absl::string_view kind, absl::string_view task,
                Outbox& outbox) {
  const std::string suffix = absl::StrCat(kind, ".", task);
  return outbox.Channel(suffix, {project.OwnTopic(suffix), 0});
}

int DeadLetterChannel(const Project& project, const SourceSpec& source, Outbox& outbox) {
  return outbox.Channel(absl::StrCat(project.name, ".dlq.", source.name),
                        {DeadLetterTopic(source.topic), 0});
}

}  // namespace millrace
