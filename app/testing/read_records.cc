#include "app/testing/read_records.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "app/config/check.h"
#include "app/config/parse_yaml.h"
#include "app/config/text_file.h"
#include "app/workers/source_decoder.h"
#include "stream/decode/decoder.h"

namespace millrace {
namespace {

constexpr int32_t kMaxPartitions = 1024;

const std::vector<std::string>& RecordKeys() {
  static const auto* const keys =
      new std::vector<std::string>{"source", "value", "partition",  "offset",  "appended",
                                   "key",    "raw",   "raw_base64", "headers", "retract"};
  return *keys;
}

}  // namespace

RecordReader::RecordReader(const Project& project, std::string directory, NodeReader* reader)
    : project_(project),
      directory_(std::move(directory)),
      read_(*reader),
      defaults_(project.sources.size()) {
  for (const SourceSpec& source : project.sources) {
    source_names_.push_back(source.name);
    decoders_.push_back(source.bases.empty() ? MakeDecoder(source) : nullptr);
  }
}

void RecordReader::AddDefaults(const ConfigNode& defaults) {
  if (!defaults.is_map()) {
    read_.Fail(defaults,
               absl::StrCat("'defaults' must be a map of sources, found ", Describe(defaults)));
    return;
  }
  for (const ConfigMember& member : defaults.members) {
    const int source = read_.Find(member.key, "source", source_names_);
    if (source < 0) continue;
    if (!member.value.is_map()) {
      read_.Fail(member.value, absl::StrCat("the defaults of '", member.key.text,
                                            "' must be a map, found ", Describe(member.value)));
      continue;
    }
    ConfigNode& known = defaults_[static_cast<size_t>(source)];
    known.kind = ConfigNode::Kind::kMap;
    for (const ConfigMember& value : member.value.members) {
      if (ConfigMember* earlier = known.FindMember(value.key.text)) {
        earlier->value = value.value;
      } else {
        known.members.push_back(value);
      }
    }
  }
}

void RecordReader::ReadAll(const ConfigNode& records, std::vector<TestStep>* steps) {
  if (records.is_scalar()) {
    ReadFile(records, steps);
    return;
  }
  if (!records.is_list()) {
    read_.Fail(records, absl::StrCat("'records' must be a list or the name of a file, found ",
                                     Describe(records)));
    return;
  }
  for (const ConfigNode& item : records.items) ReadOne(item, steps);
}

void RecordReader::ReadFile(const ConfigNode& name, std::vector<TestStep>* steps) {
  const std::string path = (std::filesystem::path(directory_) / name.text).string();
  if (const absl::Status readable = CheckReadable(path); !readable.ok()) {
    read_.sink().Error(ConfigErrorCode::kUnreadable, name.place,
                       absl::StrCat(path, ": ", readable.message()));
    return;
  }
  std::ifstream in(path, std::ios::binary);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    const int text = read_.sink().AddText(absl::StrCat(path, ":", number), line);
    // JSON is YAML too; this way numbers stay as they are written.
    const std::optional<ConfigNode> node = ParseYaml(text, 0, &read_.sink());
    if (node) ReadOne(*node, steps);
  }
}

void RecordReader::ReadOne(const ConfigNode& node, std::vector<TestStep>* steps) {
  if (!read_.CheckMap(node, "a record", RecordKeys())) return;
  const ConfigNode* source = node.Find("source");
  TestRecord record;
  if (source == nullptr && source_names_.size() != 1) {
    read_.sink()
        .Error(ConfigErrorCode::kMissingKey, node.place, "a record needs a 'source'")
        .known = source_names_;
    return;
  }
  if (source != nullptr) {
    record.source = read_.Find(*source, "source", source_names_);
    if (record.source < 0) return;
  }
  if (decoders_[static_cast<size_t>(record.source)] == nullptr) {
    read_.Fail(source != nullptr ? *source : node,
               absl::StrCat("the source '", source_names_[static_cast<size_t>(record.source)],
                            "' is derived: records are given to what it is derived from"));
    return;
  }
  if (ReadContent(node, &record) && ReadPosition(node, &record) && ReadTimes(node, &record)) {
    steps->emplace_back(std::move(record));
  }
}

std::string RecordReader::ValueJson(const ConfigNode& value, int32_t source) const {
  const ConfigNode& defaults = defaults_[static_cast<size_t>(source)];
  if (!value.is_map() || defaults.members.empty()) return JsonOf(value);
  ConfigNode filled = value;
  for (const ConfigMember& member : defaults.members) {
    if (filled.Find(member.key.text) == nullptr) filled.members.push_back(member);
  }
  return JsonOf(filled);
}

