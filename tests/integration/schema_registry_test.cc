// The real registry (Apicurio) with its Confluent interface: schemas are registered over REST,
// records carry their ids, and decoders fetch them through ConfluentRegistry.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "app/commands/http_client.h"
#include "app/registry/confluent_registry.h"
#include "core/coding.h"
#include "gtest/gtest.h"
#include "stream/decode/json_document.h"
#include "tests/stream/decode/decoding.h"

namespace millrace {
namespace {

std::string RunScript(const std::string& arguments) {
  const std::string line = std::string(MILLRACE_SCHEMA_REGISTRY_SCRIPT) + " " + arguments;
  FILE* pipe = popen(line.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::string output;
  char buffer[4096];
  size_t got = 0;
  while ((got = fread(buffer, 1, sizeof(buffer), pipe)) > 0) output.append(buffer, got);
  EXPECT_EQ(pclose(pipe), 0) << line;
  while (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

class SchemaRegistryTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = absl::StrCat(testing::TempDir(), "/millrace-registry-", getpid());
    setenv("MILLRACE_REGISTRY_OWNER", absl::StrCat(getpid()).c_str(), 1);
    url_ = RunScript("start " + directory_);
    ASSERT_FALSE(url_.empty());
  }
  static void TearDownTestSuite() {
    RunScript("stop " + directory_);
    std::filesystem::remove_all(directory_);
  }

  // The id of the schema, whose body is JSON beside `schema`.
  static uint32_t Register(const std::string& subject, const std::string& text,
                           const std::string& more = "") {
    const auto http = HttpClient::Make(url_, {.url_path = HttpClientOptions::UrlPath::kAllowed});
    EXPECT_TRUE(http.ok());
    const std::string quoted =
        absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}});
    const auto reply =
        (*http)->Post(absl::StrCat("/subjects/", subject, "/versions"),
                      absl::StrCat("{\"schema\": \"", quoted, "\"", more, "}"), absl::Seconds(30));
    EXPECT_TRUE(reply.ok()) << reply.status();
    const auto json = ParseJson(reply->body);
    const bool good = reply->status == 200 && json.ok() && json->Find("id") != nullptr;
    EXPECT_TRUE(good) << reply->status << " " << reply->body;
    if (!good) return 0;
    return static_cast<uint32_t>(json->Find("id")->int_value());
  }

  static DecoderOptions Options(RecordFormat format) {
    DecoderOptions options;
    options.format = format;
    options.framing = Framing::kConfluent;
    const auto registry = ConfluentRegistry::Make({.url = url_, .timeout = absl::Seconds(30)});
    EXPECT_TRUE(registry.ok());
    options.registry = *registry;
    options.schema = {{{"id", Type::kInt}, {"city", Type::kString}}};
    return options;
  }

  static std::string Frame(uint32_t id, absl::string_view rest) {
    std::string frame(1, '\0');
    PutBig32(&frame, id);
    return absl::StrCat(frame, rest);
  }

  static inline std::string directory_;
  static inline std::string url_;
};

TEST_F(SchemaRegistryTest, AvroRecordsAreReadByTheVersionTheyWereWrittenWith) {
  const uint32_t first =
      Register("avro-value",
               R"({"type": "record", "name": "E", "fields": [{"name": "id", "type": "int"}]})");
  const uint32_t second =
      Register("avro-value", R"({"type": "record", "name": "E", "fields": [{"name": "city", "type":
                        ["null", "string"], "default": null}, {"name": "id", "type": "int"}]})");
  ASSERT_NE(first, second);
  Decoding decoded(Options(RecordFormat::kAvro));
  ASSERT_EQ(decoded.Verdict(Frame(first, "\x0e")), "ok");
  EXPECT_EQ(decoded.Row(), "id: 7, city: null");
  ASSERT_EQ(decoded.Verdict(Frame(second,
                                  "\x02\x08"
                                  "Bern\x0e")),
            "ok");
  EXPECT_EQ(decoded.Row(), "id: 7, city: Bern");
}

