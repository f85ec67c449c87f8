#include "app/testing/read_expectation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "app/config/check.h"
#include "featurestore/online_store.h"
#include "stream/decode/decoder.h"

namespace millrace {
namespace {

using Names = std::vector<std::string>;
using What = ViewExpectation::What;

struct CellMap {
  absl::string_view key;
  What what;
};
constexpr CellMap kCellMaps[] = {
    {"values", What::kValue},
    {"status", What::kStatus},
    {"age_ms", What::kAgeMs},
    {"effective_start", What::kEffectiveStart},
    {"effective_end", What::kEffectiveEnd},
    {"completeness", What::kCompleteness},
    {"count", What::kCount},
    {"max_event_time", What::kMaxEventTime},
};

constexpr absl::string_view kDeadLetterFields[] = {"offset", "partition", "reason"};

Names FeatureNames(const ViewSpec& view) {
  Names names;
  for (const FeatureSpec& feature : view.features) names.push_back(feature.name);
  return names;
}

Names StatusNames() {
  Names names;
  for (uint8_t s = 0; s <= static_cast<uint8_t>(FeatureStatus::kOverflow); ++s) {
    names.emplace_back(FeatureStatusName(static_cast<FeatureStatus>(s)));
  }
  return names;
}

}  // namespace

const Names& CountTerms() {
  static const auto* const names =
      new Names{"read",      "applied",   "duplicate",  "late",      "rejected",
                "bytes",     "inserted",  "retracted",  "filtered",  "conflicting",
                "one_sided", "unaligned", "tombstones", "misrouted", "late_merged"};
  return *names;
}

std::vector<Expected> TakeFields(const ConfigNode& node, std::span<const absl::string_view> keys) {
  std::vector<Expected> fields;
  for (const absl::string_view key : keys) {
    const ConfigNode* value = node.Find(key);
    if (value != nullptr) fields.push_back({std::string(key), *value});
  }
  return fields;
}

ExpectationReader::ExpectationReader(const Project& project, NodeReader* reader)
    : project_(project), read_(*reader) {
  for (const SourceSpec& source : project.sources) sources_.push_back(source.name);
  for (const auto& view : project.views) views_.push_back(view->name);
  for (const TaskSpec& task : project.tasks) tasks_.push_back(task.name);
}

std::optional<Expectation> ExpectationReader::Read(const ConfigNode& node) {
  if (!node.is_map()) {
    read_.Fail(node, absl::StrCat("an expectation must be a map, found ", Describe(node)));
    return std::nullopt;
  }
  std::optional<Expectation> expectation;
  if (node.Find("view") != nullptr) {
    expectation = ReadView(node);
  } else if (node.Find("task") != nullptr) {
    expectation = ReadTask(node);
  } else if (node.Find("dead_letters") != nullptr) {
    expectation = ReadDeadLetters(node);
  } else if (node.Find("source") != nullptr) {
    expectation = ReadCounts(node);
  } else if (const ConfigNode* emitted = node.Find("emitted")) {
    read_.sink().Error(ConfigErrorCode::kNotSupported, emitted->place,
                       "'emitted' of an expectation is not supported yet");
  } else {
    read_.sink().Error(ConfigErrorCode::kMissingKey, node.place,
                       "an expectation names a 'view', a 'source', a 'task' or 'dead_letters'");
  }
  if (!expectation) return std::nullopt;
  expectation->line = node.place.line;
  if (const ConfigNode* tolerance = node.Find("tolerance")) {
    expectation->tolerance = read_.Number(*tolerance, "tolerance");
    if (!expectation->tolerance) return std::nullopt;
  }
  return expectation;
}

// --- views ---

std::optional<Expectation> ExpectationReader::ReadView(const ConfigNode& node) {
  Names known = {"view", "key", "at", "request", "known", "tolerance"};
  for (const CellMap& map : kCellMaps) known.emplace_back(map.key);
  if (!read_.CheckMap(node, "an expectation of a view", known)) return std::nullopt;
  ViewExpectation out;
  out.view = read_.Find(*node.Find("view"), "view", views_);
  const ConfigNode* key = node.Find("key");
  const ConfigNode* at = node.Find("at");
  if (key == nullptr || at == nullptr) {
    read_.sink().Error(ConfigErrorCode::kMissingKey, node.place,
                       "an expectation of a view needs 'key' and 'at'");
    return std::nullopt;
  }
  const std::optional<int64_t> at_ms = read_.Time(*at, "at");
  if (out.view < 0 || !at_ms) return std::nullopt;
  out.at_ms = *at_ms;
  const ViewSpec& view = *project_.views[static_cast<size_t>(out.view)];
  bool good = ReadKey(*key, view, &out);
  good = ReadRequestOf(node, view, &out) && good;
  good = ReadKnown(node, view, &out) && good;
  for (const CellMap& map : kCellMaps) {
    const ConfigNode* cells = node.Find(map.key);
    if (cells != nullptr) good = ReadCells(*cells, map.key, map.what, view, &out) && good;
  }
  if (!good) return std::nullopt;
  if (out.cells.empty()) {
    read_.sink()
        .Error(ConfigErrorCode::kMissingKey, node.place, "nothing is expected here")
        .suggestion = "add 'values'";
    return std::nullopt;
  }
  Expectation expectation;
  expectation.title =
      absl::StrCat(view.name, " ", FlowText(*key), " at ", ToString(Value::Timestamp(out.at_ms)));
  expectation.what = std::move(out);
  return expectation;
}

bool ExpectationReader::ReadKey(const ConfigNode& node, const ViewSpec& view,
                                ViewExpectation* out) {
  if (!read_.CheckMap(node, absl::StrCat("the key of '", view.name, "'"), view.key_names)) {
    return false;
  }
  for (size_t i = 0; i < view.key_names.size(); ++i) {
    const ConfigNode* field = node.Find(view.key_names[i]);
    if (field == nullptr) {
      read_.sink().Error(
          ConfigErrorCode::kMissingKey, node.place,
          absl::StrCat("the key of '", view.name, "' lacks '", view.key_names[i], "'"));
      return false;
    }
    std::optional<OwnedValue> value = TestValueOf(*field, view.key_types[i]);
    if (!value) {
      read_.Fail(*field, absl::StrCat("'", view.key_names[i], "' is a ",
                                      TypeName(view.key_types[i]), ", found ", Describe(*field)));
      return false;
    }
    out->key.push_back(*std::move(value));
  }
  return true;
}

bool ExpectationReader::ReadRequestOf(const ConfigNode& node, const ViewSpec& view,
                                      ViewExpectation* out) {
  const ConfigNode* request = node.Find("request");
  if (request == nullptr) return true;
  DecoderOptions options;
  options.envelope = Envelope::kNone;
  options.schema = project_.sources[static_cast<size_t>(view.inputs[0].source)].schema;
  Names fields;
  for (Field& field : options.schema.fields) {
    field.path.clear();
    fields.push_back(field.name);
  }
  if (!read_.CheckMap(*request, absl::StrCat("the request to '", view.name, "'"), fields)) {
    return false;
  }
  const std::unique_ptr<Decoder> decoder = MakeDecoder(std::move(options));
  const std::string json = JsonOf(*request);
  Record record;
  record.value = json;
  DecodedRecord decoded;
  if (const auto rejection = decoder->Decode(record, &decoded)) {
    read_.Fail(*request, rejection->message);
    return false;
  }
  for (const Value& field : decoded.row.fields) out->request.emplace_back(field);
  return true;
}

bool ExpectationReader::ReadKnown(const ConfigNode& node, const ViewSpec& view,
                                  ViewExpectation* out) {
  const ConfigNode* known = node.Find("known");
  if (known == nullptr) return true;
  if (!known->is_scalar() || known->text != "as_of") {
    read_.Fail(*known, absl::StrCat("'known' must be as_of, found ", Describe(*known)));
    return false;
  }
  if (!view.keeps_known_time) {
    read_.sink().Error(ConfigErrorCode::kConflict, known->place,
                       absl::StrCat("the view '", view.name, "' declares no 'known_at'"));
    return false;
  }
  out->as_known = true;
  return true;
}

bool ExpectationReader::ReadCells(const ConfigNode& map, absl::string_view name, What what,
                                  const ViewSpec& view, ViewExpectation* out) {
  if (!map.is_map()) {
    read_.Fail(map, absl::StrCat("'", name, "' must be a map by feature, found ", Describe(map)));
    return false;
  }
  bool good = true;
  const Names features = FeatureNames(view);
  for (const ConfigMember& member : map.members) {
    const int feature =
        read_.Find(member.key, absl::StrCat("feature of '", view.name, "',"), features);
    good = feature >= 0 && good;
    if (what == What::kStatus) good = CheckStatus(member.value) && good;
    std::string title = member.key.text;
    if (what != What::kValue) title = absl::StrCat(name, " of ", title);
    out->cells.push_back({what, feature, {std::move(title), member.value}});
  }
  return good;
}

bool ExpectationReader::CheckStatus(const ConfigNode& status) {
  // `null` is a status, and YAML's null.
  return status.kind == ConfigNode::Kind::kNull || read_.Find(status, "status", StatusNames()) >= 0;
}

// --- sources ---

bool ExpectationReader::ReadNumbers(const ConfigNode& map, absl::string_view what,
                                    const Names& known, std::vector<Expected>* out) {
  if (!read_.CheckMap(map, absl::StrCat("'", what, "'"), known)) return false;
  for (const ConfigMember& member : map.members) {
    if (!read_.Int(member.value, member.key.text)) return false;
    out->push_back({member.key.text, member.value});
  }
  return true;
}

std::optional<Expectation> ExpectationReader::ReadCounts(const ConfigNode& node) {
  if (!read_.CheckMap(node, "an expectation of a source", {"source", "counts"})) {
    return std::nullopt;
  }
  CountsExpectation out;
  out.source = read_.Find(*node.Find("source"), "source", sources_);
  const ConfigNode* counts = node.Find("counts");
  if (counts == nullptr) {
    read_.sink().Error(ConfigErrorCode::kMissingKey, node.place,
                       "an expectation of a source needs 'counts'");
    return std::nullopt;
  }
  if (!ReadNumbers(*counts, "counts", CountTerms(), &out.counts) || out.source < 0) {
    return std::nullopt;
  }
  Expectation expectation;
  expectation.title = absl::StrCat("counts of ", sources_[static_cast<size_t>(out.source)]);
  expectation.what = std::move(out);
  return expectation;
}

std::optional<Expectation> ExpectationReader::ReadDeadLetters(const ConfigNode& node) {
  if (!read_.CheckMap(node, "an expectation of dead letters", {"dead_letters", "records"})) {
    return std::nullopt;
  }
  DeadLetterExpectation out;
  out.source = read_.Find(*node.Find("dead_letters"), "source", sources_);
  const ConfigNode* records = node.Find("records");
  if (records == nullptr || !records->is_list()) {
    read_.sink().Error(ConfigErrorCode::kMissingKey, node.place,
                       "an expectation of dead letters needs a list of 'records'");
    return std::nullopt;
  }
  for (const ConfigNode& record : records->items) {
    if (!read_.CheckMap(record, "a dead letter", {"offset", "reason", "partition"})) {
      return std::nullopt;
    }
    out.records.push_back(TakeFields(record, kDeadLetterFields));
  }
  if (out.source < 0) return std::nullopt;
  if (!project_.sources[static_cast<size_t>(out.source)].bases.empty()) {
    read_.Fail(*node.Find("dead_letters"),
               absl::StrCat("the source '", sources_[static_cast<size_t>(out.source)],
                            "' is derived and rejects nothing"));
    return std::nullopt;
  }
  Expectation expectation;
  expectation.title = absl::StrCat("dead letters of ", sources_[static_cast<size_t>(out.source)]);
  expectation.what = std::move(out);
  return expectation;
}

}  // namespace millrace
