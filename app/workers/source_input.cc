#include "app/workers/source_input.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "core/value_coding.h"
#include "featurestore/entity_key.h"

namespace millrace {
namespace {

constexpr size_t kReadBytes = 256 << 10;

std::string Text(int64_t ms) { return ToString(Value::Duration(ms)); }

int64_t AddSaturated(int64_t a, int64_t b) {
  int64_t sum;
  return __builtin_add_overflow(a, b, &sum) ? (b > 0 ? INT64_MAX : INT64_MIN) : sum;
}

// A record that takes something back is no copy of the one that said it.
char KindOf(const DecodedRecord& record) {
  return record.inserts ? (record.retracts ? 'c' : 'i') : 'r';
}

}  // namespace

SourceInput::SourceInput(const std::vector<SourceSpec>& sources, int32_t source, int32_t partition,
                         InputPosition position, int64_t redo_from, Parts parts)
    : spec_(sources[static_cast<size_t>(source)]),
      source_(source),
      partition_(partition),
      position_(std::move(position)),
      redo_from_(std::min(redo_from, position_.next_offset)),
      expected_(position_.newest_record),
      parts_(std::move(parts)),
      events_(sources, source, partition),
      next_offset_(redo_from_),
      redo_newest_event_ms_(position_.NewestBefore(redo_from_)) {
  position_.events.resize(events_.reached().size());
}

absl::StatusOr<bool> SourceInput::Peek(LogReader& reader, size_t index) {
  while (!has_head_) {
    if (next_record_ == batch_.records().size()) {
      MarkNewestRecord();
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
    ASSIGN_OR_RETURN(const Verdict verdict, Accept(batch_.records()[next_record_]));
    if (verdict == Verdict::kLater) return false;
    ++next_record_;
    has_head_ = verdict == Verdict::kHead;
  }
  return true;
}

void SourceInput::MarkNewestRecord() {
  const size_t taken = next_record_ - (has_head_ ? 1 : 0);
  if (taken == 0) return;
  const Record& newest = batch_.records()[taken - 1];
  if (newest.offset + 1 == position_.next_offset) position_.newest_record = FingerprintOf(newest);
}

absl::Status SourceInput::CheckIdentity(const Record& record) {
  if (!expected_ || record.offset < expected_->offset) return absl::OkStatus();
  const Fingerprint expected = *expected_;
  expected_.reset();
  if (record.offset > expected.offset || FingerprintOf(record) == expected) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("topic ", spec_.topic, " partition ", partition_,
                   " has another record at offset ", record.offset,
                   " than the one that the state has read: it was cut off, made anew, restored, "
                   "or is another topic"));
}

absl::StatusOr<SourceInput::Verdict> SourceInput::Accept(const Record& record) {
  RETURN_IF_ERROR(CheckIdentity(record));
  if (record.offset < redo_from_) return Verdict::kPassed;  // read for that alone
  in_redo_ = record.offset < position_.next_offset;
  append_ms_ = record.append_ms;
  time_cap_ms_ = spec_.keep_future ? AddSaturated(append_ms_, spec_.future_skew_ms) : INT64_MAX;
  value_bytes_ = record.value ? record.value->size() : 0;
  one_sided_ = misrouted_ = false;
  std::optional<Rejection> rejection = parts_.decoder->Decode(record, &decoded_);
  if (rejection && rejection->transient) return Verdict::kLater;
  deletes_ = !rejection && !record.value && spec_.decoder.envelope != Envelope::kDebezium;
  if (deletes_) {
    tombstone_.event_time_ms = record.timestamp_ms;
    tombstone_.append_ms = tombstone_.known_ms = record.append_ms;
    tombstone_.offset = record.offset;
    tombstone_.change = Change::kDelete;
    tombstone_.key = *record.key;
  }
  if (!rejection) rejection = JudgeContent();
  if (!rejection) rejection = JudgeTimes(record);
  if (rejection) {
    RETURN_IF_ERROR(Reject(record, *rejection));
    return Verdict::kPassed;
  }
  if (!is_event()) {
    if (!in_redo_) {
      ++position_.counts.read;
      ++position_.counts.applied;
      position_.counts.bytes += value_bytes_;
      if (!record.value) ++position_.counts.tombstones;
    }
    Passed(record.offset);
    return Verdict::kPassed;
  }
  head_ = {std::min(event_time_ms(), time_cap_ms_), source_, partition_, record.offset};
  return Verdict::kHead;
}

std::optional<Rejection> SourceInput::JudgeContent() {
  if (decoded_.retracts && !spec_.retracts) {
    return Rejection{RejectCode::kSchema,
                     absl::StrCat("the record takes an earlier one back, which the source does not "
                                  "expect: set sources.",
                                  spec_.name, ".retract: true")};
  }
  if (parts_.ids == nullptr || (!decoded_.inserts && !decoded_.retracts)) return std::nullopt;
  id_.assign(1, KindOf(decoded_));
  if (spec_.id == nullptr) {
    if (!decoded_.id) return Rejection{RejectCode::kId, "the record's envelope has no id"};
    PutValue(&id_, Value::String(*decoded_.id));
    return std::nullopt;
  }
  const DecodedRow& row = decoded_.inserts ? decoded_.row : decoded_.before;
  const Value id = spec_.id->Evaluate(row.fields, &scratch_);
  if (id.is_null()) return Rejection{RejectCode::kId, "the id is missing or null"};
  PutValue(&id_, id);
  return std::nullopt;
}

TimeVerdict SourceInput::VerdictOn(int64_t event_time_ms, const Record& record) const {
  return JudgeTime(event_time_ms, record.append_ms, newest_event_ms(), spec_.retention_ms,
                   spec_.keep_future ? kEndOfTime : spec_.future_skew_ms);
}

std::optional<Rejection> SourceInput::JudgeTimes(const Record& record) {
  if (!is_event()) return std::nullopt;
  switch (VerdictOn(event_time_ms(), record)) {
    case TimeVerdict::kOnTime: break;
    case TimeVerdict::kLate:
      return Rejection{
          RejectCode::kLate,
          absl::StrCat("event time is ", Text(newest_event_ms() - event_time_ms()),
                       " behind its partition, retention is ", Text(spec_.retention_ms))};
    case TimeVerdict::kFuture:
      return Rejection{
          RejectCode::kFuture,
          absl::StrCat("event time is ", Text(event_time_ms() - record.append_ms),
                       " after it was appended, allowed are ", Text(spec_.future_skew_ms))};
  }
  if (decoded_.inserts && decoded_.retracts &&
      VerdictOn(decoded_.before.event_time_ms, record) != TimeVerdict::kOnTime) {
    decoded_.retracts = false;
    one_sided_ = true;
  }
  return std::nullopt;
}

absl::Status SourceInput::Reject(const Record& record, const Rejection& rejection) {
  if (!in_redo_) {
    if (spec_.on_error == OnError::kStop) {
      return absl::FailedPreconditionError(absl::StrCat(
          "source ", spec_.name, ": partition ", partition_, " offset ", record.offset, ": ",
          RejectCodeName(rejection.code), ": ", rejection.message, " (on_error: stop)"));
    }
    ++position_.counts.read;
    position_.counts.bytes += value_bytes_;
    ++(rejection.code == RejectCode::kLate ? position_.counts.late : position_.counts.rejected);
    RETURN_IF_ERROR(parts_.on_reject(record, rejection));
  }
  Passed(record.offset);
  return absl::OkStatus();
}

bool SourceInput::IsOnOtherSide() const {
  if (!spec_.history || !decoded_.inserts || decoded_.retracts) return false;
  const bool in_files = decoded_.row.event_time_ms < spec_.history->until_ms;
  return in_files != (partition_ == kHistoryPartition);
}

bool SourceInput::IsDuplicate() {
  if (IsOnOtherSide()) {
    if (!in_redo_) ++position_.counts.duplicate;
    return true;
  }
  if (parts_.ids == nullptr || deletes_) return false;
  const DecodedRow& row = decoded_.inserts ? decoded_.row : decoded_.before;
  uint64_t content = FingerprintOf(row.event_time_ms, row.fields, &scratch_);
  if (decoded_.inserts && decoded_.retracts) {
    content += FingerprintOf(decoded_.before.event_time_ms, decoded_.before.fields, &scratch_);
  }
  const AppliedIds::Copy copy = {row.event_time_ms, head_.offset, partition_,
                                 static_cast<uint32_t>(content)};
  const AppliedIds::Verdict verdict = parts_.ids->Judge(id_, copy);
  if (verdict == AppliedIds::Verdict::kFirst) {
    parts_.ids->Add(id_, copy);
    return false;
  }
  if (!in_redo_) {
    ++position_.counts.duplicate;
    if (verdict == AppliedIds::Verdict::kConflicting) ++position_.counts.conflicting;
  }
  return true;
}

bool SourceInput::IsMisrouted(const Event& event) {
  if (parts_.partitions == 0 || event.source != source_) return false;
  key_.clear();
  scratch_.clear();
  for (const int field : spec_.partitioned_by->key_fields) {
    key_.push_back(event.fields[static_cast<size_t>(field)]);
    if (key_.back().is_null()) return false;
    AppendKeyField(key_.back(), &scratch_);
  }
  return ShardOfEntity(key_, scratch_, parts_.partitions) != partition_;
}

absl::Status SourceInput::VisitRow(const DecodedRow& row, Change change,
                                   RecordEvents::Visit visit) {
  Event event;
  event.event_time_ms = row.event_time_ms;
  event.append_ms = event.known_ms = append_ms_;
  event.offset = head_.offset;
  event.fields = row.fields;
  if (parts_.lookups != nullptr) {
    ASSIGN_OR_RETURN(event.fields, parts_.lookups->Extend(head_.offset, row,
                                                          in_redo_ ? SourceLookups::Pass::kRedo
                                                                   : SourceLookups::Pass::kFirst));
  }
  event.change = change;
  event.time_cap_ms = time_cap_ms_;
  std::span<EventCounts> counts;
  if (!in_redo_) counts = position_.events;
  const auto check_and_visit = [&](const Event& made) {
    misrouted_ = misrouted_ || IsMisrouted(made);
    return visit(made);
  };
  RETURN_IF_ERROR(events_.ForEach(event, check_and_visit, counts));
  position_.oldest_event_ms = std::min(position_.oldest_event_ms, row.event_time_ms);
  // Whatever was applied moves the time of its partition, as far as it may.
  const int64_t time_ms = std::min(row.event_time_ms, time_cap_ms_);
  if (in_redo_) {
    redo_newest_event_ms_ = std::max(redo_newest_event_ms_, time_ms);
  } else if (time_ms >= position_.newest_event_ms) {
    position_.newest_event_ms = time_ms;
    position_.newest_append_ms = append_ms_;
  }
  return absl::OkStatus();
}

absl::Status SourceInput::Take(RecordEvents::Visit visit) {
  has_head_ = false;
  const bool duplicate = IsDuplicate();
  const bool late = !duplicate && !deletes_ && position_.newest_event_ms != kNoTime &&
                    event_time_ms() < position_.newest_event_ms - spec_.time_rule.out_of_order_ms;
  if (!duplicate) {
    events_.Begin();
    if (deletes_) RETURN_IF_ERROR(events_.ForEachPlace(tombstone_, visit));
    if (decoded_.retracts) RETURN_IF_ERROR(VisitRow(decoded_.before, Change::kRetract, visit));
    if (decoded_.inserts) RETURN_IF_ERROR(VisitRow(decoded_.row, Change::kInsert, visit));
  }
  if (!in_redo_) {
    SourceCounts& counts = position_.counts;
    ++counts.read;
    counts.bytes += value_bytes_;
    if (!duplicate) ++counts.applied;
    if (one_sided_) ++counts.one_sided;
    if (misrouted_) ++counts.misrouted;
    if (late) ++counts.late_merged;
    if (deletes_) ++counts.tombstones;
    if (!duplicate && parts_.lookups != nullptr && parts_.lookups->behind()) ++counts.unaligned;
  }
  Passed(head_.offset);
  return absl::OkStatus();
}

void SourceInput::Passed(int64_t offset) {
  next_offset_ = offset + 1;
  position_.next_offset = std::max(position_.next_offset, next_offset_);
}

}  // namespace millrace
