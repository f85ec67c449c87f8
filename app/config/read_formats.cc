// registry; of sources format, schema_file, message, message_indices.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "app/config/check.h"
#include "app/config/compile.h"
#include "app/registry/confluent_registry.h"
#include "stream/decode/record_schema.h"
#include "stream/decode/schema_registry.h"

namespace millrace {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kMaxSchemaBytes = 4 << 20;
constexpr size_t kMaxImports = 1000;

// nullopt when it is no readable file of a sensible size.
std::optional<std::string> ReadBytes(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error) || fs::file_size(path, error) > kMaxSchemaBytes) {
    return std::nullopt;
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  if (!in) return std::nullopt;
  return out.str();
}

// The files that a .proto file needs, from its folder. Those that are not there are left out: the
// compiler names them.
std::vector<NamedText> GatherImports(const fs::path& folder, absl::string_view text) {
  std::vector<NamedText> found;
  std::vector<std::string> wanted = ProtoImports(text);
  for (size_t i = 0; i < wanted.size() && i < kMaxImports; ++i) {
    const std::string name = wanted[i];
    std::optional<std::string> bytes = ReadBytes(folder / name);
    if (!bytes) continue;
    for (std::string& import : ProtoImports(*bytes)) {
      if (std::find(wanted.begin(), wanted.end(), import) == wanted.end()) {
        wanted.push_back(std::move(import));
      }
    }
    found.push_back({name, *std::move(bytes)});
  }
  return found;
}

absl::StatusOr<std::shared_ptr<const RecordSchema>> ParseSchema(RecordFormat format,
                                                                const fs::path& path,
                                                                const std::string& bytes) {
  if (format == RecordFormat::kAvro) return ParseAvroSchema(bytes);
  if (path.extension() != ".proto") return ParseDescriptorSet(bytes);
  return ParseProtoFile({path.filename().string(), bytes},
                        GatherImports(path.parent_path(), bytes));
}

// Where a field of the records is wanted.
TextPlace PlaceOf(const std::string& field, const Section& source) {
  const Section schema = source.At("schema");
  for (const ConfigMember& member : schema.map()->members) {
    if (member.key.text == field) return member.key.place;
  }
  const ConfigNode* time = source.At("time").Find("field");
  if (time != nullptr && time->text == field) return time->place;
  return source.Find("schema_file")->place;  // of an envelope
}

void CheckFields(const Section& source, const SourceSpec& spec, DiagnosticSink* sink) {
  const auto faults = CheckRecordSchema(spec.decoder);
  if (!faults.ok()) {
    const ConfigNode* message = source.Find("message");
    sink->Error(ConfigErrorCode::kRecordSchema,
                (message != nullptr ? message : source.Find("schema_file"))->place,
                std::string(faults.status().message()));
    return;
  }
  for (const FieldFault& fault : *faults) {
    sink->Error(ConfigErrorCode::kRecordSchema, PlaceOf(fault.field, source), fault.message);
  }
}

void ReadSchemaFile(const Section& source, bool fields_known, ProjectDraft* draft,
                    SourceSpec* spec) {
  const ConfigNode* file = source.Find("schema_file");
  if (file == nullptr) {
    if (!source.Has("schema_file")) {
      draft->sink->Error(ConfigErrorCode::kMissingKey, source.Find("format")->place,
                         absl::StrCat("'format: ", spec->format, "' needs a 'schema_file'"));
    }
    return;
  }
  const fs::path path = (fs::path(draft->directory) / file->text).lexically_normal();
  const std::optional<std::string> bytes = ReadBytes(path);
  if (!bytes) {
    draft->sink->Error(ConfigErrorCode::kUnreadable, file->place,
                       absl::StrCat("'", file->shown,
                                    "' is no file that can be read, of 4 MiB at "
                                    "most"));
    return;
  }
  auto parsed = ParseSchema(spec->decoder.format, path, *bytes);
  if (!parsed.ok()) {
    draft->sink->Error(ConfigErrorCode::kRecordSchema, file->place,
                       absl::StrCat("'", file->shown, "': ", parsed.status().message()));
    return;
  }
  spec->decoder.record_schema = *std::move(parsed);
  if (fields_known) CheckFields(source, *spec, draft->sink);
}

