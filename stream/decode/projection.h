// Projection: which fields of an encoded record are wanted, and into which slot each goes. It knows
// no format: JSON, Avro and Protobuf readers each compile it against what they read, and a
// SlotWriter (stream/decode/slot_writer.h) turns what they find into Values.
//
// Immutable once made; thread-safe then.

#ifndef MILLRACE_STREAM_DECODE_PROJECTION_H_
#define MILLRACE_STREAM_DECODE_PROJECTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "stream/schema.h"

namespace millrace {

// What a slot is for; decides how a wrong value is called and which reject code it gets.
enum class SlotUse : uint8_t {
  kField,      // a field of the source's schema, or of an envelope
  kEventTime,  // the event time of a row
};

struct Slot {
  Field field;
  SlotUse use = SlotUse::kField;
};

// A name in a record: a value that is wanted, an object of which members are wanted, or both
// (Protobuf's well-known types are objects and values).
struct ProjectionNode {
  std::string name;
  std::vector<int> slots;  // that take its value
  int presence = -1;       // slot that becomes true when it is an object, not null and not missing
  std::vector<ProjectionNode> members;

  // The member of that name, made if need be. Invalidates references to other members.
  ProjectionNode& Member(absl::string_view member_name);
};

struct Projection {
  ProjectionNode root;
  std::vector<Slot> slots;

  // A new slot; its index.
  int AddSlot(Slot slot);
};

// Where the fields of a row stand: slots in a row, the event time after them.
struct RowSlots {
  int first = 0;
  int event_time = -1;  // none: the record's timestamp
};

// Adds slots for a row of the schema whose members lie below `at` and returns where they are.
// Fields of the schema with a `path` lie deeper.
RowSlots AddRow(const Schema& schema, const std::optional<std::string>& time_field,
                ProjectionNode* at, Projection* projection);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_PROJECTION_H_
