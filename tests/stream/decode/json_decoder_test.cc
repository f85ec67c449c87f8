#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "stream/decode/decoder.h"

namespace millrace {
namespace {

// 2013-01-01T10:00:00Z
constexpr int64_t kTime = 1'357'034'400'000;

Schema TestSchema() {
  return {{{"i", Type::kInt},
           {"x", Type::kDouble},
           {"s", Type::kString},
           {"b", Type::kBool},
           {"at", Type::kTimestamp},
           {"d", Type::kDuration},
           {"raw", Type::kBytes},
           {"pct", Type::kInt, 0, 100},
           {"rate", Type::kDouble, -1.5}}};
}

// A decoder with what it decoded last.
class Decoding {
 public:
  explicit Decoding(DecoderOptions options) : decoder_(MakeDecoder(std::move(options))) {}
  Decoding() : Decoding(Options()) {}

  static DecoderOptions Options() {
    DecoderOptions options;
    options.schema = TestSchema();
    return options;
  }
  static DecoderOptions WithTime(TimeUnit unit) {
    DecoderOptions options = Options();
    options.time_field = "ts";
    options.time_unit = unit;
    return options;
  }

  std::optional<Rejection> Decode(absl::string_view json, int64_t timestamp_ms = kTime) {
    text_ = std::string(json);
    Record record;
    record.timestamp_ms = timestamp_ms;
    record.value = text_;
    return decoder_->Decode(record, &out_);
  }
  // What the record was rejected for, as "code: message"; "ok" if it was not.
  std::string Verdict(absl::string_view json, int64_t timestamp_ms = kTime) {
    const auto rejection = Decode(json, timestamp_ms);
    if (!rejection.has_value()) return "ok";
    return std::string(RejectCodeName(rejection->code)) + ": " + rejection->message;
  }
  Value operator[](absl::string_view name) const {
    return out_.row.fields[static_cast<size_t>(TestSchema().Find(name))];
  }
  int64_t event_time_ms() const { return out_.row.event_time_ms; }
  Decoder& decoder() { return *decoder_; }

