// The framings are those that confluent-kafka writes: golden/make_golden.py.

#include <map>
#include <string>

#include "gtest/gtest.h"
#include "stream/decode/schema_registry.h"
#include "tests/stream/decode/decoding.h"
#include "tests/stream/decode/golden_bytes.h"

namespace millrace {
namespace {

constexpr char kGuid[] = "89791762-2336-4186-9674-299b90a802e2";

// Schemas by id, and a count of the questions.
class FakeRegistry final : public SchemaRegistry {
 public:
  absl::StatusOr<std::shared_ptr<const RegisteredSchema>> Fetch(const SchemaId& id) override {
    ++asked;
    if (!failure.ok()) return failure;
    const auto found = schemas.find(SchemaIdText(id));
    if (found == schemas.end()) return absl::NotFoundError("the registry does not know it");
    return std::make_shared<RegisteredSchema>(found->second);
  }

  std::map<std::string, RegisteredSchema> schemas;
  absl::Status failure;
  int asked = 0;
};

struct Fixture {
  std::shared_ptr<FakeRegistry> registry = std::make_shared<FakeRegistry>();

  DecoderOptions Options(RecordFormat format) const {
    DecoderOptions options;
    options.format = format;
    options.framing = Framing::kConfluent;
    options.registry = registry;
    options.schema = {{{"id", Type::kInt}, {"city", Type::kString}}};
    return options;
  }
};

constexpr char kAvroText[] =
    R"({"type": "record", "name": "R", "fields": [{"name": "id", "type": "int"}]})";
constexpr char kNewerText[] =
    R"({"type": "record", "name": "R", "fields": [{"name": "city", "type": "string"},
        {"name": "id", "type": "long"}]})";
constexpr char kProtoText[] =
    "syntax = 'proto3'; message A { int32 id = 1; }\n"
    "message B { message C { string city = 1; } int32 id = 2; }";

TEST(ConfluentFraming, AnAvroRecordIsReadByTheSchemaItNames) {
  Fixture f;
  f.registry->schemas["70001"] = {SchemaLanguage::kAvro, kAvroText, {}};
  f.registry->schemas["70002"] = {SchemaLanguage::kAvro, kNewerText, {}};
  Decoding decoded(f.Options(RecordFormat::kAvro));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(decoded.Verdict(Bytes("0000011171") + Bytes("0e")), "ok");
    EXPECT_EQ(decoded.Row(), "id: 7, city: null");
    ASSERT_EQ(decoded.Verdict(Bytes("0000011172") + Bytes("084265726e0e")), "ok");
    EXPECT_EQ(decoded.Row(), "id: 7, city: Bern");
  }
  EXPECT_EQ(f.registry->asked, 2);
}

TEST(ConfluentFraming, TheIdMayStandInAHeader) {
  Fixture f;
  f.registry->schemas[kGuid] = {SchemaLanguage::kAvro, kAvroText, {}};
  f.registry->schemas["70001"] = {SchemaLanguage::kAvro, kAvroText, {}};
  Decoding decoded(f.Options(RecordFormat::kAvro));
  ASSERT_EQ(decoded.Verdict(Bytes("0e"),
                            {{"__key_schema_id", "x"},
                             {"__value_schema_id", Bytes("0189791762233641869674299b90a802e2")}}),
            "ok");
  EXPECT_EQ(decoded["id"], Value::Int(7));
  ASSERT_EQ(decoded.Verdict(Bytes("0e"), {{"__value_schema_id", Bytes("0000011171")}}), "ok");
  EXPECT_EQ(decoded["id"], Value::Int(7));
}

TEST(ConfluentFraming, AProtobufRecordNamesItsMessage) {
  Fixture f;
  f.registry->schemas["7"] = {SchemaLanguage::kProtobuf, kProtoText, {}};
  f.registry->schemas[kGuid] = {SchemaLanguage::kProtobuf, kProtoText, {}};
  struct Row {
    const char* frame;
    const char* data;
    const char* row;
  };
  const Row kRows[] = {
      {"000000000700", "0805", "id: 5, city: null"},       // [0], the short form
      {"00000000070200", "0805", "id: 5, city: null"},     // [0], the long form
      {"00000000070202", "1006", "id: 6, city: null"},     // [1]
      {"0000000007040200", "0a0142", "id: null, city: B"}  // [1, 0]
  };
  Decoding decoded(f.Options(RecordFormat::kProtobuf));
  for (const Row& row : kRows) {
    ASSERT_EQ(decoded.Verdict(Bytes(row.frame) + Bytes(row.data)), "ok") << row.frame;
    EXPECT_EQ(decoded.Row(), row.row);
  }
  ASSERT_EQ(decoded.Verdict(Bytes("0a0142"), {{"__value_schema_id",
                                               Bytes("0189791762233641869674299b90a802e2040200")}}),
            "ok");
  EXPECT_EQ(decoded["city"], Value::String("B"));
  EXPECT_EQ(decoded.Verdict(Bytes("00000000070204")),
            "schema: schema 7: has no message of the indices 2");
  DecoderOptions plain = f.Options(RecordFormat::kProtobuf);
  plain.message_indices = MessageIndices::kPlain;
  Decoding deprecated(plain);
  ASSERT_EQ(deprecated.Verdict(Bytes("0000000007020100") + Bytes("0a0142")), "ok");
  EXPECT_EQ(deprecated["city"], Value::String("B"));
}

