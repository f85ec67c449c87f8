// Event: a decoded record of a source, placed in event time. Owned by whoever decoded it; its
// values may be views into the record's bytes.

#ifndef MILLRACE_STREAM_EVENT_H_
#define MILLRACE_STREAM_EVENT_H_

#include <compare>
#include <cstdint>
#include <span>

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

struct Event {
  int64_t event_time_ms = 0;
  int64_t append_ms = 0;  // when the log appended it
  int32_t source = 0;     // index in the project
  int32_t partition = 0;
  int64_t offset = 0;
  std::span<const Value> fields;  // by Schema index
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EVENT_H_
