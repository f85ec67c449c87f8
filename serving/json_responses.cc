#include "serving/json_responses.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "serving/json.h"

namespace millrace {
namespace {

void WriteSpan(const Span& span, JsonWriter* json) {
  json->BeginArray();
  for (const int64_t end_ms : {span.begin_ms, span.end_ms}) {
    end_ms <= kBeginningOfTime ? json->Null() : json->Int(end_ms);
  }
  json->EndArray();
}

// What is beyond value, status and age is told where it says something, or if it is asked for.
void WriteFeature(const FeatureValue& feature, bool metadata, JsonWriter* json) {
  json->BeginObject();
  json->Key("value").TypedValue(feature.value.view());
  json->Key("status").String(FeatureStatusName(feature.status));
  json->Key("age_ms").OptionalInt(feature.age_ms);
  if (feature.error) json->Key("error").Double(*feature.error);
  if (metadata || !(feature.effective == feature.asked)) {
    WriteSpan(feature.effective, &json->Key("effective"));
    json->Key("completeness").Double(feature.completeness);
  }
  if (metadata) {
    json->Key("count").Int(feature.count);
    json->Key("max_event_time").OptionalInt(feature.max_event_time_ms);
  }
  json->EndObject();
}

void WriteOffsets(const std::vector<AppliedOffset>& offsets, JsonWriter* json) {
  json->BeginArray();
  for (const AppliedOffset& offset : offsets) {
    json->BeginObject();
    json->Key("topic").String(offset.partition->topic);
    json->Key("partition").Int(offset.partition->partition);
    json->Key("applied").Int(offset.applied);
    json->Key("durable").Int(offset.durable);
    json->EndObject();
  }
  json->EndArray();
}

// "value" for UTF-8 text, "value_base64" for other bytes, null for a tombstone.
void WriteBytes(absl::string_view name, const std::optional<absl::string_view>& bytes,
                JsonWriter* json) {
  if (!bytes) {
    json->Key(name).Null();
  } else if (IsUtf8(*bytes)) {
    json->Key(name).String(*bytes);
  } else {
    json->Key(absl::StrCat(name, "_base64")).String(absl::Base64Escape(*bytes));
  }
}

}  // namespace

std::string FeaturesJson(const FeaturesResponse& response) {
  std::string out;
  out.reserve(64 + response.rows.size() * (24 + response.names.size() * 80));
  JsonWriter json(&out);
  json.BeginObject().Key("rows").BeginArray();
  for (const FeatureRow& row : response.rows) {
    json.BeginObject().Key("features").BeginObject();
    for (size_t i = 0; i < row.values.size(); ++i) {
      json.Key(response.names[i]);
      WriteFeature(row.values[i], response.metadata, &json);
    }
    json.EndObject().EndObject();
  }
  json.EndArray();
  if (!response.service.empty()) {
    json.Key("service").String(response.service);
    json.Key("service_version").Int(response.service_version);
  }
  json.Key("at").Int(response.at_ms);
  json.Key("generation").Uint(response.generation);
  WriteOffsets(response.offsets, &json.Key("offsets"));
  json.Key("watermark").OptionalInt(response.watermark_ms);
  json.EndObject();
  return out;
}

std::string ScoresJson(const ScoreResponse& response) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("scores").BeginArray();
  for (const RowScore& score : response.scores) {
    json.BeginObject();
    json.Key("value").Double(score.value);
    json.Key("status").String(score.status);
    if (!score.answered_by.empty()) json.Key("answered_by").String(score.answered_by);
    json.Key("prediction_id");
    score.prediction_id ? json.TypedValue(score.prediction_id->view()) : json.Null();
    json.Key("features").BeginObject();
    for (const ScoredFeature& feature : score.features) {
      json.Key(feature.name);
      WriteFeature(feature.value, /*metadata=*/false, &json);
    }
    json.EndObject();
    if (!score.explain.empty()) {
      json.Key("explain").BeginArray();
      for (const ScoreContribution& part : score.explain) {
        json.BeginObject().Key("input");
        part.input.empty() ? json.Null() : json.String(part.input);
        json.Key("contribution").Double(part.contribution).EndObject();
      }
      json.EndArray();
    }
    json.EndObject();
  }
  const ModelVersion& model = response.model;
  json.EndArray().Key("model").BeginObject();
  json.Key("name").String(model.name);
  json.Key("alias");
  model.alias.empty() ? json.Null() : json.String(model.alias);
  json.Key("generation").Uint(model.generation);
  json.Key("step").Uint(model.step);
  json.Key("age_ms").OptionalInt(model.age_ms);
  json.Key("staleness_ms").OptionalInt(model.staleness_ms);
  json.EndObject().EndObject();
  return out;
}

std::string PositionsJson(const std::vector<AppendPosition>& positions) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("offsets").BeginArray();
  for (const AppendPosition& position : positions) {
    json.BeginObject().Key("partition").Int(position.partition);
    json.Key("offset").Int(position.offset).EndObject();
  }
  json.EndArray().EndObject();
  return out;
}

std::string RecordsJson(const ReadRecordsResponse& response) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("records").BeginArray();
  for (const Record& record : response.records.records()) {
    json.BeginObject();
    json.Key("partition").Int(record.partition);
    json.Key("offset").Int(record.offset);
    json.Key("timestamp").Int(record.timestamp_ms);
    if (record.timestamp_type == TimestampType::kLogAppend) {
      json.Key("timestamp_type").String("append");
    }
    WriteBytes("key", record.key, &json);
    WriteBytes("value", record.value, &json);
    if (!record.headers.empty()) {
      // A list: names may repeat.
      json.Key("headers").BeginArray();
      for (const Header& header : record.headers) {
        json.BeginObject().Key("name").String(header.name);
        WriteBytes("value", header.value, &json);
        json.EndObject();
      }
      json.EndArray();
    }
    json.EndObject();
  }
  json.EndArray();
  json.Key("begin").Int(response.range.begin).Key("end").Int(response.range.end);
  json.Key("next_offset").Int(response.next_offset).EndObject();
  return out;
}

std::string TopicsJson(const std::vector<TopicInfo>& topics) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("topics").BeginArray();
  for (const TopicInfo& topic : topics) {
    json.BeginObject().Key("name").String(topic.name);
    json.Key("partitions").Int(topic.partitions).EndObject();
  }
  json.EndArray().EndObject();
  return out;
}

}  // namespace millrace
