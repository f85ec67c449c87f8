#include <string>

#include "gtest/gtest.h"
#include "stream/decode/record_schema.h"
#include "tests/stream/decode/decoding.h"
#include "tests/stream/decode/golden_bytes.h"

namespace millrace {
namespace {

std::shared_ptr<const RecordSchema> Parse(const std::string& text) {
  const auto schema = ParseAvroSchema(text);
  EXPECT_TRUE(schema.ok()) << schema.status();
  return *schema;
}

DecoderOptions Options(const std::string& text, Schema schema) {
  DecoderOptions options;
  options.format = RecordFormat::kAvro;
  options.record_schema = Parse(text);
  options.schema = std::move(schema);
  const auto faults = CheckRecordSchema(options);
  EXPECT_TRUE(faults.ok() && faults->empty());
  return options;
}

// A record of one field 'x' of this Avro type, wanted as `wanted`.
DecoderOptions OneField(const std::string& type, ValueType wanted) {
  return Options(
      R"({"type": "record", "name": "R", "fields": [{"name": "x", "type": )" + type + "}]}",
      {{{"x", wanted}}});
}

Schema EventSchema() {
  return {{{"user", Type::kString},
           {"id", Type::kInt},
           {"count", Type::kDouble},
           {"amount", Type::kDouble},
           {"ratio", Type::kDouble},
           {"paid", Type::kBool},
           {"raw", Type::kBytes},
           {"status", Type::kString},
           {"at", Type::kTimestamp},
           {"at_us", Type::kTimestamp},
           {"day", Type::kTimestamp},
           {"clock", Type::kDuration},
           {"price", Type::kDouble},
           {"fixed_price", Type::kDouble},
           {"key", Type::kString},
           {"tags", ValueType(Type::kList, Type::kString)},
           {"place", ValueType(Type::kVector, Type::kDouble, 3)},
           {"prices", ValueType(Type::kMap, Type::kDouble)},
           {"city", Type::kString, {}, {}, "user_info.city"},
           {"age", Type::kInt, {}, {}, "user_info.age"}}};
}

TEST(AvroDecoder, ReadsWhatFastavroWrote) {
  DecoderOptions options = Options(GoldenFile("event.avsc"), EventSchema());
  options.time_field = "at";
  Decoding decoded(options);
  ASSERT_EQ(decoded.Verdict(Bytes(kAvroFull)), "ok");
  EXPECT_EQ(decoded.Row(),
            "user: Zoë, id: -7, count: 12, amount: 2.5, ratio: 0.5, paid: true, "
            "raw: " +
                ToString(Value::Bytes(absl::string_view("\0\xff", 2))) +
                ", status: SENT, at: 2013-01-01T10:00:00.123Z, at_us: 2013-01-01T10:00:00.123Z, "
                "day: 2013-01-01T00:00:00Z, clock: 3723456ms, price: -12345.67, fixed_price: 1.5, "
                "key: 89791762-2336-4186-9674-299b90a802e2, tags: [a, null, b], "
                "place: [1, -0.5, 3], prices: {x: 1.5, y: 2}, city: Bern, age: 41");
  EXPECT_EQ(decoded.out().row.event_time_ms, 1'357'034'400'123);
  ASSERT_EQ(decoded.Verdict(Bytes(kAvroNulls)), "ok");
  EXPECT_TRUE(decoded["user"].is_null());
  EXPECT_TRUE(decoded["at_us"].is_null());
  EXPECT_TRUE(decoded["city"].is_null());
  EXPECT_EQ(ToString(decoded["tags"]), "[]");
}

TEST(AvroDecoder, ChangesOfDebeziumAreReadFromAvroToo) {
  DecoderOptions options;
  options.format = RecordFormat::kAvro;
  options.envelope = Envelope::kDebezium;
  options.record_schema = Parse(
      R"({"type": "record", "name": "Envelope", "namespace": "db.shop", "fields": [
          {"name": "before", "type": ["null", {"type": "record", "name": "Value", "fields": [
            {"name": "id", "type": "int"}, {"name": "name", "type": ["null", "string"]},
            {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}]},
          {"name": "after", "type": ["null", "Value"]},
          {"name": "op", "type": "string"}, {"name": "ts_ms", "type": ["null", "long"]}]})");
  options.schema = {{{"id", Type::kInt}, {"name", Type::kString}}};
  options.time_field = "at";
  ASSERT_TRUE(CheckRecordSchema(options)->empty());
  Decoding decoded(options);
  ASSERT_EQ(decoded.Verdict(Bytes(kAvroChange)), "ok");
  EXPECT_EQ(decoded.RowBefore(), "id: 1, name: Anne");
  EXPECT_EQ(decoded.Row(), "id: 1, name: null");
  EXPECT_EQ(decoded.out().row.event_time_ms, 1000);
  ASSERT_EQ(decoded.Verdict(Bytes(kAvroDeletion)), "ok");
  EXPECT_FALSE(decoded.out().inserts);
  EXPECT_TRUE(decoded.out().retracts);
}

TEST(AvroDecoder, MalformedRecordsNameTheByte) {
  struct Row {
    const char* type;
    ValueType wanted;
    const char* hex;
    const char* verdict;
  };
  const Row kRows[] = {
      {R"("long")", Type::kInt, "",
       "malformed: byte 0: a number is cut off or longer than 64 bits"},
      {R"("long")", Type::kInt, "80",
       "malformed: byte 0: a number is cut off or longer than 64 bits"},
      {R"("long")", Type::kInt, "ffffffffffffffffffff01",
       "malformed: byte 0: a number is cut off or longer than 64 bits"},
      {R"("long")", Type::kInt, "0200", "malformed: byte 1: 1 bytes after the record"},
      {R"("int")", Type::kInt, "8080808020", "malformed: byte 5: an int of more than 32 bits"},
      {R"("string")", Type::kString, "0461", "malformed: byte 1: the record ends too early"},
      {R"("string")", Type::kString, "feffffffffffffffff01",
       "malformed: byte 10: the record ends too early"},
      {R"("string")", Type::kString, "01", "malformed: byte 1: a negative length"},
      {R"("string")", Type::kString, "0461ff", "malformed: byte 2: invalid UTF-8"},
      {R"("boolean")", Type::kBool, "02", "malformed: byte 1: a boolean is 0 or 1"},
      {R"("double")", Type::kDouble, "00000000000000",
       "malformed: byte 0: the record ends too early"},
      {R"({"type": "array", "items": "double"})", ValueType(Type::kList, Type::kDouble),
       "02000000000000f87f00", "range: item 0 of field 'x' is not finite"},
      {R"(["null", "long"])", Type::kInt, "04", "malformed: byte 1: choice 2 of 2"},
      {R"(["null", "long"])", Type::kInt, "01", "malformed: byte 1: choice -1 of 2"},
      {R"({"type": "enum", "name": "E", "symbols": ["A"]})", Type::kString, "02",
       "malformed: byte 1: choice 1 of 1"},
      {R"({"type": "array", "items": "long"})", ValueType(Type::kList, Type::kInt), "0402",
       "malformed: byte 2: a number is cut off or longer than 64 bits"},
      {R"({"type": "array", "items": "long"})", ValueType(Type::kList, Type::kInt), "01",
       "malformed: byte 1: a block without a sensible size"},
      {R"({"type": "array", "items": "float"})", ValueType(Type::kVector, Type::kDouble, 2),
       "0200000000", "malformed: byte 5: a number is cut off or longer than 64 bits"},
      {R"({"type": "array", "items": "float"})", ValueType(Type::kVector, Type::kDouble, 2),
       "020000000000", "schema: field 'x' must have 2 items, found 1"},
      {R"({"type": "array", "items": ["null", "float"]})",
       ValueType(Type::kVector, Type::kDouble, 1), "020000", "schema: item 0 of field 'x' is null"},
      {R"({"type": "map", "values": "long"})", ValueType(Type::kMap, Type::kInt),
       "04026102026104"
       "00",
       "malformed: a key of field 'x' stands twice"},
      {R"({"type": "long", "logicalType": "timestamp-millis"})", Type::kTimestamp,
       "feffffffffffffffff01", "range: field 'x' is outside the years 1 to 9999"},
      {R"(["null", "long", "string"])", Type::kInt, "040261",
       "schema: field 'x' must be int, found a string"},
  };
  for (const Row& row : kRows) {
    Decoding decoded(OneField(row.type, row.wanted));
    EXPECT_EQ(decoded.Verdict(Bytes(row.hex)), row.verdict) << row.type << " " << row.hex;
  }
}

// 134 million nulls in six bytes; a record that contains itself; types that take no bytes.
TEST(AvroDecoder, FewBytesCannotMakeMuchWork) {
  Decoding nulls(
      OneField(R"({"type": "array", "items": "null"})", ValueType(Type::kList, Type::kInt)));
  EXPECT_EQ(nulls.Verdict(Bytes("808080800100")), "too_large: field 'x' has more than 65536 items");
  Decoding skipped(Options(R"({"type": "record", "name": "R", "fields": [
                               {"name": "y", "type": {"type": "array", "items": "null"}},
                               {"name": "x", "type": "int"}]})",
                           {{{"x", Type::kInt}}}));
  EXPECT_EQ(skipped.Verdict(Bytes("80808080010000")),
            "too_large: more values than such a record may have");
  Decoding endless(Options(R"({"type": "record", "name": "R", "fields": [
                               {"name": "r", "type": "R"}, {"name": "x", "type": "int"}]})",
                           {{{"x", Type::kInt}}}));
  EXPECT_EQ(endless.Verdict("\x02"), "too_large: nested deeper than 32");
  Decoding deep(Options(R"({"type": "record", "name": "R", "fields": [
                            {"name": "r", "type": ["null", "R"]}, {"name": "x", "type": "int"}]})",
                        {{{"x", Type::kInt}}}));
  EXPECT_EQ(deep.Verdict(std::string(1 << 20, '\x02')), "too_large: nested deeper than 32");
  std::string wide = R"({"type": "record", "name": "R", "fields": [{"name": "x", "type": "int"}, )"
                     R"({"name": "t0", "type": )";
  std::string close;
  for (int i = 0; i < 25; ++i) {  // each level twice the one below
    const std::string n = std::to_string(i);
    wide += R"({"type": "record", "name": "T)" + n + R"(", "fields": [{"name": "a", "type": )";
    close = R"(}, {"name": "b", "type": "T)" + std::to_string(i + 1) + R"("}]})" + close;
  }
  wide += R"({"type": "record", "name": "T25", "fields": [{"name": "n", "type": "null"}]})" +
          close + "}]}";
  Decoding doubling(Options(wide, {{{"x", Type::kInt}}}));
  EXPECT_EQ(doubling.Verdict(Bytes("02")), "too_large: more values than such a record may have");
}

