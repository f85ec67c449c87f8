// Fingerprint: what tells the record at an offset from another one there, so that a topic that was
// truncated, made anew, restored or exchanged is noticed before anything is read on. Plain values.

#ifndef MILLRACE_STREAM_FINGERPRINT_H_
#define MILLRACE_STREAM_FINGERPRINT_H_

#include <cstdint>

#include "stream/record_batch.h"

namespace millrace {

struct Fingerprint {
  int64_t offset = 0;
  int64_t timestamp_ms = 0;
  uint64_t content = 0;  // xxh3 of key and value, and of which of them there are
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

Fingerprint FingerprintOf(const Record& record);

}  // namespace millrace

#endif  // MILLRACE_STREAM_FINGERPRINT_H_
