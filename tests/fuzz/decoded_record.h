// What must hold of whatever a Decoder says of a record: an answer, the same each time, that is
// whole. Thread-compatible.

#ifndef MILLRACE_TESTS_FUZZ_DECODED_RECORD_H_
#define MILLRACE_TESTS_FUZZ_DECODED_RECORD_H_

#include "stream/decode/decoder.h"
#include "tests/fuzz/target.h"

namespace millrace {

// Decodes the record twice and CHECKs both outcomes. *out is that of the second.
Verdict CheckDecode(const Schema& schema, const Record& record, Decoder* decoder,
                    DecodedRecord* out);

}  // namespace millrace

#endif  // MILLRACE_TESTS_FUZZ_DECODED_RECORD_H_
