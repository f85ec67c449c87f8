// Debezium envelopes: {op, before, after}, in any format; in JSON also within {schema, payload}.
// Thread-safe: pure functions.
//
// Source: the Debezium documentation, "Data change events" of the connectors for PostgreSQL and
// MySQL.

#ifndef MILLRACE_STREAM_DECODE_DEBEZIUM_H_
#define MILLRACE_STREAM_DECODE_DEBEZIUM_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "stream/decode/decoder.h"
#include "stream/decode/projection.h"

namespace millrace {

struct DebeziumSlots {
  int op = 0;
  int has_before = 0;
  int has_after = 0;
  RowSlots before;
  RowSlots after;
};

// Adds the envelope's slots, and those of its two rows.
DebeziumSlots AddDebezium(const DecoderOptions& options, ProjectionNode* root,
                          Projection* projection);

enum class RowState : uint8_t { kAbsent, kPresent };

// What an operation does to the rows it brings.
struct RowChange {
  bool inserts = false;   // `after`
  bool retracts = false;  // `before`
};
// c and r insert, u does both, d retracts, m (a message in the database's log) does nothing.
// Rejected: a truncation (t), which names no rows; another operation; one without the rows it
// needs. `op` is null when it is missing.
std::optional<Rejection> JudgeChange(const Value& op, RowState before, RowState after,
                                     RowChange* change);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_DEBEZIUM_H_
