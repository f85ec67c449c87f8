// Good records in Avro and Protobuf, bare and framed, changed and cut, and bytes of chance: every
// record gets an answer, a good one keeps its meaning, and what is accepted is whole. Under the
// address sanitizer this also shows that no byte outside is read.

#include <random>
#include <string>
#include <vector>

#include "core/collection.h"
#include "gtest/gtest.h"
#include "stream/decode/record_schema.h"
#include "stream/decode/schema_registry.h"
#include "stream/expr/utf8.h"
#include "tests/core/printed_seed.h"
#include "tests/stream/decode/golden_bytes.h"

namespace millrace {
namespace {

Schema AvroFields() {
  return {{{"id", Type::kInt},
           {"user", Type::kString},
           {"raw", Type::kBytes},
           {"status", Type::kString},
           {"at_us", Type::kTimestamp},
           {"price", Type::kDouble},
           {"tags", ValueType(Type::kList, Type::kString)},
           {"place", ValueType(Type::kVector, Type::kDouble, 3)},
           {"prices", ValueType(Type::kMap, Type::kDouble)},
           {"city", Type::kString, {}, {}, "user_info.city"}}};
}

Schema ProtobufFields() {
  return {{{"id", Type::kInt},
           {"user", Type::kString},
           {"at", Type::kTimestamp},
           {"boxed", Type::kInt},
           {"counts", ValueType(Type::kList, Type::kInt)},
           {"place", ValueType(Type::kVector, Type::kDouble, 3)},
           {"prices", ValueType(Type::kMap, Type::kDouble)},
           {"deep", Type::kString, {}, {}, "user_info.next.city"},
           {"card", Type::kString},
           {"history", ValueType(Type::kList, Type::kString)}}};
}

// Knows every id, as one of two schemas.
class AnyRegistry final : public SchemaRegistry {
 public:
  explicit AnyRegistry(RegisteredSchema schema)
      : schema_(std::make_shared<RegisteredSchema>(std::move(schema))) {}
  absl::StatusOr<std::shared_ptr<const RegisteredSchema>> Fetch(const SchemaId& id) override {
    if (SchemaIdText(id).size() > 9) return absl::NotFoundError("not known");
    return schema_;
  }

