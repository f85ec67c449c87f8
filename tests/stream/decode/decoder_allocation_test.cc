// A warm decoder allocates nothing.

#include <cstdint>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "stream/decode/decoder.h"
#include "stream/decode/record_schema.h"
#include "stream/decode/schema_registry.h"
#include "tests/core/allocation_count.h"
#include "tests/stream/decode/golden_bytes.h"

namespace millrace {
namespace {

TEST(JsonDecoder, DecodesWithoutAllocatingOnceWarm) {
  DecoderOptions options;
  options.schema = {{{"i", Type::kInt},
                     {"x", Type::kDouble},
                     {"s", Type::kString},
                     {"at", Type::kTimestamp},
                     {"raw", Type::kBytes}}};
  options.time_field = "ts";
  options.time_unit = TimeUnit::kRfc3339;
  const auto decoder = MakeDecoder(std::move(options));
  const std::string text =
      R"({"ts": "2013-01-01T10:00:00.5Z", "i": 1, "x": 2.5, "s": "a string with \u00e9 escapes",
          "at": "2013-01-01T10:00:00Z", "raw": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "o": [1, {}]})";
  Record record;
  record.value = text;
  DecodedRecord out;
  ASSERT_FALSE(decoder->Decode(record, &out).has_value());
  ASSERT_FALSE(decoder->Decode(record, &out).has_value());
  const int64_t before = AllocationCount();
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(decoder->Decode(record, &out).has_value());
  EXPECT_EQ(AllocationCount(), before);
}

class OneSchema final : public SchemaRegistry {
 public:
  absl::StatusOr<std::shared_ptr<const RegisteredSchema>> Fetch(const SchemaId&) override {
    return std::make_shared<RegisteredSchema>(
        RegisteredSchema{SchemaLanguage::kAvro, GoldenFile("event.avsc"), {}});
  }
};

// Everything but maps, whose entries are sorted in memory of their own.
TEST(BinaryDecoders, DecodeWithoutAllocatingOnceWarm) {
  DecoderOptions avro;
  avro.format = RecordFormat::kAvro;
  avro.record_schema = *ParseAvroSchema(GoldenFile("event.avsc"));
  avro.time_field = "at";
  avro.schema = {{{"id", Type::kInt},
                  {"user", Type::kString},
                  {"price", Type::kDouble},
                  {"tags", ValueType(Type::kList, Type::kString)},
                  {"place", ValueType(Type::kVector, Type::kDouble, 3)},
                  {"city", Type::kString, {}, {}, "user_info.city"}}};
  DecoderOptions framed = avro;
  framed.framing = Framing::kConfluent;
  framed.registry = std::make_shared<OneSchema>();
  DecoderOptions protobuf = avro;
  protobuf.format = RecordFormat::kProtobuf;
  protobuf.record_schema = *ParseProtoFile({"event.proto", GoldenFile("event.proto")});
  protobuf.message = "shop.Event";
  protobuf.schema.fields.erase(protobuf.schema.fields.begin() + 2);
  const std::pair<DecoderOptions, std::string> kCases[] = {
      {avro, Bytes(kAvroFull)},
      {framed, Bytes("0000000007") + Bytes(kAvroFull)},
      {protobuf, Bytes(kProtoFull)}};
  for (const auto& [options, bytes] : kCases) {
    const auto decoder = MakeDecoder(options);
    Record record;
    record.value = bytes;
    DecodedRecord out;
    for (int i = 0; i < 2; ++i) ASSERT_FALSE(decoder->Decode(record, &out).has_value());
    const int64_t before = AllocationCount();
    for (int i = 0; i < 100; ++i) ASSERT_FALSE(decoder->Decode(record, &out).has_value());
    EXPECT_EQ(AllocationCount(), before) << static_cast<int>(options.format);
  }
}

}  // namespace
}  // namespace millrace
