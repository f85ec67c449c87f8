#include "app/workers/source_input.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "stream/state_keys.h"

namespace millrace {
namespace {

constexpr size_t kReadBytes = 256 << 10;

std::string Text(int64_t ms) { return ToString(Value::Duration(ms)); }

constexpr uint64_t SourceCounts::*kStoredCounts[] = {
    &SourceCounts::read,      &SourceCounts::bytes, &SourceCounts::applied,
    &SourceCounts::duplicate, &SourceCounts::late,  &SourceCounts::rejected};

}  // namespace

std::string InputPosition::Key(const SourceSpec& source, int32_t partition) {
  std::string key(1, kInputPrefix);
  PutLengthPrefixed(&key, source.name);
  PutBig32(&key, static_cast<uint32_t>(partition));
  return key;
}

std::string InputPosition::Encode() const {
  std::string out;
  PutSignedVarint(&out, next_offset);
  PutSignedVarint(&out, newest_event_ms);
  PutSignedVarint(&out, newest_append_ms);
  for (uint64_t SourceCounts::*count : kStoredCounts) PutVarint(&out, counts.*count);
  PutVarint(&out, history.size());
  for (const auto& [offset, newest] : history) {
    PutSignedVarint(&out, offset);
    PutSignedVarint(&out, newest);
  }
  return out;
}

absl::StatusOr<InputPosition> InputPosition::Decode(absl::string_view bytes) {
  InputPosition position;
  uint64_t history = 0;
  bool good = GetSignedVarint(&bytes, &position.next_offset) &&
              GetSignedVarint(&bytes, &position.newest_event_ms) &&
              GetSignedVarint(&bytes, &position.newest_append_ms);
  for (uint64_t SourceCounts::*count : kStoredCounts) {
    good = good && GetVarint(&bytes, &(position.counts.*count));
  }
  good = good && GetVarint(&bytes, &history);
  for (uint64_t i = 0; good && i < history; ++i) {
    std::pair<int64_t, int64_t> entry;
    good = GetSignedVarint(&bytes, &entry.first) && GetSignedVarint(&bytes, &entry.second);
    position.history.push_back(entry);
  }
  if (!good) return absl::DataLossError("a stored source position does not parse");
  return position;
}

SourceInput::SourceInput(const SourceSpec& spec, int32_t source, int32_t partition,
                         InputPosition position, int64_t redo_from,
                         std::unique_ptr<Decoder> decoder, OnReject on_reject)
    : spec_(spec),
      source_(source),
      partition_(partition),
      position_(std::move(position)),
      redo_from_(std::min(redo_from, position_.next_offset)),
      decoder_(std::move(decoder)),
      on_reject_(std::move(on_reject)),
      next_offset_(redo_from_) {
  for (const auto& [offset, newest] : position_.history) {
    if (offset <= redo_from_) redo_newest_event_ms_ = newest;
  }
}

absl::StatusOr<bool> SourceInput::Peek(LogReader& reader, size_t index) {
  while (!has_head_) {
    if (next_record_ == batch_.records().size()) {
      batch_.Clear();
      next_record_ = 0;
      const absl::StatusOr<int> read = reader.Read(index, kReadBytes, &batch_);
      if (!read.ok() && !absl::IsUnavailable(read.status())) return read.status();
      if (!read.ok() || *read == 0) {
        // An input that cannot be reached is not idle: it holds time until it can.
        at_end_ = read.ok() && reader.AtEnd(index);
        return false;
      }
      at_end_ = false;
    }
    ASSIGN_OR_RETURN(const Taken taken, Take(batch_.records()[next_record_]));
    if (taken == Taken::kLater) return false;
    ++next_record_;
    has_head_ = taken == Taken::kHead;
  }
  return true;
}

absl::StatusOr<SourceInput::Taken> SourceInput::Take(const Record& record) {
  const bool redo = record.offset < position_.next_offset;
  std::optional<Rejection> rejection = decoder_->Decode(record, &decoded_);
  if (rejection && rejection->transient) return Taken::kLater;
  if (rejection) {
    RETURN_IF_ERROR(Reject(record, *rejection));
    return Taken::kRejected;
  }
  const int64_t newest = redo ? redo_newest_event_ms_ : position_.newest_event_ms;
  switch (JudgeTime(decoded_.row.event_time_ms, record.append_ms, newest, spec_.retention_ms,
                    spec_.future_skew_ms)) {
    case TimeVerdict::kOnTime: break;
    case TimeVerdict::kLate:
      RETURN_IF_ERROR(
          Reject(record,
                 {RejectCode::kLate,
                  absl::StrCat("event time is ", Text(newest - decoded_.row.event_time_ms),
                               " behind its partition, retention is ", Text(spec_.retention_ms))}));
      return Taken::kRejected;
    case TimeVerdict::kFuture:
      RETURN_IF_ERROR(Reject(
          record,
          {RejectCode::kFuture,
           absl::StrCat("event time is ", Text(decoded_.row.event_time_ms - record.append_ms),
                        " after it was appended, allowed are ", Text(spec_.future_skew_ms))}));
      return Taken::kRejected;
  }
  head_ = {decoded_.row.event_time_ms, record.append_ms, source_, partition_, record.offset,
           decoded_.row.fields};
  head_bytes_ = record.value ? record.value->size() : 0;
  return Taken::kHead;
}

absl::Status SourceInput::Reject(const Record& record, const Rejection& rejection) {
  const bool redo = record.offset < position_.next_offset;
  if (!redo) {
    if (spec_.on_error == OnError::kStop) {
      return absl::FailedPreconditionError(absl::StrCat(
          "source ", spec_.name, ": partition ", partition_, " offset ", record.offset, ": ",
          RejectCodeName(rejection.code), ": ", rejection.message, " (on_error: stop)"));
    }
    ++position_.counts.read;
    position_.counts.bytes += record.value ? record.value->size() : 0;
    ++(rejection.code == RejectCode::kLate ? position_.counts.late : position_.counts.rejected);
    RETURN_IF_ERROR(on_reject_(record, rejection));
  }
  Passed(record.offset);
  return absl::OkStatus();
}

void SourceInput::Pop() {
  if (head_is_redo()) {
    redo_newest_event_ms_ = std::max(redo_newest_event_ms_, head_.event_time_ms);
  } else {
    ++position_.counts.read;
    ++position_.counts.applied;
    position_.counts.bytes += head_bytes_;
    if (head_.event_time_ms >= position_.newest_event_ms) {
      position_.newest_event_ms = head_.event_time_ms;
      position_.newest_append_ms = head_.append_ms;
    }
  }
  Passed(head_.offset);
  has_head_ = false;
}

void SourceInput::Passed(int64_t offset) {
  next_offset_ = offset + 1;
  position_.next_offset = std::max(position_.next_offset, next_offset_);
}

}  // namespace millrace