TEST(ConfluentFraming, JsonNeedsNoRegistry) {
  Fixture f;
  DecoderOptions options = f.Options(RecordFormat::kJson);
  options.registry = nullptr;
  Decoding decoded(options);
  ASSERT_EQ(decoded.Verdict(Bytes("0000000009") + R"({"id": 3})"), "ok");
  EXPECT_EQ(decoded["id"], Value::Int(3));
  EXPECT_EQ(decoded.Verdict(R"({"id": 3})"),
            "malformed: Confluent framing: the value does not begin with the magic byte");
}

TEST(ConfluentFraming, BrokenFramesAreMalformed) {
  Fixture f;
  Decoding avro(f.Options(RecordFormat::kAvro));
  Decoding protobuf(f.Options(RecordFormat::kProtobuf));
  EXPECT_EQ(avro.Verdict(""),
            "malformed: Confluent framing: the value does not begin with the magic byte");
  EXPECT_EQ(avro.Verdict(Bytes("01") + std::string(16, 'g')),
            "malformed: Confluent framing: the value does not begin with the magic byte");
  EXPECT_EQ(avro.Verdict(Bytes("000000")),
            "malformed: Confluent framing: the value ends within the id");
  EXPECT_EQ(avro.Verdict("", {{"__value_schema_id", Bytes("01ff")}}),
            "malformed: Confluent framing: header __value_schema_id ends within the id");
  EXPECT_EQ(avro.Verdict("", {{"__value_schema_id", Bytes("000000000700")}}),
            "malformed: Confluent framing: header __value_schema_id is too long");
  for (const char* indices : {"", "80", "01", "04", "0402", "feffffffffffffffff01", "0201"}) {
    EXPECT_EQ(protobuf.Verdict(Bytes("0000000007") + Bytes(indices)),
              "malformed: Confluent framing: the value has no list of message indices after the id")
        << indices;
  }
  EXPECT_EQ(f.registry->asked, 0);
}

TEST(ConfluentFraming, AnUnknownIdIsRejectedAndASilentRegistryIsWaitedFor) {
  Fixture f;
  const auto decoder = MakeDecoder(f.Options(RecordFormat::kAvro));
  const std::string value = Bytes("00000000070e");
  Record record;
  record.value = value;
  DecodedRecord out;
  f.registry->failure = absl::UnavailableError("no answer");
  auto rejection = decoder->Decode(record, &out);
  ASSERT_TRUE(rejection.has_value());
  EXPECT_EQ(rejection->code, RejectCode::kUnknownSchema);
  EXPECT_EQ(rejection->message, "schema 7: no answer");
  EXPECT_TRUE(rejection->transient);
  f.registry->failure = absl::OkStatus();
  rejection = decoder->Decode(record, &out);
  ASSERT_TRUE(rejection.has_value());
  EXPECT_EQ(rejection->message, "schema 7: the registry does not know it");
  EXPECT_FALSE(rejection->transient);
  // It may be registered meanwhile.
  f.registry->schemas["7"] = {SchemaLanguage::kAvro, kAvroText, {}};
  EXPECT_FALSE(decoder->Decode(record, &out).has_value());
}

TEST(ConfluentFraming, ASchemaThatDoesNotFitRejectsItsRecords) {
  Fixture f;
  f.registry->schemas["1"] = {SchemaLanguage::kAvro, "{", {}};
  f.registry->schemas["2"] = {SchemaLanguage::kProtobuf, kProtoText, {}};
  f.registry->schemas["3"] = {
      SchemaLanguage::kAvro,
      R"({"type": "record", "name": "R", "fields": [{"name": "id", "type": "string"}]})",
      {}};
  Decoding decoded(f.Options(RecordFormat::kAvro));
  const std::string broken = decoded.Verdict(Bytes("00000000010e"));
  EXPECT_EQ(broken.substr(0, 18), "schema: schema 1: ");
  EXPECT_EQ(decoded.Verdict(Bytes("00000000020e")),
            "schema: schema 2: is in Protobuf, the source in Avro");
  EXPECT_EQ(decoded.Verdict(Bytes("00000000030e")),
            "schema: schema 3: field 'id' must be int; in the records' schema it is string");
  EXPECT_EQ(decoded.Verdict(Bytes("00000000030e")),
            "schema: schema 3: field 'id' must be int; in the records' schema it is string");
  EXPECT_EQ(f.registry->asked, 3);
}

}  // namespace
}  // namespace millrace
