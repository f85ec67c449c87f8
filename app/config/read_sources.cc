// Sources with topics, and entities.

#include <algorithm>
#include <filesystem>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "app/config/check.h"
#include "app/config/compile.h"
#include "app/config/value_of.h"
#include "core/type_words.h"
#include "stream/expr/expression.h"

namespace millrace {
namespace {

bool ReadRange(const Section& spec, Field* field, ProjectDraft* draft) {
  const ConfigNode* range = spec.Find("range");
  if (range == nullptr) return !spec.Has("range");
  if (field->type != Type::kInt && field->type != Type::kDouble) {
    draft->sink->Error(
        ConfigErrorCode::kConflict, range->place,
        absl::StrCat("a 'range' needs an int or a double, not ", AValueType(field->type)));
    return false;
  }
  const std::vector<const ConfigNode*> bounds = spec.Items("range");
  if (bounds.size() != range->items.size()) return false;  // reported
  double low = 0, high = 0;
  if (bounds.size() != 2 || !absl::SimpleAtod(bounds[0]->text, &low) ||
      !absl::SimpleAtod(bounds[1]->text, &high) || low > high) {
    draft->sink->Error(ConfigErrorCode::kOutOfRange, range->place,
                       "a 'range' is [lowest, highest]");
    return false;
  }
  field->min = low;
  field->max = high;
  return true;
}

bool ReadPath(const Section& spec, Field* field, ProjectDraft* draft) {
  const ConfigNode* path = spec.Find("path");
  if (path == nullptr) return !spec.Has("path");
  field->path = path->text;
  const std::vector<std::string> names = absl::StrSplit(field->path, '.');
  if (std::find(names.begin(), names.end(), "") == names.end()) return true;
  draft->sink->Error(ConfigErrorCode::kInvalidValue, path->place,
                     "a 'path' is names with dots between them, such as user.address.city");
  return false;
}

// Reads one entry of `schema:`; false when the field's type is not known.
bool ReadField(const ConfigMember& member, const Section& map, Field* field, ProjectDraft* draft) {
  field->name = member.key.text;
  if (IsExpressionFunction(field->name)) {
    draft->sink
        ->Error(ConfigErrorCode::kInvalidName, member.key.place,
                absl::StrCat("the field '", field->name, "' would hide the function of that name"))
        .suggestion = absl::StrCat("rename it and say where it stands, as in my_", field->name,
                                   ": {type: …, path: ", field->name, "}");
    return false;
  }
  if (member.key.bad || (member.value.bad && !member.value.is_map())) return false;
  const ConfigNode* type = member.value.is_scalar() ? &member.value : map.Find("type");
  if (type == nullptr) return false;
  if (!ReadType(*type, draft->sink, &field->type)) return false;
  if (member.value.is_scalar()) return true;
  return ReadPath(map, field, draft) && ReadRange(map, field, draft);
}

// What stands at one place is one field: its types could contradict each other.
bool HasPlaceOfItsOwn(const Field& field, const Schema& others, const Section& section,
                      DiagnosticSink* sink) {
  const auto place = [](const Field& f) { return f.path.empty() ? f.name : f.path; };
  for (const Field& other : others.fields) {
    if (place(other) != place(field)) continue;
    sink->Error(ConfigErrorCode::kDuplicate, section.place(),
                absl::StrCat("the fields '", other.name, "' and '", field.name,
                             "' stand at the same place of the record"));
    return false;
  }
  return true;
}

TimeUnit UnitOfWord(absl::string_view word) {
  if (word == "s") return TimeUnit::kSeconds;
  if (word == "us") return TimeUnit::kMicros;
  if (word == "rfc3339") return TimeUnit::kRfc3339;
  return TimeUnit::kMillis;
}

// `id` and `dedup`.
void ReadIdentity(const Section& section, const std::set<std::string>& broken, ProjectDraft* draft,
                  SourceSpec* source) {
  const ConfigNode* id = section.Find("id");
  const ConfigNode* dedup = section.Find("dedup");
  if (id == nullptr && dedup == nullptr) return;
  source->dedup_ms = section.DurationMs("dedup");
  if (*source->dedup_ms <= 0) {
    draft->sink->Error(ConfigErrorCode::kOutOfRange, dedup->place, "'dedup' must be longer than 0");
  }
  absl::StrAppend(&source->shape_text, " dedup=", *source->dedup_ms);
  if (id == nullptr) return;
  absl::StrAppend(&source->shape_text, " id=(", id->text, ")");
  source->id = CompileExpression(*id, ScopeOf(source->decoder.schema), broken, "", draft->sink);
  if (source->id == nullptr) return;
  const Type type = source->id->type();
  if (type == Type::kDouble || type == Type::kNull || IsCollection(type)) {
    draft->sink->Error(ConfigErrorCode::kExpressionType, id->place,
                       absl::StrCat(AValueType(type), " cannot be an id"));
  }
}

// REQUIRES: the source's time is read.
void ReadHistory(const Section& section, ProjectDraft* draft, SourceSpec* source) {
  const Section history = section.At("history");
  if (!history.present()) return;
  HistorySpec& spec = source->history.emplace();
  spec.files =
      (std::filesystem::path(draft->directory) / history.Text("files")).lexically_normal().string();
  spec.format = history.Text("format") == "csv" ? HistoryFormat::kCsv : HistoryFormat::kJsonLines;
  if (const ConfigNode* node = history.Find("until"); node != nullptr) {
    const std::optional<OwnedValue> until = ValueOf(*node, Type::kTimestamp);
    if (until) spec.until_ms = until->view().int_value();
    if (!until) {
      draft->sink->Error(ConfigErrorCode::kWrongType, node->place,
                         "'until' must be a time such as 2013-01-01T00:00:00Z");
    }
  }
  if (!source->decoder.time_field && !(section.Has("time") && section.At("time").present())) {
    draft->sink->Error(ConfigErrorCode::kConflict, history.place(),
                       "records of files have no time of their own: 'history' needs 'time.field'");
  }
  absl::StrAppend(&source->shape_text, " history=", history.Text("files"), "/",
                  history.Text("format"), "/", spec.until_ms);
}

void ReadLateness(const Section& lateness, ProjectDraft* draft, SourceSpec* source) {
  source->time_rule.out_of_order_ms = lateness.DurationMs("out_of_order");
  source->time_rule.idle = lateness.Text("idle") == "clock" ? Idle::kClock : Idle::kAuto;
  source->future_skew_ms = lateness.DurationMs("future_skew");
  source->retention_ms = lateness.DurationMs("retention");
  source->keep_future = lateness.Text("future") == "keep";
  if (source->retention_ms < source->time_rule.out_of_order_ms) {
    const ConfigNode* where = lateness.Find("retention");
    draft->sink->Error(ConfigErrorCode::kOutOfRange,
                       (where != nullptr ? *where : *lateness.Find("out_of_order")).place,
                       "'retention' must be at least 'out_of_order'");
  }
}

void ReadTopic(const Section& section, int32_t index, ProjectDraft* draft, SourceSpec* source) {
  source->topic = section.Text("topic");
  for (const absl::string_view key : {"topic", "schema"}) {
    if (!section.present() || section.incomplete() || section.Has(key)) continue;
    draft->sink->Error(ConfigErrorCode::kMissingKey, section.place(),
                       absl::StrCat("'", section.name(), "' lacks '", key, "'"));
  }
  for (int32_t i = 0; i < index; ++i) {
    const SourceSpec& other = draft->project.sources[i];
    if (source->topic.empty() || other.topic != source->topic) continue;
    draft->sink->Error(ConfigErrorCode::kDuplicate, section.Find("topic")->place,
                       absl::StrCat("the topic '", source->topic, "' is read by the source '",
                                    other.name, "' already"));
    break;
  }
  if (absl::StartsWith(source->topic, "millrace.")) {
    draft->sink->Error(ConfigErrorCode::kInvalidName, section.Find("topic")->place,
                       "topics that begin with 'millrace.' are Millrace's own");
  }
}

// REQUIRES: `time` was read.
void ReadEnvelope(const Section& section, SourceSpec* source, ProjectDraft* draft) {
  const std::string word = section.Text("envelope");
  source->decoder.envelope = word == "debezium" ? Envelope::kDebezium
                             : word == "none"   ? Envelope::kNone
                                                : Envelope::kAuto;
  if (source->decoder.envelope != Envelope::kDebezium || source->decoder.time_field ||
      section.At("time").incomplete()) {
    return;
  }
  draft->sink
      ->Error(ConfigErrorCode::kConflict, section.Find("envelope")->place,
              "changes of Debezium need the event time in a field of the row: a deletion takes its "
              "row back at the time at which it was inserted")
      .suggestion = "add time: {field: …}";
}

}  // namespace

void ReadSource(const Section& section, int32_t index, ProjectDraft* draft) {
  SourceSpec source;
  source.name = section.name();
  source.documentation = ReadDocumentation(section);
  source.format = section.Text("format");
  std::set<std::string> broken;

  const Section time = section.At("time");
  if (time.present() && time.Find("field") != nullptr) {
    source.decoder.time_field = time.Text("field");
    source.decoder.time_unit = UnitOfWord(time.Text("unit"));
  }
  ReadEnvelope(section, &source, draft);
  source.retracts = section.Bool("retract") || source.decoder.envelope == Envelope::kDebezium;
  const Section schema = section.At("schema");
  if (schema.present()) {
    const std::vector<Section> fields = schema.Named();
    for (size_t i = 0; i < fields.size(); ++i) {
      Field field;
      if (ReadField(schema.map()->members[i], fields[i], &field, draft) &&
          HasPlaceOfItsOwn(field, source.decoder.schema, fields[i], draft->sink)) {
        source.decoder.schema.fields.push_back(std::move(field));
      } else {
        broken.insert(fields[i].name());
      }
    }
  }
  ReadFormat(section, schema.present() && broken.empty(), draft, &source);
  ReadLateness(section.At("lateness"), draft, &source);
  const std::string on_error = section.Text("on_error");
  source.on_error = on_error == "skip"   ? OnError::kSkip
                    : on_error == "stop" ? OnError::kStop
                                         : OnError::kDeadLetter;
  ReadTopic(section, index, draft, &source);
  const bool known = schema.present() && !schema.incomplete();
  if (known) {
    ReadIdentity(section, broken, draft, &source);
    ReadHistory(section, draft, &source);
    Schema row = source.decoder.schema;
    ReadLookups(section, &row, &broken, draft, &source);
    source.derivation = ReadDerivation(section, row, &broken, draft, &source);
    ReadPartitionedBy(section, broken, draft, &source);
  }
  draft->broken_source[static_cast<size_t>(index)] = !known;
  draft->broken_fields[static_cast<size_t>(index)] = std::move(broken);
  draft->project.sources[static_cast<size_t>(index)] = std::move(source);
}

void ReadEntities(const Section& root, ProjectDraft* draft) {
  for (const Section& entity : root.At("entities").Named()) {
    std::vector<std::string> fields;
    const std::vector<const ConfigNode*> items = entity.Items("key");
    for (const ConfigNode* item : items) {
      if (std::find(fields.begin(), fields.end(), item->text) != fields.end()) {
        draft->sink->Error(ConfigErrorCode::kDuplicate, item->place,
                           absl::StrCat("the key has '", item->shown, "' twice"));
      }
      fields.push_back(item->text);
    }
    const ConfigNode* key = entity.Find("key");
    if (key == nullptr || key->items.size() != items.size()) fields.clear();
    draft->project.entities.push_back({entity.name(), ReadDocumentation(entity), fields});
    draft->entities[entity.name()] = std::move(fields);
    draft->entity_names.push_back(entity.name());
  }
}

}  // namespace millrace
