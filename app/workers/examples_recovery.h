// What a trainer learned after its last commit, learned again from the topic of examples.

#ifndef MILLRACE_APP_WORKERS_EXAMPLES_RECOVERY_H_
#define MILLRACE_APP_WORKERS_EXAMPLES_RECOVERY_H_

#include <cstdint>

#include "absl/status/status.h"
#include "app/workers/trainer.h"
#include "stream/log.h"
#include "stream/outbox.h"

namespace millrace {

// Folds the records trainer->folded() + 1 to `last` of the channel that begins at `origin`; repeats
// and what other states wrote are passed over. DataLoss when one is missing or is no example.
absl::Status FoldExamples(Log& log, const TopicPartition& topic, const ChannelOrigin& origin,
                          uint64_t last, Trainer* trainer);

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_EXAMPLES_RECOVERY_H_