TEST(AvroDecoder, BlocksWithSizesAreRead) {
  Decoding decoded(
      OneField(R"({"type": "array", "items": "long"})", ValueType(Type::kList, Type::kInt)));
  // A block of -2 items in 2 bytes, one of 1, the end.
  ASSERT_EQ(decoded.Verdict(Bytes("03040204020600")), "ok");
  EXPECT_EQ(decoded.Row(), "x: [1, 2, 3]");
}

TEST(AvroDecoder, DecimalsAreTheNearestDoubles) {
  struct Row {
    const char* hex;  // with its length
    int scale;
    double value;
  };
  const Row kRows[] = {
      {"00", 2, 0.0},
      {"0200", 2, 0.0},
      {"0201", 0, 1.0},
      {"02ff", 1, -0.1},
      {"0480ff", 3, -32.513},
      {"0600ffff", 22, 65535e-22},
      {"107fffffffffffffff", 4, 922337203685477.5807},
      {"20ffffffffffffffffffffffffffffffff", 9, -1e-9},
      {"2080000000000000000000000000000000", 0, -170141183460469231731687303715884105728.0},
      {"2200ffffffffffffffffffffffffffffffff", 0, 0},
      {"24ffff80000000000000000000000000000000", 0, -170141183460469231731687303715884105728.0}};
  for (const Row& row : kRows) {
    Decoding decoded(
        OneField(R"({"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": )" +
                     std::to_string(row.scale) + "}",
                 Type::kDouble));
    if (row.value == 0 && std::string(row.hex).size() > 4) {
      EXPECT_EQ(decoded.Verdict(Bytes(row.hex)), "range: a decimal of more than 38 digits");
      continue;
    }
    ASSERT_EQ(decoded.Verdict(Bytes(row.hex)), "ok") << row.hex;
    EXPECT_EQ(decoded["x"].double_value(), row.value) << row.hex;
  }
}

