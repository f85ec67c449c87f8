// The topics and channels of a project's own logs.

#ifndef MILLRACE_APP_WORKERS_TOPICS_H_
#define MILLRACE_APP_WORKERS_TOPICS_H_

#include <string>

#include "absl/status/status.h"
#include "app/project.h"
#include "stream/log.h"
#include "stream/outbox.h"

namespace millrace {

// Makes the topics that Millrace writes, and on an embedded log the sources' topics too. On Kafka
// those must exist: NotFound, with the way to make it, before anything is made.
absl::Status CreateTopics(const Project& project, Log& log);

// Says that a source's topic is not on Kafka, and how to make it.
std::string MissingTopicText(absl::string_view brokers, absl::string_view topic);

// Makes the channels of all stages known to the outbox, so that what an earlier process left can be
// shipped before the stages open.
void OpenChannels(const Project& project, Outbox& outbox);

// The channels, by task name and kind ("predictions", "examples", "models"), and by source.
int TaskChannel(const Project& project, absl::string_view kind, absl::string_view task,
                Outbox& outbox);
int DeadLetterChannel(const SourceSpec& source, Outbox& outbox);

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_TOPICS_H_
