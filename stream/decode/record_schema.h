// RecordSchema: how the records of Avro or Protobuf are encoded, as their producer declared it.
// Immutable; thread-safe.

#ifndef MILLRACE_STREAM_DECODE_RECORD_SCHEMA_H_
#define MILLRACE_STREAM_DECODE_RECORD_SCHEMA_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "stream/decode/decoder.h"
#include "stream/decode/field_reader.h"
#include "stream/decode/projection.h"

namespace millrace {

// A wanted field that records of a schema cannot give.
struct SlotFault {
  int slot = 0;
  enum class Kind : uint8_t { kMissing, kWrongType } kind = Kind::kMissing;
  std::string message;
};

// A reader for a projection. Where faults are, it leaves those slots null or rejects the records.
struct CompiledReader {
  std::unique_ptr<FieldReader> reader;
  std::vector<SlotFault> faults;
};

// Which message of a Protobuf schema: by full name ("" is the only one), or by the indices of
// Confluent's framing, from the file inwards. Avro schemas have one record and need none.
using MessageChoice = std::variant<std::string, std::vector<int>>;

class RecordSchema {
 public:
  virtual ~RecordSchema() = default;

  // Fields are found by name. The reader keeps what it needs of the schema. Errors:
  // InvalidArgument when there is no such message, or the reader would be too large.
  virtual absl::StatusOr<CompiledReader> MakeReader(const Projection& projection,
                                                    const MessageChoice& message,
                                                    const DecoderOptions& options) const = 0;
};

// A schema by the name under which others refer to it.
struct NamedText {
  std::string name;
  std::string text;
};

// An Avro schema in JSON (an .avsc file) whose root is a record. `references` define the named
// types that it does not; each may refer to those before it. Errors: InvalidArgument with the
// place.
absl::StatusOr<std::shared_ptr<const RecordSchema>> ParseAvroSchema(
    absl::string_view text, std::span<const NamedText> references = {});

// A Protobuf schema in the language of .proto files, with the files it imports, by the names of the
// import statements; google/protobuf/*.proto are known. Errors: InvalidArgument with the line.
absl::StatusOr<std::shared_ptr<const RecordSchema>> ParseProtoFile(
    const NamedText& file, std::span<const NamedText> imports = {});

// The files that a .proto file imports, as it names them, but for google/protobuf/*.proto; none for
// a text that does not parse.
std::vector<std::string> ProtoImports(absl::string_view text);

// A serialized FileDescriptorSet (`protoc --include_imports --descriptor_set_out=…`). Errors:
// InvalidArgument.
absl::StatusOr<std::shared_ptr<const RecordSchema>> ParseDescriptorSet(absl::string_view bytes);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_RECORD_SCHEMA_H_
