#include "app/workers/input_position.h"

#include "core/coding.h"
#include "stream/state_keys.h"

namespace millrace {
namespace {

constexpr uint64_t SourceCounts::*kCounts[] = {
    &SourceCounts::read,        &SourceCounts::bytes,     &SourceCounts::applied,
    &SourceCounts::duplicate,   &SourceCounts::late,      &SourceCounts::rejected,
    &SourceCounts::conflicting, &SourceCounts::one_sided, &SourceCounts::unaligned,
    &SourceCounts::tombstones,  &SourceCounts::misrouted, &SourceCounts::late_merged};

constexpr uint64_t EventCounts::*kEventCounts[] = {&EventCounts::inserted, &EventCounts::retracted,
                                                   &EventCounts::filtered};

bool GetFingerprint(absl::string_view* in, std::optional<Fingerprint>* print) {
  if (in->empty() || static_cast<uint8_t>(in->front()) > 1) return false;
  const bool present = in->front() != 0;
  in->remove_prefix(1);
  if (!present) return true;
  print->emplace();
  return GetSignedVarint(in, &(*print)->offset) && GetSignedVarint(in, &(*print)->timestamp_ms) &&
         GetBig64(in, &(*print)->content);
}

}  // namespace

SourceCounts& SourceCounts::operator+=(const SourceCounts& other) {
  for (uint64_t SourceCounts::*count : kCounts) this->*count += other.*count;
  return *this;
}

int64_t InputPosition::NewestBefore(int64_t offset) const {
  int64_t newest_ms = kNoTime;
  for (const auto& [next, newest] : history) {
    if (next <= offset) newest_ms = newest;
  }
  return newest_ms;
}

std::string InputPosition::Key(const SourceSpec& source, int32_t partition) {
  std::string key(1, kInputPrefix);
  PutLengthPrefixed(&key, source.name);
  PutBig32(&key, static_cast<uint32_t>(partition));
  return key;
}

std::string InputPosition::Encode() const {
  std::string out;
  PutSignedVarint(&out, next_offset);
  PutSignedVarint(&out, oldest_event_ms);
  PutSignedVarint(&out, newest_event_ms);
  PutSignedVarint(&out, newest_append_ms);
  for (uint64_t SourceCounts::*count : kCounts) PutVarint(&out, counts.*count);
  PutVarint(&out, events.size());
  for (const EventCounts& source : events) {
    for (uint64_t EventCounts::*count : kEventCounts) PutVarint(&out, source.*count);
  }
  out.push_back(newest_record ? 1 : 0);
  if (newest_record) {
    PutSignedVarint(&out, newest_record->offset);
    PutSignedVarint(&out, newest_record->timestamp_ms);
    PutBig64(&out, newest_record->content);
  }
  PutVarint(&out, history.size());
  for (const auto& [offset, newest] : history) {
    PutSignedVarint(&out, offset);
    PutSignedVarint(&out, newest);
  }
  return out;
}

absl::StatusOr<InputPosition> InputPosition::Decode(absl::string_view bytes) {
  InputPosition position;
  uint64_t sources = 0, history = 0;
  bool good = GetSignedVarint(&bytes, &position.next_offset) &&
              GetSignedVarint(&bytes, &position.oldest_event_ms) &&
              GetSignedVarint(&bytes, &position.newest_event_ms) &&
              GetSignedVarint(&bytes, &position.newest_append_ms);
  for (uint64_t SourceCounts::*count : kCounts) {
    good = good && GetVarint(&bytes, &(position.counts.*count));
  }
  good = good && GetVarint(&bytes, &sources);
  for (uint64_t i = 0; good && i < sources; ++i) {
    EventCounts& source = position.events.emplace_back();
    for (uint64_t EventCounts::*count : kEventCounts) {
      good = good && GetVarint(&bytes, &(source.*count));
    }
  }
  good = good && GetFingerprint(&bytes, &position.newest_record) && GetVarint(&bytes, &history);
  for (uint64_t i = 0; good && i < history; ++i) {
    std::pair<int64_t, int64_t> entry;
    good = GetSignedVarint(&bytes, &entry.first) && GetSignedVarint(&bytes, &entry.second);
    position.history.push_back(entry);
  }
  if (!good || !bytes.empty()) {
    return absl::DataLossError("a stored source position does not parse");
  }
  return position;
}

}  // namespace millrace
