// Confluent's framing before the data and in a header, and the records in it. The input: a byte of
// choices (bit 0 Protobuf, bit 1 plain indices, bit 2 in a header), the size of the framing in a
// byte where it is in a header, the framing, the data. Every number is the id of one schema; GUIDs
// are not known.

#include <array>

#include "core/check.h"
#include "stream/decode/confluent_framing.h"
#include "tests/fuzz/decoded_record.h"
#include "tests/fuzz/input_parts.h"

namespace millrace {
namespace {

constexpr char kAvroSchema[] =
    R"({"type":"record","name":"R","fields":[{"name":"id","type":"long"},)"
    R"({"name":"user","type":["null","string"]}]})";
constexpr char kProtoFile[] =
    "syntax = \"proto3\"; message First { int64 id = 1; string user = 2; }\n"
    "message Second { message Inner { int32 id = 2; repeated string user = 3; } string id = 1; }";

class OneSchema final : public SchemaRegistry {
 public:
  explicit OneSchema(RegisteredSchema schema)
      : schema_(std::make_shared<const RegisteredSchema>(std::move(schema))) {}
  absl::StatusOr<std::shared_ptr<const RegisteredSchema>> Fetch(const SchemaId& id) override {
    if (std::holds_alternative<std::string>(id)) return absl::NotFoundError("no such schema");
    return schema_;
  }

 private:
  const std::shared_ptr<const RegisteredSchema> schema_;
};

DecoderOptions Options(RecordFormat format, MessageIndices indices) {
  const bool avro = format == RecordFormat::kAvro;
  DecoderOptions options;
  options.schema = {{{"id", Type::kInt}, {"user", Type::kString}}};
  options.format = format;
  options.framing = Framing::kConfluent;
  options.message_indices = indices;
  options.registry = std::make_shared<OneSchema>(
      RegisteredSchema{avro ? SchemaLanguage::kAvro : SchemaLanguage::kProtobuf,
                       avro ? kAvroSchema : kProtoFile,
                       {}});
  return options;
}

// The framing is divided, and nothing of it lost.
void CheckFrame(const Payload& payload, absl::string_view framing, RecordFormat format,
                const ConfluentFrame& frame) {
  if (!payload.headers.empty()) {
    CHECK(frame.identity == framing && frame.data == payload.bytes);
  } else {
    CHECK(frame.identity.data() == payload.bytes.data());
    CHECK(frame.data.data() == frame.identity.data() + frame.identity.size());
    CHECK(frame.identity.size() + frame.data.size() == payload.bytes.size());
  }
  const size_t id_bytes = SchemaIdText(SchemaIdOf(frame.identity)).size();
  CHECK(frame.identity[0] == 0 ? id_bytes <= 10 : id_bytes == 36);
  CHECK(format != RecordFormat::kProtobuf || !frame.message.empty());
  CHECK(frame.message.size() <= 32);
  for (const int index : frame.message) CHECK(index >= 0 && index <= 65'535);
}

}  // namespace

Verdict FuzzTarget(absl::string_view input) {
  InputParts parts(input);
  const uint8_t choice = parts.Byte();
  const RecordFormat format = (choice & 1) != 0 ? RecordFormat::kProtobuf : RecordFormat::kAvro;
  const MessageIndices indices =
      (choice & 2) != 0 ? MessageIndices::kPlain : MessageIndices::kZigZag;
  const bool in_header = (choice & 4) != 0;
  Header header = {"__value_schema_id", {}};
  if (in_header) header.value = parts.Take(parts.Byte());
  Payload payload;
  payload.bytes = parts.rest();
  if (in_header) payload.headers = {&header, 1};

  Record record;
  record.value = payload.bytes;
  record.headers = payload.headers;
  static auto& decoders = *new std::array<std::unique_ptr<Decoder>, 4>;
  const DecoderOptions options = Options(format, indices);
  std::unique_ptr<Decoder>& decoder = decoders[choice & 3];
  if (decoder == nullptr) decoder = MakeDecoder(options);
  DecodedRecord out;
  const Verdict verdict = CheckDecode(options.schema, record, decoder.get(), &out);

  ConfluentFrame frame;
  if (const auto rejection = ParseConfluentFrame(payload, format, indices, &frame)) {
    CHECK(rejection->code == RejectCode::kMalformed && !rejection->message.empty());
    CHECK(verdict == Verdict::kRefused);
  } else {
    CheckFrame(payload, header.value, format, frame);
  }
  return verdict;
}

}  // namespace millrace
