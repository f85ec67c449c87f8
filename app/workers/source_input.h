// SourceInput: one partition of a source: its records in log order, decoded one at a time, judged
// by time and by id, counted, and given as the events that they are. Owned by the engine's thread.
//
// A record is wholly taken or not at all, and counts once, whatever it says: nothing, a row, a row
// taken back, or both; then what it takes back comes first. A change whose row is on time and whose
// old row is not gives the row only. A tombstone (no value) stands at its record's timestamp,
// deletes by its key, and moves no time, as that timestamp need not be of the records' clock; in a
// Debezium envelope it only follows a deletion and does nothing.
//
// After a restart reading starts before the committed position where feature rows are older than
// it: those records are `redo`: their events go to the feature store only, without counting,
// deciding or dead-lettering them again, and are the events of the first time.

#ifndef MILLRACE_APP_WORKERS_SOURCE_INPUT_H_
#define MILLRACE_APP_WORKERS_SOURCE_INPUT_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "app/project.h"
#include "app/workers/input_position.h"
#include "app/workers/record_events.h"
#include "app/workers/source_lookups.h"
#include "stream/applied_ids.h"
#include "stream/decode/decoder.h"
#include "stream/event.h"
#include "stream/log.h"
#include "stream/progress.h"

namespace millrace {

class SourceInput {
 public:
  // What to do with a rejected record (dead letter); not called for redone ones.
  using OnReject = std::function<absl::Status(const Record&, const Rejection&)>;

  // What the records are read and judged with.
  struct Parts {
    std::unique_ptr<Decoder> decoder;
    // Of the source, shared by its partitions; null unless it has `dedup_ms`. Outlive the input.
    AppliedIds* ids = nullptr;
    std::unique_ptr<SourceLookups> lookups;  // null unless the source has some
    // How many partitions the topic has, where `partitioned_by` says by whose key; else 0.
    int32_t partitions = 0;
    OnReject on_reject;
  };

  // `redo_from`: lowest offset that some shard has not seen (<= position.next_offset). REQUIRES:
  // sources outlive this.
  SourceInput(const std::vector<SourceSpec>& sources, int32_t source, int32_t partition,
              InputPosition position, int64_t redo_from, Parts parts);

  // Makes the next record that is neither rejected nor empty the head, reading from the log as
  // needed; those on the way are counted, and what is rejected passed to OnReject. False: nothing
  // to read now, or a record that can only be judged later (Rejection::transient); it is tried
  // again, and holds time. Errors: those of LogReader::Read but Unavailable (there is nothing to
  // read now), those of OnReject, FailedPrecondition when the source says `on_error: stop`, or
  // DataLoss when the log is not the one that was read before.
  absl::StatusOr<bool> Peek(LogReader& reader, size_t index);
  bool has_head() const { return has_head_; }
  // Where the head stands among records; its time is that of its row, or of what it takes back, but
  // not beyond what it may move time to. REQUIRES: has_head().
  const EventOrder& head() const { return head_; }
  // The head lies before the committed position.
  bool head_is_redo() const { return head_.offset < position_.next_offset; }
  // Takes the head: visits its events unless it is a duplicate, and counts it. An error is that of
  // visit; then this must not be used any more. REQUIRES: has_head().
  absl::Status Take(RecordEvents::Visit visit);

  // Notes in the position which record is the newest that was taken; to be called before that is
  // stored.
  void MarkNewestRecord();

  // Records before the committed position are still to be redone.
  bool redoing() const {
    return next_offset_ < position_.next_offset && !at_end_ && (!has_head_ || head_is_redo());
  }
  bool at_end() const { return at_end_; }
  // Of the newest record read; kNoTime before the first.
  int64_t read_append_ms() const { return append_ms_; }
  int64_t progress_offset() const { return next_offset_; }  // all below were taken or rejected
  InputTimes times() const {
    // Files that were read to their end are no input any more.
    if (partition_ == kHistoryPartition && at_end_ && !has_head_) return {kNoTime, kNoTime, true};
    return {position_.newest_event_ms, position_.newest_append_ms, at_end_ && !has_head_};
  }
  InputPosition& position() { return position_; }
  const InputPosition& position() const { return position_; }
  int32_t source() const { return source_; }
  int32_t partition() const { return partition_; }
  const SourceSpec& spec() const { return spec_; }
  const RecordEvents& events() const { return events_; }
  SourceLookups* lookups() { return parts_.lookups.get(); }
  // Where reading is to begin: at the newest record that was taken, to see that it is still there.
  int64_t start_offset() const {
    return expected_ ? std::min(expected_->offset, redo_from_) : redo_from_;
  }

 private:
  enum class Verdict : uint8_t {
    kHead,
    kPassed,  // rejected or empty, and counted
    kLater,   // to be judged again: as if it had not been read
  };
  // DataLoss when the log has another record where the newest one stood that was taken.
  absl::Status CheckIdentity(const Record& record);
  // Decodes and judges one record.
  absl::StatusOr<Verdict> Accept(const Record& record);
  std::optional<Rejection> JudgeContent();
  std::optional<Rejection> JudgeTimes(const Record& record);
  TimeVerdict VerdictOn(int64_t event_time_ms, const Record& record) const;
  bool is_event() const { return decoded_.inserts || decoded_.retracts || deletes_; }
  // The time of what the record says: of its row, or what it takes back, or of the tombstone.
  int64_t event_time_ms() const {
    return deletes_ ? tombstone_.event_time_ms
                    : (decoded_.inserts ? decoded_.row : decoded_.before).event_time_ms;
  }
  absl::Status Reject(const Record& record, const Rejection& rejection);
  // True of a duplicate, which is counted unless it is redone.
  bool IsDuplicate();
  // What this record inserts stands in the files, or in the topic, of which it is not.
  bool IsOnOtherSide() const;
  // Whether the event's entity belongs into another partition.
  bool IsMisrouted(const Event& event);
  absl::Status VisitRow(const DecodedRow& row, Change change, RecordEvents::Visit visit);
  void Passed(int64_t offset);
  int64_t newest_event_ms() const {
    return in_redo_ ? redo_newest_event_ms_ : position_.newest_event_ms;
  }

  const SourceSpec& spec_;
  const int32_t source_;
  const int32_t partition_;
  InputPosition position_;
  const int64_t redo_from_;
  std::optional<Fingerprint> expected_;  // until it, or one beyond, was read
  const Parts parts_;
  RecordEvents events_;

  RecordBatch batch_;
  size_t next_record_ = 0;
  // The record that is judged, or the head.
  DecodedRecord decoded_;
  EventOrder head_;
  bool in_redo_ = false;
  int64_t append_ms_ = kNoTime;
  int64_t time_cap_ms_ = INT64_MAX;
  uint64_t value_bytes_ = 0;
  std::string id_;
  bool deletes_ = false;
  Event tombstone_;  // meaningful while deletes_
  bool one_sided_ = false;
  bool misrouted_ = false;

  bool has_head_ = false;
  bool at_end_ = false;
  int64_t next_offset_;  // of this process: redo included
  int64_t redo_newest_event_ms_ = kNoTime;
  std::string scratch_;
  std::vector<Value> key_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_SOURCE_INPUT_H_
