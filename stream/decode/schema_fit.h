// Whether a field can be read from what a producer's schema declares: SlotWriter's rules for
// values, applied to types before there is a value. Thread-safe.

#ifndef MILLRACE_STREAM_DECODE_SCHEMA_FIT_H_
#define MILLRACE_STREAM_DECODE_SCHEMA_FIT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/decode/projection.h"
#include "stream/decode/record_schema.h"

namespace millrace {

// What a declared scalar is.
enum class FitKind : uint8_t {
  kNull,
  kBool,
  kInt,
  kReal,
  kText,
  kBytes,
  kTime,
  kSpan,
  kTextOrInt,  // an enum of Protobuf
  kObject,     // no scalar
};

bool FitsScalar(FitKind declared, Type wanted);

// Reports that the schema has nothing for the slots of `node` and below.
void AddMissing(const ProjectionNode& node, std::vector<SlotFault>* faults);
// Reports that the schema has another type, which it calls `declared`.
void AddWrongType(int slot, const Field& field, absl::string_view declared,
                  std::vector<SlotFault>* faults);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_SCHEMA_FIT_H_