 private:
  std::unique_ptr<Decoder> decoder_;
  std::string text_;
  DecodedRecord out_;
};

TEST(JsonDecoder, ProjectsTheFieldsOfTheSchema) {
  Decoding decoded;
  ASSERT_EQ(decoded.Verdict(R"( {"other": {"i": [1, {"x": 2}]}, "i": -12, "x": 1.5, "s": "JFK",
                                 "b": true, "at": "2013-01-01T05:00:00.250-05:00", "d": "90s",
                                 "raw": "AAEC", "pct": 100, "rate": -1.5, "more": null} )"),
            "ok");
  EXPECT_EQ(decoded["i"], Value::Int(-12));
  EXPECT_EQ(decoded["x"], Value::Double(1.5));
  EXPECT_EQ(decoded["s"], Value::String("JFK"));
  EXPECT_EQ(decoded["b"], Value::Bool(true));
  EXPECT_EQ(decoded["at"], Value::Timestamp(kTime + 250));
  EXPECT_EQ(decoded["d"], Value::Duration(90'000));
  EXPECT_EQ(decoded["raw"], Value::Bytes(absl::string_view("\0\1\2", 3)));
  EXPECT_EQ(decoded["pct"], Value::Int(100));
  EXPECT_EQ(decoded["rate"], Value::Double(-1.5));
  EXPECT_EQ(decoded.event_time_ms(), kTime);
}

TEST(JsonDecoder, MissingAndNullFieldsAreNull) {
  Decoding decoded;
  ASSERT_EQ(decoded.Verdict(R"({"i": 1, "s": "x"})"), "ok");
  // Nothing stays from the record before.
  ASSERT_EQ(decoded.Verdict(R"({"i": null})"), "ok");
  for (const Field& field : TestSchema().fields) EXPECT_TRUE(decoded[field.name].is_null());
  EXPECT_EQ(decoded.Verdict("{}"), "ok");
}

TEST(JsonDecoder, StringsAreUnescaped) {
  Decoding decoded;
  ASSERT_EQ(decoded.Verdict(R"({"\u0073": "a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0000z"})"), "ok");
  const absl::string_view expected("a\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80\0z", 17);
  EXPECT_EQ(decoded["s"], Value::String(expected));
}

TEST(JsonDecoder, NumbersAreWhatTheSchemaSays) {
  Decoding decoded;
  EXPECT_EQ(decoded.Verdict(R"({"i": 9223372036854775807})"), "ok");
  EXPECT_EQ(decoded["i"], Value::Int(std::numeric_limits<int64_t>::max()));
  EXPECT_EQ(decoded.Verdict(R"({"i": -9223372036854775808})"), "ok");
  EXPECT_EQ(decoded["i"], Value::Int(std::numeric_limits<int64_t>::min()));
  EXPECT_EQ(decoded.Verdict(R"({"x": 3})"), "ok");
  EXPECT_EQ(decoded["x"], Value::Double(3));
  EXPECT_EQ(decoded.Verdict(R"({"x": 18446744073709551615})"), "ok");
  EXPECT_EQ(decoded.Verdict(R"({"x": 0.1e-2})"), "ok");
  EXPECT_EQ(decoded["x"], Value::Double(0.001));
  EXPECT_EQ(decoded.Verdict(R"({"i": 1.0})"),
            "schema: field 'i' must be int, found a number with a fraction or exponent");
  EXPECT_EQ(decoded.Verdict(R"({"i": 1e3})"),
            "schema: field 'i' must be int, found a number with a fraction or exponent");
  EXPECT_EQ(decoded.Verdict(R"({"i": 9223372036854775808})"),
            "range: field 'i' does not fit an int of 64 bits");
}

TEST(JsonDecoder, NumbersOfAnySizeAreJson) {
  Decoding decoded;
  EXPECT_EQ(decoded.Verdict(R"({"other": 123456789012345678901234567890, "i": 7})"), "ok");
  EXPECT_EQ(decoded["i"], Value::Int(7));
  EXPECT_EQ(decoded.Verdict(R"({"other": [-1e400, {"n": 1E999}], "s": "99999999999999999999"})"),
            "ok");
  EXPECT_EQ(decoded["s"], Value::String("99999999999999999999"));
  EXPECT_EQ(decoded.Verdict(R"({"x": 1000000000000000000000})"), "ok");
  EXPECT_EQ(decoded["x"], Value::Double(1e21));
  EXPECT_EQ(decoded.Verdict(R"({"other": 1e400, "x": -36893488147419103232})"), "ok");
  EXPECT_EQ(decoded["x"], Value::Double(-36893488147419103232.0));
  EXPECT_EQ(decoded.Verdict(R"({"s": "\"1e400", "other": 1e400, "x": 18446744073709551615})"),
            "ok");
  EXPECT_EQ(decoded["s"], Value::String("\"1e400"));
  EXPECT_EQ(decoded["x"], Value::Double(18446744073709551615.0));
  EXPECT_EQ(decoded.Verdict(R"({"x": 18446744073709551615})"), "ok") << "nothing is left of before";
  EXPECT_EQ(decoded["x"], Value::Double(18446744073709551615.0));
}

TEST(JsonDecoder, NumbersThatTheirFieldDoesNotHoldAreRangeErrors) {
  Decoding decoded;
  EXPECT_EQ(decoded.Verdict(R"({"i": 36893488147419103232})"),
            "range: field 'i' does not fit an int of 64 bits");
  EXPECT_EQ(decoded.Verdict(R"({"x": 1e400})"), "range: field 'x' is not finite");
  EXPECT_EQ(decoded.Verdict(R"({"other": 1e400, "i": 01})"),
            "malformed: byte 23: a number must not begin with 0");
  EXPECT_EQ(decoded.Verdict(R"({"at": 36893488147419103232})"),
            "range: field 'at' is outside the years 1 to 9999");
}

TEST(JsonDecoder, OtherTypesAreSchemaErrors) {
  Decoding decoded;
  EXPECT_EQ(decoded.Verdict(R"({"i": "1"})"), "schema: field 'i' must be int, found a string");
  EXPECT_EQ(decoded.Verdict(R"({"x": "NaN"})"), "schema: field 'x' must be double, found a string");
  EXPECT_EQ(decoded.Verdict(R"({"s": 1})"), "schema: field 's' must be string, found an integer");
  EXPECT_EQ(decoded.Verdict(R"({"s": ["a"]})"), "schema: field 's' must be string, found an array");
  EXPECT_EQ(decoded.Verdict(R"({"b": {}})"), "schema: field 'b' must be bool, found an object");
  EXPECT_EQ(decoded.Verdict(R"({"i": true})"), "schema: field 'i' must be int, found a bool");
  EXPECT_EQ(decoded.Verdict(R"({"at": true})"),
            "schema: field 'at' must be timestamp, found a bool");
  EXPECT_EQ(decoded.Verdict(R"({"at": "noon"})"), "schema: field 'at' is no time of RFC 3339");
  EXPECT_EQ(decoded.Verdict(R"({"d": "soon"})"), "schema: field 'd' is no duration");
  EXPECT_EQ(decoded.Verdict(R"({"d": 1.5})"),
            "schema: field 'd' must be duration, found a number with a fraction or exponent");
  EXPECT_EQ(decoded.Verdict(R"({"raw": "!"})"), "schema: field 'raw' is not base64");
}

TEST(JsonDecoder, NumbersOutsideTheDeclaredRangeAreRejected) {
  Decoding decoded;
  EXPECT_EQ(decoded.Verdict(R"({"pct": 0})"), "ok");
  EXPECT_EQ(decoded.Verdict(R"({"pct": -1})"),
            "range: field 'pct' is less than 0 or greater than 100");
  EXPECT_EQ(decoded.Verdict(R"({"pct": 101})"),
            "range: field 'pct' is less than 0 or greater than 100");
  EXPECT_EQ(decoded.Verdict(R"({"rate": -1.6})"), "range: field 'rate' is less than -1.5");
}

TEST(JsonDecoder, EventTimeComesInItsUnit) {
  struct Row {
    TimeUnit unit;
    const char* json;
    int64_t ms;
  };
  const Row kRows[] = {
      {TimeUnit::kMillis, "1357034400123", kTime + 123},
      {TimeUnit::kMillis, "-1", -1},
      {TimeUnit::kMillis, "1357034400123.75", kTime + 123},
      {TimeUnit::kSeconds, "1357034400", kTime},
      {TimeUnit::kSeconds, "1357034400.123", kTime + 123},
      {TimeUnit::kSeconds, "1.3570344e9", kTime},
      {TimeUnit::kSeconds, "-0.0005", -1},
      {TimeUnit::kMicros, "1357034400123999", kTime + 123},
      {TimeUnit::kMicros, "-1", -1},  // towards the past
      {TimeUnit::kRfc3339, "\"2013-01-01T10:00:00.1239Z\"", kTime + 123},
      {TimeUnit::kMillis, "\"2013-01-01T10:00:00Z\"", kTime},
      {TimeUnit::kSeconds, "-62135596800", -62'135'596'800'000},
      {TimeUnit::kSeconds, "253402300799", 253'402'300'799'000},
  };
  for (const Row& row : kRows) {
    Decoding decoded(Decoding::WithTime(row.unit));
    ASSERT_EQ(decoded.Verdict(std::string("{\"ts\": ") + row.json + "}", 5), "ok") << row.json;
    EXPECT_EQ(decoded.event_time_ms(), row.ms) << row.json;
    // Timestamps of the schema come in the same unit.
    ASSERT_EQ(decoded.Verdict(std::string("{\"at\": ") + row.json + ", \"ts\": " + row.json + "}"),
              "ok");
    EXPECT_EQ(decoded["at"], Value::Timestamp(row.ms)) << row.json;
  }
}

TEST(JsonDecoder, EventTimeMustBeThereAndSensible) {
  Decoding seconds(Decoding::WithTime(TimeUnit::kSeconds));
  EXPECT_EQ(seconds.Verdict(R"({"i": 1})"), "time: event time 'ts' is missing or null");
  EXPECT_EQ(seconds.Verdict(R"({"ts": null})"), "time: event time 'ts' is missing or null");
  EXPECT_EQ(seconds.Verdict(R"({"ts": true})"),
            "schema: event time 'ts' must be a number, found a bool");
  EXPECT_EQ(seconds.Verdict(R"({"ts": "today"})"), "time: event time 'ts' is no time of RFC 3339");
  for (const char* absurd : {"1357034400000", "-62135596801", "253402300800", "9223372036854775807",
                             "-9223372036854775808", "18446744073709551615", "1e300", "-1e300"}) {
    EXPECT_EQ(seconds.Verdict(std::string("{\"ts\": ") + absurd + "}"),
              "time: event time 'ts' is outside the years 1 to 9999");
    EXPECT_EQ(seconds.Verdict(std::string("{\"ts\": 0, \"at\": ") + absurd + "}"),
              "range: field 'at' is outside the years 1 to 9999");
  }
  Decoding text(Decoding::WithTime(TimeUnit::kRfc3339));
  EXPECT_EQ(text.Verdict(R"({"ts": 1357034400})"),
            "schema: event time 'ts' must be an RFC 3339 string, found an integer");
  Decoding record;
  EXPECT_EQ(record.Verdict("{}", std::numeric_limits<int64_t>::max()),
            "time: the record's timestamp is outside the years 1 to 9999");
}

TEST(JsonDecoder, EventTimeMayAlsoBeAField) {
  DecoderOptions options = Decoding::Options();
  options.time_field = "at";
  options.time_unit = TimeUnit::kSeconds;
  Decoding decoded(options);
  ASSERT_EQ(decoded.Verdict(R"({"at": 1357034400, "d": 90})"), "ok");
  EXPECT_EQ(decoded.event_time_ms(), kTime);
  EXPECT_EQ(decoded["at"], Value::Timestamp(kTime));
  EXPECT_EQ(decoded["d"], Value::Duration(90'000));
}

TEST(JsonDecoder, MalformedRecordsNameTheByte) {
  Decoding decoded;
  struct Row {
    std::string json;
    const char* verdict;
  };
  const Row kRows[] = {
      {"", "malformed: byte 0: expected a value"},
      {"  ", "malformed: byte 2: expected a value"},
      {"{", "malformed: byte 1: expected a key in quotes"},
      {"{\"i\": 1", "malformed: byte 7: expected ',' or '}'"},
      {"{\"i\" 1}", "malformed: byte 5: expected ':' after a key"},
      {"{\"i\": 01}", "malformed: byte 7: a number must not begin with 0"},
      {"{\"i\": 1.}", "malformed: byte 8: expected a digit"},
      {"{\"i\": NaN}", "malformed: byte 6: expected a value"},
      {"{\"i\": 1,}", "malformed: byte 8: expected a key in quotes"},
      {"{\"i\": 1} x", "malformed: byte 9: more text after the value"},
      {"{}{}", "malformed: byte 2: more text after the value"},
      {"{\"other\": [1 2]}", "malformed: byte 13: expected ',' or ']'"},
      {"{\"other\": \"\\q\"}", "malformed: byte 12: unknown escape"},
      {"{\"s\": \"\\ud800\"}", "malformed: byte 13: half of a surrogate pair"},
      {"{\"s\": \"a\nb\"}", "malformed: byte 8: control character in a string"},
      {"{\"s\": \"\xff\"}", "malformed: byte 7: invalid UTF-8"},
      {"{\"other\": \"\xc0\x80\"}", "malformed: byte 11: invalid UTF-8"},
      {"\xef\xbb\xbf{}", "malformed: byte 0: expected a value"},  // a byte order mark
      {"{'i': 1}", "malformed: byte 1: expected a key in quotes"},
      {"[]", "malformed: expected an object, found an array"},
      {"null", "malformed: expected an object, found null"},
      {"\"x\"", "malformed: expected an object, found a string"},
      {"{\"i\": 1, \"i\": 1}", "malformed: field 'i' stands twice"},
      {"{\"i\": null, \"\\u0069\": 1}", "malformed: field 'i' stands twice"},
  };
  for (const Row& row : kRows) EXPECT_EQ(decoded.Verdict(row.json), row.verdict) << row.json;
  // Only what the schema names must be unique; and the decoder goes on after a rejection.
  EXPECT_EQ(decoded.Verdict(R"({"other": 1, "other": 2, "i": 3})"), "ok");
  EXPECT_EQ(decoded["i"], Value::Int(3));
}

TEST(JsonDecoder, ATombstoneHasAKeyAndNoValue) {
  Decoding decoded;
  Record tombstone;
  DecodedRecord out;
  const auto rejection = decoded.decoder().Decode(tombstone, &out);
  ASSERT_TRUE(rejection.has_value());
  EXPECT_EQ(rejection->code, RejectCode::kMalformed);
  EXPECT_EQ(rejection->message, "neither value nor key");
  tombstone.key = "k";
  EXPECT_FALSE(decoded.decoder().Decode(tombstone, &out).has_value());
  EXPECT_FALSE(out.inserts || out.retracts);
}

TEST(JsonDecoder, SizeDepthAndMembersAreLimited) {
  DecoderOptions options = Decoding::Options();
  options.max_record_bytes = 100;
  options.max_depth = 4;
  options.max_members = 3;
  Decoding decoded(options);
  const auto padded = [](size_t size) { return "{}" + std::string(size - 2, ' '); };
  EXPECT_EQ(decoded.Verdict(padded(100)), "ok");
  EXPECT_EQ(decoded.Verdict(padded(101)), "too_large: 101 bytes; the limit is 100");
  EXPECT_EQ(decoded.Verdict(R"({"a": [[[0]]]})"), "ok");
  EXPECT_EQ(decoded.Verdict(R"({"a": [[[[0]]]]})"), "too_large: nested deeper than 4");
  EXPECT_EQ(decoded.Verdict(R"({"a": [[[{"b": 0}]]]})"), "too_large: nested deeper than 4");
  EXPECT_EQ(decoded.Verdict(R"({"a": [[[{}]]]})"), "ok");
  EXPECT_EQ(decoded.Verdict(R"({"a": [[[{}]]], b})"),
            "malformed: byte 16: expected a key in quotes");
  // Depth costs no stack, whatever the limit is.
  options.max_record_bytes = 1 << 20;
  options.max_depth = 1 << 20;
  Decoding deep(options);
  EXPECT_EQ(deep.Verdict("{\"a\":" + std::string(500'000, '[')),
            "malformed: byte 500005: expected a value");
  EXPECT_EQ(decoded.Verdict(R"({"a": 1, "b": true, "c": 3})"), "ok");
  EXPECT_EQ(decoded.Verdict(R"({"a": 1, "b": true, "c": 3, "e": 4})"),
            "too_large: more than 3 members");
}

TEST(JsonDecoder, RecordsMayGrow) {
  Decoding decoded;
  for (const size_t size : {10u, 5'000u, 100u, 300'000u, 1'000'000u, 3u}) {
    const std::string text(size, 'x');
    ASSERT_EQ(decoded.Verdict("{\"s\": \"" + text + "\"}"), "ok") << size;
    EXPECT_EQ(decoded["s"].string_value(), text);
  }
}

TEST(JsonDecoder, WorksWithoutASchema) {
  Decoding decoded((DecoderOptions()));
  EXPECT_EQ(decoded.Verdict(R"({"anything": [1, 2]})"), "ok");
  EXPECT_EQ(decoded.event_time_ms(), kTime);
  EXPECT_EQ(decoded.Verdict("{"), "malformed: byte 1: expected a key in quotes");
}

}  // namespace
}  // namespace millrace
