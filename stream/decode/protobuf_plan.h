// ProtobufPlan: a Protobuf message compiled against a projection: which field numbers are read,
// how, and into which slots.
//
// Owned by the reader that is made of it; thread-compatible. Points into the descriptors.

#ifndef MILLRACE_STREAM_DECODE_PROTOBUF_PLAN_H_
#define MILLRACE_STREAM_DECODE_PROTOBUF_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "stream/decode/projection.h"
#include "stream/decode/record_schema.h"

namespace millrace {

// What a value on the wire is.
enum class WireValue : uint8_t {
  kBool,
  kInt,    // a varint in two's complement
  kUint,   // a varint without sign
  kSint,   // a varint in zig-zag
  kFixed,  // 4 or 8 bytes, without sign
  kSfixed,
  kFloat,
  kDouble,
  kString,
  kBytes,
  kEnum,
  kTimestamp,  // google.protobuf.Timestamp
  kDuration,   // google.protobuf.Duration
  kWrapper,    // google.protobuf.Int64Value and the like: what is in their field 1
  kMessage,    // any other
};

struct ProtobufType {
  WireValue value = WireValue::kMessage;
  bool wide = false;  // 64 bits, of integers: also of what a wrapper holds
  WireValue wrapped = WireValue::kMessage;
  const google::protobuf::EnumDescriptor* symbols = nullptr;
};

enum class Cardinality : uint8_t { kOne, kRepeated, kMap };

struct ProtobufField {
  int number = 0;
  Cardinality cardinality = Cardinality::kOne;
  ProtobufType type;  // of a map its values'
  std::vector<int> slots;
  int presence = -1;
  int plan = -1;   // of a message of which members are wanted
  int oneof = -1;  // that it is a member of
  // It cannot be told from a field that is missing when it has its type's default.
  bool implicit_presence = false;
};

struct ProtobufPlan {
  std::vector<ProtobufField> fields;  // ascending by number
  // By oneof: slots and plans below its members, which another member undoes.
  struct Oneof {
    std::vector<int> slots;
    std::vector<int> plans;
  };
  std::vector<Oneof> oneofs;

  // Null when the field is not wanted.
  const ProtobufField* Find(uint32_t number) const;
};

// The plans, that of the message first, and what they cannot give. Errors: InvalidArgument when
// there would be too many.
absl::StatusOr<std::vector<ProtobufPlan>> CompileProtobuf(
    const google::protobuf::Descriptor& message, const Projection& projection,
    std::vector<SlotFault>* faults);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_PROTOBUF_PLAN_H_
