#include "app/commands/own_records.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "app/workers/inputs_codec.h"
#include "core/value_coding.h"
#include "featurestore/online_store.h"
#include "schemas/prediction.pb.h"

namespace millrace {
namespace {

// Text as it is, other bytes in base64.
void WriteText(absl::string_view bytes, JsonWriter& json) {
  json.String(IsUtf8(bytes) ? std::string(bytes) : absl::Base64Escape(bytes));
}

void WriteStatus(const std::string& statuses, size_t i, JsonWriter& json) {
  const auto code = static_cast<uint8_t>(statuses[i]);
  if (code <= static_cast<uint8_t>(FeatureStatus::kOverflow)) {
    json.String(FeatureStatusName(static_cast<FeatureStatus>(code)));
  } else {
    json.Uint(code);
  }
}

void WriteInputs(const v1::Inputs& inputs, const std::vector<std::string>& names,
                 JsonWriter& json) {
  std::vector<Value> values;
  if (!DecodeInputs(inputs, &values) || inputs.statuses().size() != values.size()) {
    json.Null();
    return;
  }
  const bool named = names.size() == values.size();
  named ? json.BeginObject() : json.BeginArray();
  for (size_t i = 0; i < values.size(); ++i) {
    if (named) json.Key(names[i]);
    json.BeginObject().Key("value");
    values[i].type() == Type::kString ? WriteText(values[i].string_value(), json)
                                      : static_cast<void>(json.TypedValue(values[i]));
    WriteStatus(inputs.statuses(), i, json.Key("status"));
    json.EndObject();
  }
  named ? json.EndObject() : json.EndArray();
}

void WritePrediction(const v1::Prediction& prediction, const std::vector<std::string>& names,
                     JsonWriter& json) {
  json.BeginObject().Key("task").String(prediction.task());
  WriteTypedBytes(prediction.id(), json.Key("id"));
  json.Key("decision_time").Int(prediction.decision_time());
  json.Key("champion").String(prediction.champion()).Key("scores").BeginArray();
  for (const v1::LearnerScore& score : prediction.scores()) {
    json.BeginObject().Key("learner").String(score.learner());
    json.Key("score").Double(score.score());
    json.Key("generation").Uint(score.generation()).Key("step").Uint(score.step()).EndObject();
  }
  json.EndArray().Key("config_generation").Uint(prediction.config_generation());
  json.Key("timed_out").Bool(prediction.timed_out());
  WriteInputs(prediction.inputs(), names, json.Key("inputs"));
  json.EndObject();
}

void WriteLabel(const v1::LabelValue& label, JsonWriter& json) {
  switch (label.kind_case()) {
    case v1::LabelValue::kBoolValue: json.Bool(label.bool_value()); return;
    case v1::LabelValue::kIntValue: json.Int(label.int_value()); return;
    case v1::LabelValue::kDoubleValue: json.Double(label.double_value()); return;
    case v1::LabelValue::kStringValue: WriteText(label.string_value(), json); return;
    case v1::LabelValue::KIND_NOT_SET: json.Null(); return;
  }
}

void WriteExample(const v1::ExampleRecord& record, const std::vector<std::string>& names,
                  JsonWriter& json) {
  json.BeginObject();
  if (record.kind_case() == v1::ExampleRecord::kPublishCut) {
    json.Key("publish_cut").BeginObject().Key("time").Int(record.publish_cut().time()).EndObject();
  } else {
    const v1::Example& example = record.example();
    json.Key("example").BeginObject();
    WriteLabel(example.label(), json.Key("label"));
    json.Key("label_time").Int(example.label_time()).Key("weight").Double(example.weight());
    json.Key("revision").Uint(example.revision());
    WritePrediction(example.prediction(), names, json.Key("prediction"));
    json.EndObject();
  }
  json.EndObject();
}

void WriteModel(const v1::ModelRecord& model, JsonWriter& json) {
  json.BeginObject()
      .Key("task")
      .String(model.task())
      .Key("learner")
      .String(model.learner())
      .Key("type")
      .String(model.type())
      .Key("version")
      .String(absl::StrCat(model.generation(), ".", model.step()))
      .Key("generation")
      .Uint(model.generation())
      .Key("step")
      .Uint(model.step())
      .Key("parent_step")
      .Uint(model.parent_step())
      .Key("cut_time")
      .Int(model.cut_time())
      .Key("newest_label_time")
      .Int(model.newest_label_time())
      .Key("published_at")
      .Int(model.published_at())
      .Key("examples")
      .BeginArray()
      .Uint(model.examples_from())
      .Uint(model.examples_to())
      .EndArray()
      .Key("config_generation")
      .Uint(model.config_generation());
  WriteText(model.config_digest(), json.Key("config_digest"));
  json.Key("format")
      .Uint(model.format())
      .Key("model_bytes")
      .Uint(model.model().size())
      .Key("crc32c")
      .Uint(model.crc32c())
      .EndObject();
}

template <typename Message>
bool Parse(absl::string_view value, Message* message) {
  return message->ParseFromArray(value.data(), static_cast<int>(value.size()));
}

}  // namespace

void WriteTypedBytes(absl::string_view bytes, JsonWriter& json) {
  absl::string_view rest = bytes;
  Value value;
  if (!GetValueView(&rest, &value) || !rest.empty()) {
    json.String(absl::Base64Escape(bytes));
  } else if (value.type() == Type::kString) {
    WriteText(value.string_value(), json);
  } else {
    json.TypedValue(value);
  }
}

void WriteOwnRecord(TopicContent content, absl::string_view value,
                    const std::vector<std::string>& inputs, JsonWriter& json) {
  if (content == TopicContent::kPredictions) {
    v1::Prediction prediction;
    if (Parse(value, &prediction)) return WritePrediction(prediction, inputs, json);
  } else if (content == TopicContent::kExamples) {
    v1::ExampleRecord record;
    if (Parse(value, &record)) return WriteExample(record, inputs, json);
  } else {
    v1::ModelRecord model;
    if (Parse(value, &model)) return WriteModel(model, json);
  }
  json.BeginObject().Key("undecoded_base64").String(absl::Base64Escape(value)).EndObject();
}

}  // namespace millrace
