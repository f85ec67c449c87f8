#include <string>

#include "gtest/gtest.h"
#include "stream/decode/record_schema.h"
#include "tests/stream/decode/decoding.h"
#include "tests/stream/decode/golden_bytes.h"

namespace millrace {
namespace {

std::shared_ptr<const RecordSchema> EventProto() {
  const auto schema = ParseProtoFile({"event.proto", GoldenFile("event.proto")});
  EXPECT_TRUE(schema.ok()) << schema.status();
  return *schema;
}

DecoderOptions Options(Schema schema) {
  DecoderOptions options;
  options.format = RecordFormat::kProtobuf;
  options.record_schema = EventProto();
  options.message = "shop.Event";
  options.schema = std::move(schema);
  const auto faults = CheckRecordSchema(options);
  EXPECT_TRUE(faults.ok() && faults->empty());
  return options;
}

Schema EventSchema() {
  return {{{"id", Type::kInt},
           {"count", Type::kInt},
           {"amount", Type::kDouble},
           {"ratio", Type::kDouble},
           {"paid", Type::kBool},
           {"user", Type::kString},
           {"status", Type::kString},
           {"at", Type::kTimestamp},
           {"took", Type::kDuration},
           {"big", Type::kInt},
           {"delta", Type::kInt},
           {"f64", Type::kInt},
           {"sf32", Type::kInt},
           {"boxed", Type::kInt},
           {"tags", ValueType(Type::kList, Type::kString)},
           {"counts", ValueType(Type::kList, Type::kInt)},
           {"place", ValueType(Type::kVector, Type::kDouble, 3)},
           {"prices", ValueType(Type::kMap, Type::kDouble)},
           {"city", Type::kString, {}, {}, "user_info.city"},
           {"age", Type::kInt, {}, {}, "user_info.age"},
           {"next_city", Type::kString, {}, {}, "user_info.next.city"},
           {"card", Type::kString},
           {"cash_city", Type::kString, {}, {}, "cash.city"},
           {"history", ValueType(Type::kList, Type::kString)}}};
}

TEST(ProtobufDecoder, ReadsWhatProtocWrote) {
  DecoderOptions options = Options(EventSchema());
  options.time_field = "at";
  Decoding decoded(options);
  ASSERT_EQ(decoded.Verdict(Bytes(kProtoFull)), "ok");
  EXPECT_EQ(decoded.Row(),
            "id: -7, count: 12, amount: 2.5, ratio: 0.5, paid: true, user: Zoë, status: SENT, "
            "at: 2013-01-01T10:00:00.123Z, took: -1500ms, big: 9223372036854775807, delta: -3, "
            "f64: 5, sf32: -6, boxed: 0, tags: [a, b], counts: [1, -1, 300], place: [1, -0.5, 3], "
            "prices: {x: 1.5, y: 2}, city: Bern, age: 41, next_city: deep, card: visa, "
            "cash_city: null, history: [SENT, NEW]");
  EXPECT_EQ(decoded.out().row.event_time_ms, 1'357'034'400'123);
}

TEST(ProtobufDecoder, MissingFieldsAreNullOnlyWhereTheMessageCanTell) {
  Decoding decoded(Options(EventSchema()));
  ASSERT_EQ(decoded.Verdict(""), "ok");
  EXPECT_EQ(decoded.Row(),
            "id: 0, count: null, amount: 0, ratio: 0, paid: false, user: null, status: NEW, "
            "at: null, took: null, big: 0, delta: 0, f64: 0, sf32: 0, boxed: null, tags: [], "
            "counts: [], place: null, prices: {}, city: null, age: null, next_city: null, "
            "card: null, cash_city: null, history: []");
  // A message that is there has the defaults of its fields.
  ASSERT_EQ(decoded.Verdict(Bytes("a20100")), "ok");
  EXPECT_EQ(decoded["city"], Value::String(""));
  EXPECT_TRUE(decoded["age"].is_null());
}

TEST(ProtobufDecoder, IntegersOf32BitsAreTheLowerOnesOfWhatWasWritten) {
  const auto schema = ParseProtoFile({"narrow.proto", R"(
    syntax = "proto3";
    message Narrow { int32 i = 1; uint32 u = 2; sint32 s = 3; int64 wide = 4; })"});
  ASSERT_TRUE(schema.ok()) << schema.status();
  DecoderOptions options;
  options.format = RecordFormat::kProtobuf;
  options.record_schema = *schema;
  options.message = "Narrow";
  options.schema = {
      {{"i", Type::kInt}, {"u", Type::kInt}, {"s", Type::kInt}, {"wide", Type::kInt}}};
  ASSERT_TRUE(CheckRecordSchema(options)->empty());
  Decoding decoded(options);
  ASSERT_EQ(decoded.Verdict(Bytes("08ffffffff0f"     // 2^32 - 1
                                  "108780808010"     // 2^32 + 7
                                  "188280808010"     // 2^32 + 2, in zig-zag
                                  "20ffffffff0f")),  // 2^32 - 1
            "ok");
  EXPECT_EQ(decoded.Row(), "i: -1, u: 7, s: 1, wide: 4294967295");
}

TEST(ProtobufDecoder, AnEventTimeOfZeroIsOneThatWasNotSent) {
  DecoderOptions options = Options({{{"user", Type::kString}}});
  options.time_field = "id";
  Decoding decoded(options);
  EXPECT_EQ(decoded.Verdict(""), "time: event time 'id' is missing or null");
  ASSERT_EQ(decoded.Verdict(Bytes("0805")), "ok");
  EXPECT_EQ(decoded.out().row.event_time_ms, 5);
}

TEST(ProtobufDecoder, TheLastValueHoldsAndOfAOneofTheLastMember) {
  Decoding decoded(Options(EventSchema()));
  ASSERT_EQ(decoded.Verdict(Bytes("08010802")), "ok");
  EXPECT_EQ(decoded["id"], Value::Int(2));
  // card, then cash; cash, then card; card, then points, which nobody wants.
  ASSERT_EQ(decoded.Verdict(Bytes("aa010476697361b201060a044265726e")), "ok");
  EXPECT_TRUE(decoded["card"].is_null());
  EXPECT_EQ(decoded["cash_city"], Value::String("Bern"));
  ASSERT_EQ(decoded.Verdict(Bytes("b201060a044265726eaa010476697361")), "ok");
  EXPECT_EQ(decoded["card"], Value::String("visa"));
  EXPECT_TRUE(decoded["cash_city"].is_null());
  ASSERT_EQ(decoded.Verdict(Bytes("aa010476697361b80101")), "ok");
  EXPECT_TRUE(decoded["card"].is_null());
  // Parts of one message are put together.
  ASSERT_EQ(decoded.Verdict(Bytes("a201060a044265726ea2010210"
                                  "05")),
            "ok");
  EXPECT_EQ(decoded["city"], Value::String("Bern"));
  EXPECT_EQ(decoded["age"], Value::Int(5));
}

TEST(ProtobufDecoder, ListsMayBePackedOrNot) {
  Decoding decoded(Options(EventSchema()));
  ASSERT_EQ(decoded.Verdict(Bytes("8801018a01020203880104")), "ok");
  EXPECT_EQ(ToString(decoded["counts"]), "[1, 2, 3, 4]");
  // Of a map the last of equal keys holds; a missing value is the default.
  ASSERT_EQ(decoded.Verdict(Bytes("9a010c0a01791100000000000000409a01030a01799a0100")), "ok");
  EXPECT_EQ(ToString(decoded["prices"]), "{: 0, y: 0}");
}

TEST(ProtobufDecoder, EnumsAreNamesOrNumbers) {
  Decoding names(Options({{{"status", Type::kString}}}));
  ASSERT_EQ(names.Verdict(Bytes("4001")), "ok");
  EXPECT_EQ(names["status"], Value::String("SENT"));
  ASSERT_EQ(names.Verdict(Bytes("4007")), "ok");
  EXPECT_EQ(names["status"], Value::String("7"));
  Decoding numbers(Options({{{"status", Type::kInt}}}));
  ASSERT_EQ(numbers.Verdict(Bytes("4007")), "ok");
  EXPECT_EQ(numbers["status"], Value::Int(7));
}

TEST(ProtobufDecoder, MalformedRecordsNameTheByte) {
  struct Row {
    const char* hex;
    const char* verdict;
  };
  const Row kRows[] = {
      {"08", "malformed: byte 0: field 1 is cut off"},
      {"0801ff", "malformed: byte 2: no tag of a field"},
      {"00", "malformed: byte 0: no tag of a field"},
      {"0f", "malformed: byte 0: no tag of a field"},
      {"08ffffffffffffffffffff01", "malformed: byte 0: field 1 is cut off"},
      {"3205616263", "malformed: byte 0: field 6 is cut off"},
      {"320461ff6263", "malformed: byte 3: invalid UTF-8"},
      {"32ffffffffffffffffff01", "malformed: byte 0: field 6 is cut off"},
      {"0c", "malformed: byte 0: field 1 is cut off"},
      {"0b", "malformed: byte 1: a group without its end"},
      {"0b1c", "malformed: byte 1: the end of another group"},
      {"a201020a05", "malformed: byte 3: field 1 is cut off"},
      {"9a01020a05", "malformed: byte 3: an entry of field 19 is cut off"},
      {"8a0101ff", "malformed: byte 3: field 17 is cut off"},
      {"4a0108", "malformed: byte 2: a time is cut off"},
      {"7a0108", "malformed: byte 2: a wrapped value is cut off"},
      {"4a0c08ffffffffffffffff7f1000", "range: a time of more seconds than there are"},
      {"58ffffffffffffffffff01", "range: field 'big' does not fit an int of 64 bits"},
      {"19000000000000f07f", "ok"},  // infinity: null where a feature takes it
      {"920110000000000000000000000000000000"
       "00",
       "schema: field 'place' must have 3 items, found 2"},
      // Another wire type is an unknown field; so are numbers nobody knows, and whole groups.
      {"0a0161", "ok"},
      {"f83f01", "ok"},
      {"0b08011b1c0c", "ok"},
  };
  Decoding decoded(Options(EventSchema()));
  for (const Row& row : kRows) EXPECT_EQ(decoded.Verdict(Bytes(row.hex)), row.verdict) << row.hex;
}

TEST(ProtobufDecoder, NestingIsLimited) {
  DecoderOptions options = Options({{{"c", Type::kString, {}, {}, "user_info.next.next.city"}}});
  options.max_depth = 2;
  Decoding decoded(options);
  // Each a message in the one before: user_info, next, next.
  EXPECT_EQ(decoded.Verdict(Bytes("a201041a021a00")), "too_large: nested deeper than 2");
  EXPECT_EQ(decoded.Verdict(Bytes("a201021a00")), "ok");
  // Groups cost no stack.
  EXPECT_EQ(decoded.Verdict(std::string(1 << 20, '\x0b')),
            "malformed: byte 1048576: a group without its end");
}

TEST(ProtobufSchema, MessagesAreChosenByNameOrAreTheOnlyOne) {
  DecoderOptions options;
  options.format = RecordFormat::kProtobuf;
  options.record_schema = EventProto();
  EXPECT_EQ(CheckRecordSchema(options).status().message(),
            "which message the records are must be said; the schema has: shop.Event, shop.Info");
  options.message = "shop.Evnt";
  EXPECT_EQ(CheckRecordSchema(options).status().message(),
            "there is no message 'shop.Evnt'; the schema has: shop.Event, shop.Info");
  options.message = "shop.Info.Deep";
  options.schema = {{{"text", Type::kString}}};
  EXPECT_TRUE(CheckRecordSchema(options)->empty());
  options.message = "";
  options.record_schema =
      *ParseProtoFile({"a.proto", "syntax = 'proto3'; message M { string text = 1; }"});
  EXPECT_TRUE(CheckRecordSchema(options)->empty());
}

TEST(ProtobufSchema, FieldsThatDoNotFitAreNamedWhenItIsLoaded) {
  DecoderOptions options;
  options.format = RecordFormat::kProtobuf;
  options.record_schema = EventProto();
  options.message = "shop.Event";
  options.schema = {{{"id", Type::kString},
                     {"usr", Type::kString},
                     {"tags", Type::kString},
                     {"at", Type::kInt},
                     {"prices", ValueType(Type::kMap, Type::kString)},
                     {"user_info", Type::kString},
                     {"town", Type::kString, {}, {}, "user_info.town"},
                     {"deep", Type::kString, {}, {}, "tags.x"}}};
  const auto faults = CheckRecordSchema(options);
  ASSERT_TRUE(faults.ok());
  std::string text;
  for (const FieldFault& fault : *faults) text += fault.field + ": " + fault.message + "\n";
  EXPECT_EQ(text,
            "id: field 'id' must be string; in the records' schema it is int64\n"
            "usr: the records' schema has no field 'usr'\n"
            "tags: field 'tags' must be string; in the records' schema it is repeated string\n"
            "deep: the records' schema has no field 'x'\n"
            "at: field 'at' must be int; in the records' schema it is google.protobuf.Timestamp\n"
            "prices: field 'prices' must be map<string>; in the records' schema it is map<string, "
            "double>\n"
            "user_info: field 'user_info' must be string; in the records' schema it is shop.Info\n"
            "town: the records' schema has no field 'town'\n");
}

TEST(ProtobufSchema, BrokenFilesAreRefusedWithTheLine) {
  EXPECT_EQ(ParseProtoFile({"a.proto", "syntax = 'proto3';\nmessage M { strin x = 1; }"})
                .status()
                .message(),
            "a.proto:2:13: \"strin\" is not defined.");
  EXPECT_EQ(ParseProtoFile({"a.proto", "syntax = 'proto3';\nmessage M { string x 1; }"})
                .status()
                .message(),
            "a.proto:2:22: Missing field number.");
  EXPECT_EQ(ParseProtoFile({"a.proto", "syntax = 'proto3'; import 'b.proto';"}).status().message(),
            "b.proto: is not among the files given");
  EXPECT_EQ(ParseDescriptorSet("junk").status().message(),
            "is no FileDescriptorSet, or one of more than 4 MiB");
}

// libprotobuf's parser overflows its stack on what others may write into a registry.
TEST(ProtobufSchema, NestingIsLimited) {
  const auto nested = [](int levels, const std::string& open) {
    std::string text = "syntax = 'proto3'; ";
    for (int i = 0; i < levels; ++i) text += open;
    return ParseProtoFile({"a.proto", text + std::string(static_cast<size_t>(levels), '}')})
        .status();
  };
  EXPECT_TRUE(nested(30, "message A {").ok());
  EXPECT_EQ(nested(100'000, "message A {").message(), "the schema is nested too deep");
  // Braces that are hidden from us but not from the parser, or the other way round.
  EXPECT_EQ(nested(100'000, "message A { /* } */").message(), "the schema is nested too deep");
  EXPECT_EQ(nested(100'000, "message A { // }\n").message(), "the schema is nested too deep");
  EXPECT_EQ(nested(100'000, "message A { option x = '}';").message(),
            "the schema is nested too deep");
  EXPECT_EQ(nested(100'000, "'\\\nmessage A {").message(), "the schema is nested too deep");
  EXPECT_TRUE(ParseProtoFile({"a.proto", "syntax = 'proto3'; // " + std::string(100, '{')}).ok());
  EXPECT_FALSE(ParseProtoFile({"a.proto", "message A { /*"}).ok());
  EXPECT_FALSE(ParseProtoFile({"a.proto", "/"}).ok());
}

TEST(ProtobufSchema, ImportsAreGivenByTheirNames) {
  const NamedText imports[] = {
      {"lib/info.proto", "syntax = 'proto3'; package lib; message Info { string city = 1; }"}};
  const auto schema = ParseProtoFile(
      {"a.proto", "syntax = 'proto3'; import 'lib/info.proto'; message M { lib.Info info = 1; }"},
      imports);
  ASSERT_TRUE(schema.ok()) << schema.status();
  DecoderOptions options;
  options.format = RecordFormat::kProtobuf;
  options.record_schema = *schema;
  options.schema = {{{"city", Type::kString, {}, {}, "info.city"}}};
  Decoding decoded(options);
  ASSERT_EQ(decoded.Verdict(Bytes("0a060a044265726e")), "ok");
  EXPECT_EQ(decoded.Row(), "city: Bern");
}

}  // namespace
}  // namespace millrace
