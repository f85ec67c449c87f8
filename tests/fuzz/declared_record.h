// Records of Avro and Protobuf with the schema they are of: the input is the schema, a line "----",
// and the bytes of a record. Thread-compatible.

#ifndef MILLRACE_TESTS_FUZZ_DECLARED_RECORD_H_
#define MILLRACE_TESTS_FUZZ_DECLARED_RECORD_H_

#include "tests/fuzz/decoded_record.h"
#include "tests/fuzz/input_parts.h"

namespace millrace {

inline constexpr absl::string_view kEndOfSchema = "\n----\n";

// Decodes the record as the schema says, unless the schema does not do; CHECKs what must hold.
Verdict CheckDeclaredRecord(absl::StatusOr<std::shared_ptr<const RecordSchema>> schema,
                            absl::string_view bytes, DecoderOptions options);

}  // namespace millrace

#endif  // MILLRACE_TESTS_FUZZ_DECLARED_RECORD_H_