TEST_F(SchemaRegistryTest, ReferencesOfAvroAreFetchedToo) {
  Register("city", R"({"type": "record", "name": "City", "namespace": "geo", "fields": [
                       {"name": "name", "type": "string"}]})");
  const uint32_t id = Register(
      "trip-value",
      R"({"type": "record", "name": "Trip", "fields": [{"name": "to", "type": "geo.City"}]})",
      R"(, "references": [{"name": "geo.City", "subject": "city", "version": 1}])");
  DecoderOptions options = Options(RecordFormat::kAvro);
  options.schema = {{{"city", Type::kString, {}, {}, "to.name"}}};
  Decoding decoded(options);
  ASSERT_EQ(decoded.Verdict(Frame(id,
                                  "\x08"
                                  "Bern")),
            "ok");
  EXPECT_EQ(decoded.Row(), "city: Bern");
}

TEST_F(SchemaRegistryTest, ProtobufRecordsAndTheirImports) {
  Register("place.proto", "syntax = \"proto3\"; package geo; message Place { string city = 1; }",
           R"(, "schemaType": "PROTOBUF")");
  const uint32_t id = Register(
      "proto-value",
      "syntax = \"proto3\";\nimport \"place.proto\";\n"
      "message Other { int64 id = 1; }\nmessage Event { int64 id = 1; geo.Place place = 2; }",
      R"(, "schemaType": "PROTOBUF",
         "references": [{"name": "place.proto", "subject": "place.proto", "version": 1}])");
  DecoderOptions options = Options(RecordFormat::kProtobuf);
  options.schema = {{{"id", Type::kInt}, {"city", Type::kString, {}, {}, "place.city"}}};
  Decoding decoded(options);
  // The indices [1]: Event.
  ASSERT_EQ(decoded.Verdict(Frame(id,
                                  "\x02\x02\x08\x07\x12\x06\x0a\x04"
                                  "Bern")),
            "ok");
  EXPECT_EQ(decoded.Row(), "id: 7, city: Bern");
  // The first message, in the short form.
  ASSERT_EQ(decoded.Verdict(Frame(id, absl::string_view("\0\x08\x05", 3))), "ok");
  EXPECT_EQ(decoded.Row(), "id: 5, city: null");
}

TEST_F(SchemaRegistryTest, JsonRecordsCarryAnIdThatIsNotNeeded) {
  const uint32_t id = Register(
      "json-value", R"({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"})",
      R"(, "schemaType": "JSON")");
  Decoding decoded(Options(RecordFormat::kJson));
  ASSERT_EQ(decoded.Verdict(Frame(id, R"({"id": 3})")), "ok");
  EXPECT_EQ(decoded["id"], Value::Int(3));
  Decoding avro(Options(RecordFormat::kAvro));
  EXPECT_EQ(avro.Verdict(Frame(id, "\x0e")),
            absl::StrCat("schema: schema ", id, ": is in JSON Schema, the source in Avro"));
}

TEST_F(SchemaRegistryTest, AnUnknownIdIsSaidToBeUnknown) {
  Decoding decoded(Options(RecordFormat::kAvro));
  EXPECT_EQ(decoded.Verdict(Frame(987'654, "\x0e")),
            "unknown_schema: schema 987654: the registry does not know it");
}

TEST_F(SchemaRegistryTest, WhereNobodyListensTheRecordMustWait) {
  DecoderOptions options = Options(RecordFormat::kAvro);
  options.registry = *ConfluentRegistry::Make({.url = "http://127.0.0.1:1"});
  const auto decoder = MakeDecoder(options);
  const std::string value = Frame(1, "\x0e");
  Record record;
  record.value = value;
  DecodedRecord out;
  const auto rejection = decoder->Decode(record, &out);
  ASSERT_TRUE(rejection.has_value());
  EXPECT_TRUE(rejection->transient) << rejection->message;
}

}  // namespace
}  // namespace millrace
