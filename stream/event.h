// Event: a decoded record of a source, placed in event time. Owned by whoever decoded it; its
// values may be views into the record's bytes.

#ifndef MILLRACE_STREAM_EVENT_H_
#define MILLRACE_STREAM_EVENT_H_

#include <compare>
#include <cstdint>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "core/value.h"

namespace millrace {

// The total order of records everywhere: (event time, source index, partition, offset). Arrival
// order never matters. `source` is the index of the source within the view that orders them.
struct EventOrder {
  int64_t event_time_ms = 0;
  int32_t source = 0;
  int32_t partition = 0;
  int64_t offset = 0;
  friend auto operator<=>(const EventOrder&, const EventOrder&) = default;
};

// What a record says of its fields.
enum class Change : uint8_t {
  kInsert,   // they happened
  kRetract,  // they did not happen after all: reverses an earlier record of the same fields
  kDelete,   // there are none: a tombstone, whose key says what is deleted
};

// A record may be several events (a change is a retraction and an insertion; `each` makes one of
// each item); they have its offset in common and come in their order within it.
struct Event {
  int64_t event_time_ms = 0;
  int64_t append_ms = 0;  // when the log appended it
  int32_t source = 0;     // index in the project
  int32_t partition = 0;
  int64_t offset = 0;
  std::span<const Value> fields;  // by Schema index
  Change change = Change::kInsert;
  int32_t item = 0;  // its place among the events that its record is for its source
  // Of all fields and the event time, equal for what an event and its retraction say; 0 where the
  // source knows no retractions.
  uint64_t fingerprint = 0;
  // When it became known: appended, unless a view takes that from a field.
  int64_t known_ms = 0;
  // It moves time no further than this: what is dated beyond the allowed skew is kept at its own
  // time, and time does not follow it.
  int64_t time_cap_ms = INT64_MAX;
  absl::string_view key;  // of the record; meaningful with kDelete
};

// The fingerprint of an event: xxh3 of its time and the bytes of its fields (core/value_coding.h),
// which are written to *scratch.
uint64_t FingerprintOf(int64_t event_time_ms, std::span<const Value> fields, std::string* scratch);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EVENT_H_
