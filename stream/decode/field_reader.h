// FieldReader: reads the wanted fields of one encoded record. One implementation for each format;
// each is made for a Projection and owned by one thread.

#ifndef MILLRACE_STREAM_DECODE_FIELD_READER_H_
#define MILLRACE_STREAM_DECODE_FIELD_READER_H_

#include <memory>
#include <span>

#include "absl/strings/string_view.h"
#include "stream/decode/decoder.h"
#include "stream/decode/projection.h"
#include "stream/decode/slot_writer.h"
#include "stream/record_batch.h"

namespace millrace {

// What is read: bytes, and the record's headers for framings that write there.
struct Payload {
  absl::string_view bytes;
  std::span<const Header> headers;
};

class FieldReader {
 public:
  virtual ~FieldReader() = default;

  // Puts into `to` what the payload holds of the projection. False: rejected, as to->rejection()
  // says. What was put stays valid as long as the payload and until the next call. Never crashes on
  // any input; cost is linear in its size. REQUIRES: `to` has the slots of the projection, clear.
  virtual bool Read(const Payload& payload, SlotWriter* to) = 0;
};

// Reads JSON objects (RFC 8259, UTF-8), within the limits of the options.
std::unique_ptr<FieldReader> MakeJsonReader(const ProjectionNode& root,
                                            const DecoderOptions& options);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_FIELD_READER_H_
