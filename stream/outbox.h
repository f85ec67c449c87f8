// Outbox: what the stages of this process emit, kept in the same atomic commit as the state that
// led to it, until the log has acknowledged it. A crash re-ships identical bytes under identical
// numbers (stream/channel.h), so every record takes effect exactly once.
//
// Channels belong to the state: another state over the same log has a higher epoch, and numbers
// from 1 behind what the earlier one wrote.
//
// Life of a record: Emit (owner thread, numbered) → AddCommit (goes into the batch) → the batch is
// committed → Ship (log acknowledges) → the next AddCommit deletes the entry.
//
// Emit, AddCommit and the channel calls belong to one owner thread; Ship may run on another.

#ifndef MILLRACE_STREAM_OUTBOX_H_
#define MILLRACE_STREAM_OUTBOX_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "stream/log.h"
#include "stream/state_store.h"

namespace millrace {

// Of a record whose value is not in the log: how many bytes it had.
inline constexpr absl::string_view kLeftOutHeader = "millrace-value-left-out";

struct OutboxRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;  // besides channel, n, epoch
  std::optional<int64_t> timestamp_ms;
};

// The record with bytes of its own; topic and partition are the channel's.
OutboxRecord OwnedRecord(const AppendRecord& record);

struct OutboxEntry {
  int channel = 0;
  uint64_t n = 0;
  OutboxRecord record;
};

// Where a state's part of a channel begins in its topic: record n of the epoch stands at
// offset + n - 1 or later.
struct ChannelOrigin {
  uint64_t epoch = 1;
  int64_t offset = 0;
};

class Outbox {
 public:
  // REQUIRES: `state` outlives the outbox. DataLoss when stored entries do not parse.
  static absl::StatusOr<std::unique_ptr<Outbox>> Open(const StateStore& state);

  // The channel of this name, made if need be, whose records go to `target`.
  int Channel(const std::string& name, TopicPartition target);

  // Settles the origin of every channel of which no earlier commit knows. All channels of a state
  // have one epoch, above any that the topics show or, where old records were deleted, can have
  // shown. To be called once all channels are made, before the first Emit; without it an origin is
  // the default. FailedPrecondition when a newer state has written to a channel of this one, which
  // readers then have left; other errors as of NewestMark.
  absl::Status Begin(Log& log);
  ChannelOrigin Origin(int channel) const { return channels_[channel].origin; }

  // Gives the record the channel's next number and returns it.
  uint64_t Emit(int channel, OutboxRecord record);
  // For a stage that folds again what it did before: emits only if n is new. DataLoss when n is
  // beyond the next: the state of the stage and that of the outbox do not belong together.
  absl::Status EmitNumbered(int channel, uint64_t n, OutboxRecord record);
  uint64_t LastNumber(int channel) const { return channels_[channel].last; }

  // Something was emitted that no commit has yet.
  bool HasUncommitted() const { return !staged_.empty(); }

  // Adds what was emitted since the last call, the channels' numbers, and the deletion of what was
  // acknowledged, to *batch; appends to *to_ship what must be shipped once it is committed.
  void AddCommit(StateBatch* batch, std::vector<OutboxEntry>* to_ship);

  // What an earlier process committed and may not have shipped, in order. Ship it before anything.
  std::vector<OutboxEntry> TakeUnshipped() { return std::move(unshipped_); }

  // Appends the entries to the log, blocking until it acknowledges, and marks them for deletion.
  // One that is larger than the log takes goes without its value, with the header kLeftOutHeader.
  // On an error nothing is marked; shipping the same entries again is right.
  absl::Status Ship(Log& log, const std::vector<OutboxEntry>& entries);

  // A position in the target log at or before which number n of the channel stands: (n, offset) of
  // the newest record acknowledged to this process. Thread-safe.
  std::pair<uint64_t, int64_t> Acknowledged(int channel) const;

 private:
  struct ChannelState {
    std::string name;
    TopicPartition target;
    ChannelOrigin origin;
    uint64_t last = 0;  // 0: no commit knows of the channel
    bool dirty = false;
  };
  int ChannelIndex(const std::string& name);
  // Of this state; nullopt when it has committed to no channel.
  std::optional<uint64_t> Epoch() const;
  void Stage(int channel, OutboxRecord record);

  std::vector<ChannelState> channels_;
  absl::flat_hash_map<std::string, int> by_name_;
  std::vector<OutboxEntry> staged_;
  std::vector<OutboxEntry> unshipped_;

  mutable absl::Mutex mutex_;
  std::vector<std::pair<int, uint64_t>> acknowledged_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<int, std::pair<uint64_t, int64_t>> newest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_OUTBOX_H_