bool RecordReader::ReadContent(const ConfigNode& node, TestRecord* record) {
  const ConfigNode* const value = node.Find("value");
  const ConfigNode* const raw = node.Find("raw");
  const ConfigNode* const base64 = node.Find("raw_base64");
  const ConfigNode* const defaults = &defaults_[static_cast<size_t>(record->source)];
  const int given = (value != nullptr) + (raw != nullptr) + (base64 != nullptr);
  if (given > 1 || (given == 0 && defaults->members.empty())) {
    read_.sink().Error(given > 1 ? ConfigErrorCode::kConflict : ConfigErrorCode::kMissingKey,
                       node.place, "a record has one of 'value', 'raw' and 'raw_base64'");
    return false;
  }
  if (raw != nullptr) {
    record->value = read_.Text(*raw, "raw");
    if (!record->value) return false;
  } else if (base64 != nullptr) {
    std::string bytes;
    if (!base64->is_scalar() || !absl::Base64Unescape(base64->text, &bytes)) {
      read_.Fail(*base64, "'raw_base64' must be base64");
      return false;
    }
    record->value = std::move(bytes);
  } else if (value == nullptr) {
    record->value = JsonOf(*defaults);
  } else if (value->kind != ConfigNode::Kind::kNull) {
    record->value = ValueJson(*value, record->source);
  }
  if (const ConfigNode* key = node.Find("key"); key != nullptr && key->is_scalar()) {
    record->key = key->text;
  } else if (key != nullptr && key->kind != ConfigNode::Kind::kNull) {
    record->key = JsonOf(*key);
  }
  const ConfigNode* headers = node.Find("headers");
  if (headers != nullptr && !ReadHeaders(*headers, record)) return false;
  const ConfigNode* retract = node.Find("retract");
  if (retract == nullptr) return true;
  const std::optional<bool> retracts = read_.Bool(*retract, "retract");
  if (!retracts) return false;
  if (*retracts) {
    record->headers.emplace_back(std::string(kRetractHeader), "true");
    retracting_.insert(record->source);
  }
  return true;
}

bool RecordReader::ReadHeaders(const ConfigNode& headers, TestRecord* record) {
  if (!headers.is_map()) {
    read_.Fail(headers, absl::StrCat("'headers' must be a map of names to strings, found ",
                                     Describe(headers)));
    return false;
  }
  for (const ConfigMember& header : headers.members) {
    const std::optional<std::string> value = read_.Text(header.value, header.key.text);
    if (!value) return false;
    record->headers.emplace_back(header.key.text, *value);
  }
  return true;
}

bool RecordReader::ReadPosition(const ConfigNode& node, TestRecord* record) {
  if (const ConfigNode* partition = node.Find("partition")) {
    const std::optional<int64_t> value = read_.Int(*partition, "partition");
    if (!value) return false;
    if (*value < 0 || *value >= kMaxPartitions) {
      read_.Fail(*partition, absl::StrCat("'partition' must be from 0 to ", kMaxPartitions - 1));
      return false;
    }
    record->partition = static_cast<int32_t>(*value);
  }
  int64_t& next = next_offset_[{record->source, record->partition}];
  record->offset = next;
  if (const ConfigNode* offset = node.Find("offset")) {
    const std::optional<int64_t> value = read_.Int(*offset, "offset");
    if (!value) return false;
    if (*value < 0 || *value > int64_t{1} << 60) {
      read_.Fail(*offset, "'offset' is out of range");
      return false;
    }
    record->offset = *value;
  }
  next = record->offset + 1;
  return true;
}

bool RecordReader::ReadTimes(const ConfigNode& node, TestRecord* record) {
  const SourceSpec& source = project_.sources[static_cast<size_t>(record->source)];
  const ConfigNode* appended = node.Find("appended");
  if (appended != nullptr) {
    const std::optional<int64_t> time = read_.Time(*appended, "appended");
    if (!time) return false;
    record->appended_ms = *time;
  } else if (!source.decoder.time_field) {
    read_.sink().Error(ConfigErrorCode::kMissingKey, node.place,
                       absl::StrCat("the event time of '", source.name,
                                    "' is that of the record: it needs 'appended'"));
    return false;
  }
  if (!record->value) {  // says no time of its own: with the newest before it
    if (appended == nullptr && !newest_appended_ms_) {
      read_.sink().Error(
          ConfigErrorCode::kMissingKey, node.place,
          "a record without a value stands where it was appended: it needs 'appended'");
      return false;
    }
    if (appended == nullptr) record->appended_ms = *newest_appended_ms_;
    record->event_time_ms = record->appended_ms;
  }
  std::vector<Header> headers;
  for (const auto& [name, value] : record->headers) headers.push_back({name, value});
  Record as_read;
  as_read.partition = record->partition;
  as_read.offset = record->offset;
  as_read.timestamp_ms = as_read.append_ms = record->appended_ms;
  if (record->key) as_read.key = *record->key;
  if (record->value) as_read.value = *record->value;
  as_read.headers = headers;
  DecodedRecord decoded;
  const auto rejection = decoders_[static_cast<size_t>(record->source)]->Decode(as_read, &decoded);
  if (rejection && rejection->transient) {
    read_.sink().Error(ConfigErrorCode::kRecordSchema, node.place, rejection->message);
    return false;
  }
  if (!rejection && (decoded.inserts || decoded.retracts)) {
    const DecodedRow& placed = decoded.inserts ? decoded.row : decoded.before;
    record->event_time_ms = placed.event_time_ms;
    if (appended == nullptr) record->appended_ms = placed.event_time_ms;
    newest_appended_ms_ = std::max(newest_appended_ms_.value_or(INT64_MIN), record->appended_ms);
  }
  return true;
}

}  // namespace millrace
