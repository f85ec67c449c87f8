// AvroPlan: an Avro schema compiled against a projection. A record's plan says for each field in
// turn whether it is read, and by which plan, or skipped.
//
// Owned by the reader that is made of it; thread-compatible.

#ifndef MILLRACE_STREAM_DECODE_AVRO_PLAN_H_
#define MILLRACE_STREAM_DECODE_AVRO_PLAN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "stream/decode/avro_types.h"
#include "stream/decode/projection.h"
#include "stream/decode/record_schema.h"

namespace millrace {

// How to read a type of which something is wanted.
struct AvroPlan {
  int type = 0;
  std::vector<int> slots;
  int presence = -1;
  std::vector<int> parts;  // by part of the type: its plan, or -1 to skip it
  std::string text;        // of a UUID in 16 bytes, written out
};

// The plans, that of the record first, and what they cannot give. Errors: InvalidArgument when
// there would be too many.
absl::StatusOr<std::vector<AvroPlan>> CompileAvro(const AvroTypes& types,
                                                  const Projection& projection,
                                                  std::vector<SlotFault>* faults);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_AVRO_PLAN_H_
