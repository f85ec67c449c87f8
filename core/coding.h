// Byte encodings shared by every on-disk format: little-endian varints (LEB128), big-endian fixed
// integers (their byte order is their numeric order) and length-prefixed strings.
//
// Readers take bytes off the front of `*in` and return false, leaving `*in` unspecified, when the
// input is too short or malformed: nothing here trusts its input.

#ifndef MILLRACE_CORE_CODING_H_
#define MILLRACE_CORE_CODING_H_

#include <bit>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

inline uint64_t ZigZag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
inline int64_t UnZigZag(uint64_t v) {
  return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
}

inline void PutVarint(std::string* out, uint64_t v) {
  while (v >= 0x80) {
    out->push_back(static_cast<char>(v | 0x80));
    v >>= 7;
  }
  out->push_back(static_cast<char>(v));
}
inline void PutSignedVarint(std::string* out, int64_t v) { PutVarint(out, ZigZag(v)); }

// In any number of bytes, as Protobuf and Avro allow.
inline bool GetPaddedVarint(absl::string_view* in, uint64_t* v) {
  uint64_t result = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (in->empty()) return false;
    const auto byte = static_cast<unsigned char>(in->front());
    in->remove_prefix(1);
    if (shift == 63 && byte > 1) return false;
    result |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) {
      *v = result;
      return true;
    }
  }
  return false;
}
// As PutVarint writes it: equal numbers are equal bytes.
inline bool GetVarint(absl::string_view* in, uint64_t* v) {
  const char* const begin = in->data();
  if (!GetPaddedVarint(in, v)) return false;
  const char* const last = in->data() - 1;
  return last == begin || *last != 0;
}
inline bool GetSignedVarint(absl::string_view* in, int64_t* v) {
  uint64_t raw;
  if (!GetVarint(in, &raw)) return false;
  *v = UnZigZag(raw);
  return true;
}

inline void PutBig16(std::string* out, uint16_t v) {
  out->push_back(static_cast<char>(v >> 8));
  out->push_back(static_cast<char>(v));
}
inline void PutBig32(std::string* out, uint32_t v) {
  PutBig16(out, static_cast<uint16_t>(v >> 16));
  PutBig16(out, static_cast<uint16_t>(v));
}
inline void PutBig64(std::string* out, uint64_t v) {
  PutBig32(out, static_cast<uint32_t>(v >> 32));
  PutBig32(out, static_cast<uint32_t>(v));
}

template <typename Unsigned>
bool GetBig(absl::string_view* in, Unsigned* v) {
  if (in->size() < sizeof(Unsigned)) return false;
  Unsigned result = 0;
  for (size_t i = 0; i < sizeof(Unsigned); ++i) {
    result = static_cast<Unsigned>(result << 8) | static_cast<unsigned char>((*in)[i]);
  }
  in->remove_prefix(sizeof(Unsigned));
  *v = result;
  return true;
}
inline bool GetBig16(absl::string_view* in, uint16_t* v) { return GetBig(in, v); }
inline bool GetBig32(absl::string_view* in, uint32_t* v) { return GetBig(in, v); }
inline bool GetBig64(absl::string_view* in, uint64_t* v) { return GetBig(in, v); }

// A signed integer whose bytes sort as the numbers do.
inline void PutOrdered64(std::string* out, int64_t v) {
  PutBig64(out, static_cast<uint64_t>(v) ^ (uint64_t{1} << 63));
}
inline bool GetOrdered64(absl::string_view* in, int64_t* v) {
  uint64_t raw;
  if (!GetBig64(in, &raw)) return false;
  *v = static_cast<int64_t>(raw ^ (uint64_t{1} << 63));
  return true;
}

inline void PutDouble(std::string* out, double v) { PutBig64(out, std::bit_cast<uint64_t>(v)); }
inline bool GetDouble(absl::string_view* in, double* v) {
  uint64_t raw;
  if (!GetBig64(in, &raw)) return false;
  *v = std::bit_cast<double>(raw);
  return true;
}

inline void PutLengthPrefixed(std::string* out, absl::string_view bytes) {
  PutVarint(out, bytes.size());
  out->append(bytes.data(), bytes.size());
}
// The view points into the input.
inline bool GetLengthPrefixed(absl::string_view* in, absl::string_view* bytes) {
  uint64_t size;
  if (!GetVarint(in, &size) || size > in->size()) return false;
  *bytes = in->substr(0, size);
  in->remove_prefix(size);
  return true;
}

}  // namespace millrace

#endif  // MILLRACE_CORE_CODING_H_