TEST(AvroDecoder, UuidsOfSixteenBytesAreWrittenOut) {
  Decoding decoded(OneField(R"({"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"})",
                            Type::kString));
  ASSERT_EQ(decoded.Verdict(Bytes("89791762233641869674299b90a802e2")), "ok");
  EXPECT_EQ(decoded.Row(), "x: 89791762-2336-4186-9674-299b90a802e2");
}

TEST(AvroSchema, FieldsThatDoNotFitAreNamedWhenItIsLoaded) {
  DecoderOptions options;
  options.format = RecordFormat::kAvro;
  options.record_schema = Parse(GoldenFile("event.avsc"));
  options.schema = {{{"id", Type::kString},
                     {"usr", Type::kString},
                     {"tags", ValueType(Type::kList, Type::kInt)},
                     {"at", Type::kInt},
                     {"price", Type::kBytes},
                     {"skipped", Type::kString},
                     {"town", Type::kString, {}, {}, "user_info.town"},
                     {"user", Type::kString}}};
  options.time_field = "paid";
  const auto faults = CheckRecordSchema(options);
  ASSERT_TRUE(faults.ok());
  std::string text;
  for (const FieldFault& fault : *faults) text += fault.field + ": " + fault.message + "\n";
  EXPECT_EQ(
      text,
      "id: field 'id' must be string; in the records' schema it is long\n"
      "tags: field 'tags' must be list<int>; in the records' schema it is array of null or string\n"
      "at: field 'at' must be int; in the records' schema it is timestamp-millis\n"
      "price: field 'price' must be bytes; in the records' schema it is decimal\n"
      "skipped: field 'skipped' must be string; in the records' schema it is record shop.Inner\n"
      "paid: field 'paid' must be timestamp; in the records' schema it is boolean\n"
      "usr: the records' schema has no field 'usr'\n"
      "town: the records' schema has no field 'town'\n");
}

