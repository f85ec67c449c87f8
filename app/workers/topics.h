// The topics and channels of a project's own logs.

#ifndef MILLRACE_APP_WORKERS_TOPICS_H_
#define MILLRACE_APP_WORKERS_TOPICS_H_

#include <string>

#include "absl/status/status.h"
#include "app/project.h"
#include "stream/log.h"
#include "stream/outbox.h"

namespace millrace {

// Source topics on Kafka are made by whoever writes to them: NotFound, with the way to make it.
absl::Status CheckSourceTopics(const Project& project, Log& log);

// Makes the topics that Millrace writes, and on an embedded log the sources' topics too. Checks
// those on Kafka before it makes anything.
absl::Status CreateTopics(const Project& project, Log& log);

// Says that a source's topic is not on Kafka, and how to make it.
std::string MissingTopicText(absl::string_view brokers, absl::string_view topic);

// Makes the channels of all stages known to the outbox and settles where they begin, so that what
// an earlier process left can be shipped before the stages open. Errors as of Outbox::Begin.
absl::Status OpenChannels(const Project& project, Log& log, Outbox& outbox);

// The channels, by task name and kind ("predictions", "examples", "models"), and by source.
int TaskChannel(const Project& project, absl::string_view kind, absl::string_view task,
                Outbox& outbox);
// Several projects may reject records of one topic.
int DeadLetterChannel(const Project& project, const SourceSpec& source, Outbox& outbox);

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_TOPICS_H_
