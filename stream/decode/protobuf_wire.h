// ProtobufWire: a cursor over Protobuf's wire format that trusts nothing. Thread-compatible.

#ifndef MILLRACE_STREAM_DECODE_PROTOBUF_WIRE_H_
#define MILLRACE_STREAM_DECODE_PROTOBUF_WIRE_H_

#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"
#include "core/coding.h"

namespace millrace {

enum class WireType : uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kGroupBegin = 3,
  kGroupEnd = 4,
  kFixed32 = 5,
};

struct WireTag {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
};

// What stands after a tag: a number, or bytes.
struct WireDatum {
  uint64_t number = 0;
  absl::string_view bytes = "";
};

// Each takes something off the front of *in; false when it is not there.

inline bool TakeTag(absl::string_view* in, WireTag* tag) {
  uint64_t raw = 0;
  if (!GetPaddedVarint(in, &raw) || raw > UINT32_MAX || (raw >> 3) == 0 || (raw & 7) > 5) {
    return false;
  }
  *tag = {static_cast<uint32_t>(raw >> 3), static_cast<WireType>(raw & 7)};
  return true;
}

// A number of 4 or 8 bytes, little-endian.
template <typename Unsigned>
bool TakeFixed(absl::string_view* in, Unsigned* value) {
  if (in->size() < sizeof(Unsigned)) return false;
  std::memcpy(value, in->data(), sizeof(Unsigned));
  in->remove_prefix(sizeof(Unsigned));
  return true;
}

inline bool TakeBytes(absl::string_view* in, uint64_t size, absl::string_view* bytes) {
  if (size > in->size()) return false;
  *bytes = in->substr(0, size);
  in->remove_prefix(size);
  return true;
}

// REQUIRES: no group.
inline bool TakeDatum(absl::string_view* in, WireType type, WireDatum* datum) {
  uint32_t narrow = 0;
  switch (type) {
    case WireType::kVarint: return GetPaddedVarint(in, &datum->number);
    case WireType::kFixed64: return TakeFixed(in, &datum->number);
    case WireType::kFixed32:
      if (!TakeFixed(in, &narrow)) return false;
      datum->number = narrow;
      return true;
    default:
      return GetPaddedVarint(in, &datum->number) && TakeBytes(in, datum->number, &datum->bytes);
  }
}

// A tag and what stands after it; false for a group too.
inline bool TakeField(absl::string_view* in, WireTag* tag, WireDatum* datum) {
  return TakeTag(in, tag) && tag->type != WireType::kGroupBegin &&
         tag->type != WireType::kGroupEnd && TakeDatum(in, tag->type, datum);
}

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_PROTOBUF_WIRE_H_