 private:
  const std::shared_ptr<const RegisteredSchema> schema_;
};

struct Subject {
  std::string name;
  std::unique_ptr<Decoder> decoder;
  std::string good;
};

std::vector<Subject> Subjects() {
  std::vector<Subject> subjects;
  DecoderOptions avro;
  avro.format = RecordFormat::kAvro;
  avro.schema = AvroFields();
  avro.record_schema = *ParseAvroSchema(GoldenFile("event.avsc"));
  subjects.push_back({"avro", MakeDecoder(avro), Bytes(kAvroFull)});
  avro.framing = Framing::kConfluent;
  avro.registry = std::make_shared<AnyRegistry>(
      RegisteredSchema{SchemaLanguage::kAvro, GoldenFile("event.avsc"), {}});
  subjects.push_back({"framed avro", MakeDecoder(avro), Bytes("0000000007") + Bytes(kAvroFull)});
  DecoderOptions protobuf;
  protobuf.format = RecordFormat::kProtobuf;
  protobuf.schema = ProtobufFields();
  protobuf.message = "shop.Event";
  protobuf.record_schema = *ParseProtoFile({"event.proto", GoldenFile("event.proto")});
  subjects.push_back({"protobuf", MakeDecoder(protobuf), Bytes(kProtoFull)});
  protobuf.framing = Framing::kConfluent;
  protobuf.registry = std::make_shared<AnyRegistry>(
      RegisteredSchema{SchemaLanguage::kProtobuf, GoldenFile("event.proto"), {}});
  subjects.push_back(
      {"framed protobuf", MakeDecoder(protobuf), Bytes("000000000700") + Bytes(kProtoFull)});
  return subjects;
}

std::string Mutate(std::string bytes, std::mt19937_64& random) {
  constexpr unsigned char kSpecial[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0xfe, 0x0b, 0x0c, 0x3f};
  for (uint64_t n = 1 + random() % 4; n-- > 0;) {
    const size_t at = bytes.empty() ? 0 : random() % bytes.size();
    const auto byte =
        static_cast<char>(random() % 2 == 0 ? random() : kSpecial[random() % sizeof(kSpecial)]);
    switch (random() % 5) {
      case 0:
        if (!bytes.empty()) bytes[at] = byte;
        break;
      case 1: bytes.insert(at, 1 + random() % 10, byte); break;
      case 2:
        if (!bytes.empty()) bytes.erase(at, 1 + random() % 3);
        break;
      case 3: bytes.resize(at); break;
      default: bytes += bytes.substr(at, random() % 32);
    }
  }
  return bytes;
}

void ExpectWhole(const DecodedRecord& out) {
  for (const Value& value : out.row.fields) {
    if (value.type() == Type::kString) {
      ASSERT_EQ(ValidUtf8Prefix(value.string_value()), value.string_value().size());
    }
    if (IsCollection(value.type())) {
      ASSERT_TRUE(IsWellFormed(value));
    }
    ASSERT_FALSE(value.type() == Type::kBytes && value.string_value().size() > (1u << 20));
  }
}

TEST(BinaryDecodersFuzz, ChangedRecordsAreAnsweredAndGoodOnesStayGood) {
  const uint64_t seed = PrintedSeed(20'130'103);
  std::mt19937_64 random(seed);
  DecodedRecord out;
  for (Subject& subject : Subjects()) {
    SCOPED_TRACE(subject.name);
    int accepted = 0, rejected = 0;
    for (int round = 0; round < 40'000; ++round) {
      // Copied so that the sanitizer sees its end.
      const std::string bytes = Mutate(subject.good, random);
      const std::vector<char> exact(bytes.begin(), bytes.end());
      Record record;
      record.value = absl::string_view(exact.data(), exact.size());
      const auto rejection = subject.decoder->Decode(record, &out);
      if (rejection.has_value()) {
        ++rejected;
        ASSERT_FALSE(rejection->message.empty());
        ASSERT_FALSE(rejection->transient);
      } else {
        ++accepted;
        ExpectWhole(out);
      }
      if (round % 1'000 != 0) continue;
      record.value = subject.good;
      ASSERT_FALSE(subject.decoder->Decode(record, &out).has_value());
      ASSERT_EQ(out.row.fields[0], Value::Int(-7));
    }
    EXPECT_GT(accepted, 1'000);
    EXPECT_GT(rejected, 10'000);
  }
}

TEST(BinaryDecodersFuzz, BytesOfChanceAreAnswered) {
  const uint64_t seed = PrintedSeed(4);
  std::mt19937_64 random(seed);
  DecodedRecord out;
  for (Subject& subject : Subjects()) {
    for (int round = 0; round < 40'000; ++round) {
      std::string bytes(random() % 100, '\0');
      for (char& c : bytes) c = static_cast<char>(random() % 3 == 0 ? random() % 4 : random());
      if (round % 2 == 0) bytes = subject.good.substr(0, 6) + bytes;
      Record record;
      record.value = bytes;
      const auto rejection = subject.decoder->Decode(record, &out);
      if (!rejection.has_value()) ExpectWhole(out);
    }
  }
}

// Schemas come from a registry that others write to.
TEST(BinaryDecodersFuzz, ChangedSchemasAreAnswered) {
  const uint64_t seed = PrintedSeed(5);
  std::mt19937_64 random(seed);
  const std::string avro = GoldenFile("event.avsc"), proto = GoldenFile("event.proto");
  int parsed = 0;
  for (int round = 0; round < 2'000; ++round) {
    DecoderOptions options;
    options.schema = AvroFields();
    const auto schema = round % 2 == 0 ? ParseAvroSchema(Mutate(avro, random))
                                       : ParseProtoFile({"event.proto", Mutate(proto, random)});
    if (!schema.ok()) {
      ASSERT_FALSE(schema.status().message().empty());
      continue;
    }
    ++parsed;
    options.format = round % 2 == 0 ? RecordFormat::kAvro : RecordFormat::kProtobuf;
    options.message = round % 2 == 0 ? "" : "shop.Event";
    options.record_schema = *schema;
    const auto faults = CheckRecordSchema(options);
    if (!faults.ok() || !faults->empty()) continue;
    DecodedRecord out;
    Record record;
    const std::string bytes = round % 2 == 0 ? Bytes(kAvroFull) : Bytes(kProtoFull);
    record.value = bytes;
    const auto decoder = MakeDecoder(options);
    if (!decoder->Decode(record, &out).has_value()) ExpectWhole(out);
  }
  EXPECT_GT(parsed, 20);
}

}  // namespace
}  // namespace millrace
