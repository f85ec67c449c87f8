// A record with the header `millrace-retract: true` takes its row back: it says that an earlier
// record of the same fields did not happen after all.

#ifndef MILLRACE_STREAM_DECODE_RETRACT_HEADER_H_
#define MILLRACE_STREAM_DECODE_RETRACT_HEADER_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "stream/decode/decoder.h"

namespace millrace {

inline constexpr absl::string_view kRetractHeader = "millrace-retract";

// Decodes as `decoder` does, and turns what a record with the header inserts into what it retracts.
// Rejects with kMalformed a header that is neither `true` nor `false`, and `true` on a record whose
// envelope retracts by itself. Owned by one thread, as decoders are.
std::unique_ptr<Decoder> HonourRetractHeader(std::unique_ptr<Decoder> decoder);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_RETRACT_HEADER_H_
