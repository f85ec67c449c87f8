#include "app/inference/source_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/config/check.h"
#include "app/config/diagnostics.h"
#include "app/config/parse_yaml.h"
#include "core/double_text.h"
#include "serving/json.h"

namespace millrace {
namespace {

constexpr size_t kSampleBytes = 40;
// Stands for the field that a person has to find.
constexpr char kUnknownTime[] = "event_time";

std::string Quoted(absl::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

// Letters, digits and _, and no word that YAML takes for a boolean.
bool IsPlain(absl::string_view name) {
  return !IsBooleanWord(name) && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return c == '_' || absl::ascii_isalnum(static_cast<unsigned char>(c));
         });
}

// A name as YAML reads it.
std::string Plain(const std::string& name) { return IsPlain(name) ? name : Quoted(name); }

// The topic's last word as a name.
std::string SourceName(absl::string_view topic) {
  std::string name(topic.substr(topic.rfind('.') + 1));
  for (char& c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  if (name.size() > 60) name.resize(60);
  return IsValidName(name) ? name : absl::StrCat("s_", name);
}

std::string Number(double number, const FieldFacts& facts) {
  return facts.doubles > 0 ? DoubleText(number) : absl::StrCat(static_cast<int64_t>(number));
}

// What there is to say about a field, as the parts of a comment.
std::vector<std::string> Remarks(const InferredField& field, const InferredSource& source,
                                 ShowSamples samples) {
  const FieldFacts& facts = *field.facts;
  std::vector<std::string> remarks;
  if (facts.ints + facts.doubles > 0) {
    remarks.push_back(absl::StrCat(Number(facts.least, facts), " to ", Number(facts.most, facts)));
  } else if (facts.strings > 0) {
    remarks.push_back(absl::StrCat(facts.different.size(), " different"));
  }
  if (facts.arrays > 0) {
    const std::string most =
        absl::StrCat(facts.most_items, " item", facts.most_items == 1 ? "" : "s");
    remarks.push_back(facts.fewest_items == facts.most_items
                          ? most
                          : absl::StrCat(facts.fewest_items, " to ", most));
  }
  if (field.without > 0) {
    remarks.push_back(absl::StrCat("null or missing in ", field.without, " of ", source.records));
  }
  for (const std::string& id : source.ids) {
    if (id == field.name) remarks.emplace_back("each record has its own");
  }
  if (!field.note.empty()) remarks.push_back(field.note);
  if (samples == ShowSamples::kYes && !facts.samples.empty()) {
    std::vector<std::string> shown;
    for (const std::string& text : facts.samples) {
      shown.push_back(Printable(text.substr(0, kSampleBytes)));
    }
    remarks.push_back(absl::StrCat("such as ", absl::StrJoin(shown, " | ")));
  }
  return remarks;
}

std::string Comment(const std::vector<std::string>& remarks) {
  return remarks.empty() ? "\n" : absl::StrCat("  # ", absl::StrJoin(remarks, "; "), "\n");
}

class YamlWriter {
 public:
  YamlWriter(absl::string_view topic, const RecordSample& sample, const InferredSource& source,
             ShowSamples samples)
      : topic_(topic), sample_(sample), source_(source), samples_(samples) {}

  std::string Write() {
    absl::StrAppend(&out_, "# From ", sample_.records(), " records");
    if (sample_.tombstones() > 0) {
      absl::StrAppend(&out_, ", ", sample_.tombstones(), " without a value");
    }
    if (sample_.strange() > 0) absl::StrAppend(&out_, ", ", sample_.strange(), " that do not fit");
    absl::StrAppend(&out_, ". A sample shows what was, not what may come: look it over.\n");
    absl::StrAppend(&out_, "sources:\n  ", Plain(SourceName(topic_)),
                    ":\n    topic: ", Quoted(topic_), "\n    format: json\n");
    Envelope();
    Time();
    Ids();
    Schema();
    Entities();
    return std::move(out_);
  }

 private:
  void Envelope() {
    if (sample_.debezium()) {
      out_ += "    envelope: debezium  # changes of database rows: the fields are those of a row\n";
    } else if (sample_.cloud_events()) {
      out_ += "    envelope: auto  # CloudEvents, with their data in the fields\n";
    }
  }

  void Time() {
    if (!source_.times.empty()) {
      absl::StrAppend(&out_, "    ", TimeText(source_.times.front()));
      for (size_t i = 1; i < source_.times.size(); ++i) {
        absl::StrAppend(&out_, "    # or ", TimeText(source_.times[i]));
      }
    } else if (sample_.debezium()) {
      absl::StrAppend(&out_, "    time: {field: ", kUnknownTime,
                      ", unit: ms}  # no field looks like the row's time: name the one that is\n");
    } else {
      absl::StrAppend(
          &out_, "    time: record  # ",
          sample_.cloud_events() ? "that of the event" : "no field looks like the event time",
          "\n");
    }
  }

  // A member of the record itself is the event time by its own name, whatever fields may be called.
  static bool IsMember(const InferredField& field) { return !absl::StrContains(field.path, '.'); }
  std::string TimeText(const TimeCandidate& time) const {
    const InferredField& field = *source_.Find(time.field);
    const bool renamed = IsMember(field) && !field.path.empty();
    return absl::StrCat("time: {field: ", Plain(renamed ? field.path : field.name),
                        ", unit: ", TimeUnitWord(time.unit), "}  # ", time.reason, "\n");
  }
  // Then it needs no entry.
  bool IsEventTime(const InferredField& field) const {
    return !source_.times.empty() && source_.times.front().field == field.name && IsMember(field);
  }

  // Only people know whether a record that comes again with its id is the same one: proposed.
  void Ids() {
    for (const std::string& id : source_.ids) {
      absl::StrAppend(&out_, "    # id: ", Plain(id),
                      "  # each record has its own: take it in to drop those that come again\n");
    }
  }

  void Schema() {
    std::string entries;
    for (const InferredField& field : source_.fields) {
      if (IsEventTime(field)) continue;
      const std::vector<std::string> remarks = Remarks(field, source_, samples_);
      if (!field.type) {
        absl::StrAppend(&entries, "      # ",
                        Printable(field.path.empty() ? field.name : field.path), Comment(remarks));
        continue;
      }
      const std::string type = ValueTypeName(*field.type);
      absl::StrAppend(&entries, "      ", Plain(field.name), ": ",
                      field.path.empty()
                          ? type
                          : absl::StrCat("{type: ", type, ", path: ", Quoted(field.path), "}"),
                      Comment(remarks));
    }
    absl::StrAppend(&out_, "    schema:\n", entries);
  }

  void Entities() {
    if (source_.keys.empty()) {
      out_ +=
          "# No field looks like the key of an entity: strings that come again, or ids that do.\n";
      return;
    }
    out_ += "entities:\n";
    for (const KeyCandidate& key : source_.keys) {
      absl::StrAppend(&out_, "  ", Plain(key.entity), ": {key: [", Plain(key.field), "]}  # ",
                      key.different, " different\n");
    }
  }

  const absl::string_view topic_;
  const RecordSample& sample_;
  const InferredSource& source_;
  const ShowSamples samples_;
  std::string out_;
};

void WriteField(const InferredField& field, ShowSamples samples, JsonWriter& json) {
  const FieldFacts& facts = *field.facts;
  json.BeginObject().Key("field").String(field.name);
  json.Key("path").String(field.path.empty() ? field.name : field.path).Key("type");
  field.type ? json.String(ValueTypeName(*field.type)) : json.Null();
  json.Key("without").Int(field.without);
  const bool number = facts.ints + facts.doubles > 0;
  json.Key("min");
  number ? json.Double(facts.least) : json.Null();
  json.Key("max");
  number ? json.Double(facts.most) : json.Null();
  json.Key("different").Uint(facts.different.size());
  json.Key("note");
  field.note.empty() ? json.Null() : json.String(field.note);
  if (samples == ShowSamples::kYes) {
    json.Key("samples").BeginArray();
    for (const std::string& sample : facts.samples) json.String(sample);
    json.EndArray();
  }
  json.EndObject();
}

}  // namespace

std::string InferredYaml(absl::string_view topic, const RecordSample& sample,
                         const InferredSource& source, ShowSamples samples) {
  return YamlWriter(topic, sample, source, samples).Write();
}

std::string InferredJson(absl::string_view topic, const RecordSample& sample,
                         const InferredSource& source, ShowSamples samples) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("topic").String(topic).Key("records").Int(sample.records());
  json.Key("tombstones").Int(sample.tombstones()).Key("strange").Int(sample.strange());
  json.Key("format").String("json");
  json.Key("envelope").String(sample.debezium() ? "debezium" : "auto");
  json.Key("cloud_events").Bool(sample.cloud_events());
  json.Key("source").String(SourceName(topic)).Key("times").BeginArray();
  for (const TimeCandidate& time : source.times) {
    json.BeginObject().Key("field").String(time.field);
    json.Key("unit").String(TimeUnitWord(time.unit));
    json.Key("reason").String(time.reason).EndObject();
  }
  json.EndArray().Key("fields").BeginArray();
  for (const InferredField& field : source.fields) WriteField(field, samples, json);
  json.EndArray().Key("entities").BeginArray();
  for (const KeyCandidate& key : source.keys) {
    json.BeginObject().Key("entity").String(key.entity);
    json.Key("key").BeginArray().String(key.field).EndArray();
    json.Key("different").Int(key.different).EndObject();
  }
  json.EndArray().Key("ids").BeginArray();
  for (const std::string& id : source.ids) json.String(id);
  json.EndArray().EndObject();
  return out;
}

}  // namespace millrace
