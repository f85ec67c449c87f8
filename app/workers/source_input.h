// SourceInput: one partition of a source: its records in log order, decoded one at a time, judged
// by time and counted. Owned by the engine's thread.
//
// After a restart reading starts before the committed position where feature rows are older than
// it: those records are `redo`: they go to the feature store only, without counting, deciding or
// dead-lettering them again.

#ifndef MILLRACE_APP_WORKERS_SOURCE_INPUT_H_
#define MILLRACE_APP_WORKERS_SOURCE_INPUT_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "app/project.h"
#include "stream/decode/decoder.h"
#include "stream/event.h"
#include "stream/log.h"
#include "stream/progress.h"

namespace millrace {

// read = applied + duplicate + late + rejected, at all times.
struct SourceCounts {
  uint64_t read = 0;
  uint64_t bytes = 0;
  uint64_t applied = 0;
  uint64_t duplicate = 0;
  uint64_t late = 0;
  uint64_t rejected = 0;
};

// Where a partition stands; committed with the state that led to it.
struct InputPosition {
  int64_t next_offset = 0;
  int64_t newest_event_ms = kNoTime;
  int64_t newest_append_ms = kNoTime;
  SourceCounts counts;
  // (next offset, newest event time) at earlier commits, back to the lowest mark of any shard, so
  // that redone records are judged late exactly as they were the first time.
  std::deque<std::pair<int64_t, int64_t>> history;

  // Where the state keeps it.
  static std::string Key(const SourceSpec& source, int32_t partition);
  std::string Encode() const;
  static absl::StatusOr<InputPosition> Decode(absl::string_view bytes);
};

class SourceInput {
 public:
  // What to do with a rejected record (dead letter); not called for redone ones.
  using OnReject = std::function<absl::Status(const Record&, const Rejection&)>;

  // `redo_from`: lowest offset that some shard has not seen (<= position.next_offset).
  SourceInput(const SourceSpec& spec, int32_t source, int32_t partition, InputPosition position,
              int64_t redo_from, std::unique_ptr<Decoder> decoder, OnReject on_reject);

  // Makes head() the next good record, reading from the log as needed; rejected records are counted
  // and passed to OnReject on the way. False: nothing to read now, or a record that can only be
  // judged later (Rejection::transient); it is tried again, and holds time. Errors: those of
  // LogReader::Read but Unavailable (there is nothing to read now), those of OnReject, or
  // FailedPrecondition when the source says `on_error: stop`.
  absl::StatusOr<bool> Peek(LogReader& reader, size_t index);
  bool has_head() const { return has_head_; }
  // REQUIRES: has_head(). Valid until Pop.
  const Event& head() const { return head_; }
  // The head lies before the committed position.
  bool head_is_redo() const { return head_.offset < position_.next_offset; }
  // Takes the head as applied.
  void Pop();

  // Records before the committed position are still to be redone.
  bool redoing() const {
    return next_offset_ < position_.next_offset && !at_end_ && (!has_head_ || head_is_redo());
  }
  bool at_end() const { return at_end_; }
  int64_t progress_offset() const { return next_offset_; }  // all below were popped or rejected
  InputTimes times() const {
    return {position_.newest_event_ms, position_.newest_append_ms, at_end_ && !has_head_};
  }
  InputPosition& position() { return position_; }
  const InputPosition& position() const { return position_; }
  int32_t source() const { return source_; }
  int32_t partition() const { return partition_; }
  const SourceSpec& spec() const { return spec_; }
  int64_t start_offset() const { return redo_from_; }

 private:
  enum class Taken : uint8_t { kHead, kRejected, kLater };
  // Decodes and judges one record.
  absl::StatusOr<Taken> Take(const Record& record);
  absl::Status Reject(const Record& record, const Rejection& rejection);
  void Passed(int64_t offset);

  const SourceSpec& spec_;
  const int32_t source_;
  const int32_t partition_;
  InputPosition position_;
  const int64_t redo_from_;
  std::unique_ptr<Decoder> decoder_;
  OnReject on_reject_;

  RecordBatch batch_;
  size_t next_record_ = 0;
  DecodedRecord decoded_;
  Event head_;
  uint64_t head_bytes_ = 0;
  bool has_head_ = false;
  bool at_end_ = false;
  int64_t next_offset_;  // of this process: redo included
  int64_t redo_newest_event_ms_ = kNoTime;
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_SOURCE_INPUT_H_
