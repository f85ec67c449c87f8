// Confluent's framing: which schema a record is of, and where its data begins. Thread-safe: pure.
//
//   v0  value: 0x00, id as big-endian uint32; of Protobuf the message indices; data
//   v1  header __value_schema_id: 0x01, GUID in 16 bytes; of Protobuf the indices. The value is
//   data
//
// Indices: a varint count, then as many varints; a count of 0 is the first message. Source:
// confluent-kafka-python 2.x, schema_registry/serde.py (SchemaId).

#ifndef MILLRACE_STREAM_DECODE_CONFLUENT_FRAMING_H_
#define MILLRACE_STREAM_DECODE_CONFLUENT_FRAMING_H_

#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "stream/decode/decoder.h"
#include "stream/decode/field_reader.h"
#include "stream/decode/schema_registry.h"

namespace millrace {

struct ConfluentFrame {
  absl::string_view data;
  // The bytes of the framing: equal for records of one schema and message.
  absl::string_view identity;
  std::vector<int> message;  // of Protobuf: indices from the file inwards
};

// Fills *frame, or returns why the payload has no such framing.
std::optional<Rejection> ParseConfluentFrame(const Payload& payload, RecordFormat format,
                                             MessageIndices indices, ConfluentFrame* frame);

// REQUIRES: an identity that ParseConfluentFrame gave.
SchemaId SchemaIdOf(absl::string_view identity);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_CONFLUENT_FRAMING_H_
