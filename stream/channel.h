// Channel: the numbered stream of records from one emitting stage to one partition. Every record
// carries the headers `channel`, `n` and `epoch`; n counts densely from 1, so a receiver recognises
// a repeat (n not above the last) and a loss (n beyond the next) by itself. A higher epoch is a new
// owner's: it goes on at the next n, or begins again at 1 when its state is a new one; what comes
// under a lower epoch afterwards is of an owner that was left.

#ifndef MILLRACE_STREAM_CHANNEL_H_
#define MILLRACE_STREAM_CHANNEL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "stream/record_batch.h"

namespace millrace {

// A record's place in its channel.
struct ChannelMark {
  std::string channel;
  uint64_t n = 0;
  uint64_t epoch = 0;
};

// The mark of a record that the outbox wrote: the first header of each name, as it puts its own
// before those that a record brings along. nullopt: one is absent or no number, so that the record
// is a foreign one. Only in topics that Millrace alone writes is a mark one of ours.
std::optional<ChannelMark> ReadChannelMark(const Record& record);

// Decides which records of one partition are new. Owned by one thread.
class ChannelFilter {
 public:
  // The reader has what came up to n of the channel (restoring a position).
  void Resume(absl::string_view channel, uint64_t n) { last_[channel] = n; }

  // True: apply it. False: a repeat or a lower epoch, drop it. DataLoss: records are missing
  // before it; nothing of this channel may be applied any more.
  absl::StatusOr<bool> Accept(const ChannelMark& mark);

 private:
  absl::flat_hash_map<std::string, uint64_t> last_;
  absl::flat_hash_map<std::string, uint64_t> epoch_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_CHANNEL_H_
