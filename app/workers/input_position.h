// InputPosition: where the reading of a partition stands, with what was counted on the way. It is
// committed with the state that led to it (docs/formats/state.md). Plain values.

#ifndef MILLRACE_APP_WORKERS_INPUT_POSITION_H_
#define MILLRACE_APP_WORKERS_INPUT_POSITION_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "app/project.h"
#include "app/workers/record_events.h"
#include "stream/fingerprint.h"
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
  // Of the duplicates: what says something else than the record that was applied.
  uint64_t conflicting = 0;
  // Of the applied: changes of which the row was on time, and what it replaces too late or dated
  // ahead, so that only the row counts.
  uint64_t one_sided = 0;
  // Of the applied: looked in a view that had not come to their time when they had waited.
  uint64_t unaligned = 0;
  // Of the applied: delete entities.
  uint64_t tombstones = 0;
  // Of the applied: in another partition than their key's.
  uint64_t misrouted = 0;
  // Of the applied: rows older than the newest of their partition by more than `out_of_order`.
  uint64_t late_merged = 0;

  SourceCounts& operator+=(const SourceCounts& other);
};

struct InputPosition {
  int64_t next_offset = 0;
  int64_t oldest_event_ms = kEndOfTime;  // ever applied
  int64_t newest_event_ms = kNoTime;
  int64_t newest_append_ms = kNoTime;
  SourceCounts counts;
  // What its records became, by RecordEvents::reached.
  std::vector<EventCounts> events;
  // Of the newest record below next_offset; absent while there is none.
  std::optional<Fingerprint> newest_record;
  // (next offset, newest event time) at earlier commits, back to the lowest mark of any shard, so
  // that redone records are judged late exactly as they were the first time.
  std::deque<std::pair<int64_t, int64_t>> history;

  // Newest event time of the records below `offset`, as far as it is remembered; else kNoTime.
  int64_t NewestBefore(int64_t offset) const;

  // Where the state keeps it.
  static std::string Key(const SourceSpec& source, int32_t partition);
  std::string Encode() const;
  static absl::StatusOr<InputPosition> Decode(absl::string_view bytes);
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_INPUT_POSITION_H_
