// The topics and channels of a project's own logs.

#ifndef MILLRACE_APP_WORKERS_TOPICS_H_
#define MILLRACE_APP_WORKERS_TOPICS_H_

#include <string>

#include "absl/status/status.h"
#include "app/project.h"
#include "stream/log.h"
#include "stream/outbox.h"

namespace millrace {

// Makes the topics that Millrace writes, and on an embedded log the sources' topics too.
absl::Status CreateTopics(const Project& project, Log& log);

// Makes the channels of all stages known to the outbox, so that what an earlier process left can be
// shipped before the stages open.
void OpenChannels(const Project& project, Outbox& outbox);

// The channels, by task name and kind ("predictions", "examples", "models"), and by source.
int TaskChannel(const Project& project, absl::string_view kind, absl::string_view task,
                Outbox& outbox);
int DeadLetterChannel(const SourceSpec& source, Outbox& outbox);

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_TOPICS_H_
