// ProtobufReader: reads the wire format of Protobuf (protobuf.dev, "Encoding") by a plan, in place:
// no message is built, and what is not wanted is skipped. Owned by one thread.
//
// What is missing: null where the message can tell (optional, oneof, message), the type's default
// where it cannot (plain fields of proto3), an empty list or map; a vector and an event time are
// null. Enums are the names of their values; a number without a name is its digits.

#ifndef MILLRACE_STREAM_DECODE_PROTOBUF_READER_H_
#define MILLRACE_STREAM_DECODE_PROTOBUF_READER_H_

#include <memory>
#include <vector>

#include "stream/decode/decoder.h"
#include "stream/decode/field_reader.h"
#include "stream/decode/protobuf_plan.h"

namespace millrace {

// REQUIRES: plans without faults of type; whatever they point into outlives the reader.
std::unique_ptr<FieldReader> MakeProtobufReader(std::vector<ProtobufPlan> plans,
                                                const DecoderOptions& options);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_PROTOBUF_READER_H_
