// CloudEvents 1.0 in Kafka records: which mode a record is in, and its attributes.
// Thread-safe: pure functions.
//
// Source: CloudEvents specification 1.0.2, "Kafka Protocol Binding" §3 and "JSON Event Format" §3.

#ifndef MILLRACE_STREAM_DECODE_CLOUD_EVENTS_H_
#define MILLRACE_STREAM_DECODE_CLOUD_EVENTS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "stream/decode/decoder.h"
#include "stream/decode/slot_writer.h"
#include "stream/record_batch.h"

namespace millrace {

enum class CloudEventMode : uint8_t {
  kNone,         // no CloudEvent
  kStructured,   // the value is an event in JSON, with its data inside
  kBinary,       // attributes are headers, the value is the data
  kUnsupported,  // structured in a batch, or in another format than JSON
};

// By the content-type first, which may be in any case, then by the header ce_specversion.
CloudEventMode CloudEventModeOf(std::span<const Header> headers);

// Those attributes that mean something to us.
struct CloudEventAttributes {
  std::optional<absl::string_view> version, id, source, time;
};

CloudEventAttributes AttributesOf(std::span<const Header> headers);

struct CloudEventSlots {
  int version = 0;
  int id = 0;
  int source = 0;
  int time = 0;
  int data = 0;  // present
  int data_base64 = 0;
};
// Adds the slots of a structured event in JSON whose data is `data`.
CloudEventSlots AddCloudEvent(ProjectionNode data, ProjectionNode* root, Projection* projection);
CloudEventAttributes AttributesOf(const CloudEventSlots& slots, const SlotWriter& written);

// Checks the attributes; writes the event's identity to *id and, when it has one, its time to
// *time_ms.
std::optional<Rejection> JudgeCloudEvent(const CloudEventAttributes& attributes, std::string* id,
                                         std::optional<int64_t>* time_ms);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_CLOUD_EVENTS_H_
