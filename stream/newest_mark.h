// The newest record of a channel in its topic.

#ifndef MILLRACE_STREAM_NEWEST_MARK_H_
#define MILLRACE_STREAM_NEWEST_MARK_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "stream/channel.h"
#include "stream/log.h"

namespace millrace {

// Reads `target` backwards, in growing steps, until it finds a record of the channel; nullopt when
// there is none. What is appended meanwhile is not looked at. Errors as of LogReader.
absl::StatusOr<std::optional<ChannelMark>> NewestMark(Log& log, const TopicPartition& target,
                                                      absl::string_view channel);

}  // namespace millrace

#endif  // MILLRACE_STREAM_NEWEST_MARK_H_