// A key that means nothing in this format.
void Refuse(const Section& source, absl::string_view key, absl::string_view why,
            const SourceSpec& spec, DiagnosticSink* sink) {
  const ConfigNode* node = source.Find(key);
  if (node == nullptr) return;
  sink->Error(ConfigErrorCode::kConflict, node->place,
              absl::StrCat("'", key, "' beside 'format: ", spec.format, "': ", why));
}

}  // namespace

void ReadRegistry(const Section& root, ProjectDraft* draft) {
  const Section registry = root.At("registry");
  if (!registry.present()) {
    draft->broken_registry = root.Has("registry");
    return;
  }
  draft->broken_registry = true;
  const ConfigNode* url = registry.Find("url");
  if (url == nullptr) return;
  const ConfigNode* token = registry.Find("token");
  if (token != nullptr && (registry.Has("user") || registry.Has("password"))) {
    draft->sink->Error(ConfigErrorCode::kConflict, token->place,
                       "'token' stands for 'user' and 'password', not beside them");
    return;
  }
  if (registry.Has("user") != registry.Has("password")) {
    draft->sink->Error(ConfigErrorCode::kMissingKey, registry.place(),
                       "'user' and 'password' need each other");
    return;
  }
  const int64_t timeout_ms = registry.DurationMs("timeout");
  if (timeout_ms <= 0) {
    draft->sink->Error(ConfigErrorCode::kOutOfRange, registry.Find("timeout")->place,
                       "'timeout' must be longer than 0");
    return;
  }
  auto made = ConfluentRegistry::Make({.url = url->text,
                                       .user = registry.Text("user"),
                                       .password = registry.Text("password"),
                                       .token = registry.Text("token"),
                                       .timeout = absl::Milliseconds(timeout_ms)});
  if (!made.ok()) {
    draft->sink
        ->Error(ConfigErrorCode::kInvalidValue, url->place, "'url' is no address of a registry")
        .suggestion = "such as http://localhost:8081; credentials have keys of their own";
    return;
  }
  draft->registry = *std::move(made);
  draft->broken_registry = false;
}

void ReadFormat(const Section& source, bool fields_known, ProjectDraft* draft, SourceSpec* spec) {
  absl::string_view encoding = spec->format;
  DecoderOptions& decoder = spec->decoder;
  if (absl::ConsumePrefix(&encoding, "confluent_")) decoder.framing = Framing::kConfluent;
  decoder.format = encoding == "avro"       ? RecordFormat::kAvro
                   : encoding == "protobuf" ? RecordFormat::kProtobuf
                                            : RecordFormat::kJson;
  decoder.message = source.Text("message");
  decoder.message_indices =
      source.Text("message_indices") == "plain" ? MessageIndices::kPlain : MessageIndices::kZigZag;
  const bool framed = decoder.framing == Framing::kConfluent;
  const bool protobuf = decoder.format == RecordFormat::kProtobuf;
  const absl::string_view named = "each record names its schema";
  if (decoder.format == RecordFormat::kJson) {
    Refuse(source, "schema_file", "JSON needs no schema", *spec, draft->sink);
  } else if (framed) {
    Refuse(source, "schema_file", named, *spec, draft->sink);
  }
  if (framed || !protobuf) {
    Refuse(source, "message", protobuf ? named : "only Protobuf has messages", *spec, draft->sink);
  }
  if (!framed || !protobuf) {
    Refuse(source, "message_indices", "only 'confluent_protobuf' has them", *spec, draft->sink);
  }
  if (decoder.format == RecordFormat::kJson) return;
  if (!framed) return ReadSchemaFile(source, fields_known, draft, spec);
  decoder.registry = draft->registry;
  if (draft->registry != nullptr || draft->broken_registry) return;
  draft->sink
      ->Error(ConfigErrorCode::kMissingKey, source.Find("format")->place,
              absl::StrCat("'format: ", spec->format, "' needs a schema registry"))
      .suggestion = "add registry: {url: http://localhost:8081} at the top";
}

}  // namespace millrace