TEST(AvroSchema, BrokenOnesAreRefusedWithThePlace) {
  struct Row {
    const char* text;
    const char* message;
  };
  const Row kRows[] = {
      {R"("string")", "byte"},
      {R"(["null", "string"])", "the schema of a record must be of type 'record'"},
      {R"({"type": "enum", "name": "E", "symbols": []})",
       "the schema of a record must be of type 'record'"},
      {R"({"type": "record", "name": "R"})", "$: the record 'R' has no 'fields'"},
      {R"({"type": "record", "fields": []})", "$: a named type without 'name'"},
      {R"({"type": "record", "name": "R", "fields": [{"name": "a"}]})",
       "$.a: a field needs 'name' and 'type'"},
      {R"({"type": "record", "name": "R", "fields": [{"name": "a", "type": "strin"}]})",
       "$.a: the type 'strin' is not known"},
      {R"({"type": "record", "name": "R", "fields": [{"name": "a", "type": ["null", ["int"]]}]})",
       "$.a: a union in a union"},
      {R"({"type": "record", "name": "R", "fields": [{"name": "a", "type": {"type": "array"}}]})",
       "$.a: no 'items'"},
      {R"({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"},
           {"name": "a", "type": "int"}]})",
       "$.a: stands twice"},
      {R"({"type": "record", "name": "R", "fields": [{"name": "a", "type":
           {"type": "fixed", "name": "F", "size": -1}}]})",
       "$.a: a fixed without a sensible 'size'"},
  };
  for (const Row& row : kRows) {
    const auto schema = ParseAvroSchema(row.text);
    ASSERT_FALSE(schema.ok()) << row.text;
    EXPECT_NE(schema.status().message().find(row.message), absl::string_view::npos)
        << schema.status();
  }
}

TEST(AvroSchema, NamesComeFromReferencesToo) {
  const NamedText references[] = {
      {"money", R"({"type": "record", "name": "Money", "namespace": "shop", "fields": [
                    {"name": "cents", "type": "long"}]})"}};
  const auto schema = ParseAvroSchema(R"({"type": "record", "name": "R", "namespace": "shop",
                                          "fields": [{"name": "m", "type": "Money"}]})",
                                      references);
  ASSERT_TRUE(schema.ok()) << schema.status();
  DecoderOptions options;
  options.format = RecordFormat::kAvro;
  options.record_schema = *schema;
  options.schema = {{{"cents", Type::kInt, {}, {}, "m.cents"}}};
  Decoding decoded(options);
  ASSERT_EQ(decoded.Verdict(Bytes("54")), "ok");
  EXPECT_EQ(decoded.Row(), "cents: 42");
}

}  // namespace
}  // namespace millrace
