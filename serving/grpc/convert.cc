#include "serving/grpc/convert.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/collection.h"
#include "core/status_macros.h"
#include "serving/errors.h"

namespace millrace {
namespace {

constexpr int kMaxRows = 1000;
constexpr int kMaxFields = 1024;
constexpr int64_t kLatestMs = 253'402'300'799'999;  // year 9999

absl::Status CheckRows(const char* name, int rows) {
  if (rows <= kMaxRows) return absl::OkStatus();
  return RequestFault(ErrorCode::kBadField, name, absl::StrCat(rows, " rows, at most ", kMaxRows));
}

absl::StatusOr<OwnedValue> FromTyped(const v1::TypedValue& value, absl::string_view field);

// Of a list or map: collections do not nest.
absl::StatusOr<OwnedValue> FromItem(const v1::TypedValue& value, absl::string_view field) {
  if (value.has_list() || value.has_map() || value.has_vector()) {
    return RequestFault(ErrorCode::kBadField, std::string(field),
                        "an item of a collection must be a scalar");
  }
  return FromTyped(value, field);
}

absl::StatusOr<OwnedValue> FromTyped(const v1::TypedValue& value, absl::string_view field) {
  switch (value.kind_case()) {
    case v1::TypedValue::kBoolValue: return OwnedValue(Value::Bool(value.bool_value()));
    case v1::TypedValue::kIntValue: return OwnedValue(Value::Int(value.int_value()));
    case v1::TypedValue::kDoubleValue:
      if (!std::isfinite(value.double_value())) {
        return RequestFault(ErrorCode::kBadField, std::string(field), "the number is not finite");
      }
      return OwnedValue(Value::Double(value.double_value()));
    case v1::TypedValue::kStringValue: return OwnedValue(Value::String(value.string_value()));
    case v1::TypedValue::kBytesValue: return OwnedValue(Value::Bytes(value.bytes_value()));
    case v1::TypedValue::kTimestampMs: return OwnedValue(Value::Timestamp(value.timestamp_ms()));
    case v1::TypedValue::kDurationMs: return OwnedValue(Value::Duration(value.duration_ms()));
    case v1::TypedValue::kList: {
      ListBuilder list;
      for (const v1::TypedValue& item : value.list().items()) {
        ASSIGN_OR_RETURN(const OwnedValue typed, FromItem(item, field));
        list.Add(typed.view());
      }
      return OwnedValue(list.value());
    }
    case v1::TypedValue::kMap: {
      MapBuilder map;
      for (const v1::MapEntry& entry : value.map().entries()) {
        ASSIGN_OR_RETURN(const OwnedValue typed, FromItem(entry.value(), field));
        map.Add(entry.key(), typed.view());
      }
      return OwnedValue(map.Finish());
    }
    case v1::TypedValue::kVector: {
      std::string bytes;
      return OwnedValue(MakeVector({value.vector().components().data(),
                                    static_cast<size_t>(value.vector().components_size())},
                                   &bytes));
    }
    case v1::TypedValue::KIND_NOT_SET: break;
  }
  return OwnedValue();
}

template <typename Map>
absl::Status FromFields(const Map& fields, const std::string& path, NamedValues* out) {
  if (fields.size() > kMaxFields) {
    return RequestFault(ErrorCode::kBadField, path,
                        absl::StrCat("more than ", kMaxFields, " fields"));
  }
  out->reserve(fields.size());
  for (const auto& [name, value] : fields) {
    ASSIGN_OR_RETURN(OwnedValue typed, FromTyped(value, absl::StrCat(path, ".", name)));
    out->push_back({name, std::move(typed)});
  }
  // A map has no order; errors should not depend on the hash of a process.
  std::sort(out->begin(), out->end(),
            [](const NamedValue& a, const NamedValue& b) { return a.name < b.name; });
  return absl::OkStatus();
}

template <typename Proto>
absl::Status ReadAt(const Proto& proto, std::optional<int64_t>* at_ms) {
  if (!proto.has_at_ms()) return absl::OkStatus();
  if (proto.at_ms() > kLatestMs || proto.at_ms() < -kLatestMs) {
    return RequestFault(ErrorCode::kBadField, "at_ms", "'at_ms' is out of range");
  }
  *at_ms = proto.at_ms();
  return absl::OkStatus();
}

void ToTyped(const Value& value, v1::TypedValue* proto) {
  switch (value.type()) {
    case Type::kNull: return;
    case Type::kBool: proto->set_bool_value(value.bool_value()); return;
    case Type::kInt: proto->set_int_value(value.int_value()); return;
    case Type::kDouble: proto->set_double_value(value.double_value()); return;
    case Type::kString:
      proto->set_string_value(value.string_value().data(), value.string_value().size());
      return;
    case Type::kBytes:
      proto->set_bytes_value(value.string_value().data(), value.string_value().size());
      return;
    case Type::kTimestamp: proto->set_timestamp_ms(value.int_value()); return;
    case Type::kDuration: proto->set_duration_ms(value.int_value()); return;
    case Type::kList: {
      v1::ListValue* const list = proto->mutable_list();
      ForEachItem(value, [list](const Value& item) { ToTyped(item, list->add_items()); });
      return;
    }
    case Type::kMap: {
      v1::MapValue* const map = proto->mutable_map();
      ForEachEntry(value, [map](absl::string_view key, const Value& item) {
        v1::MapEntry* const entry = map->add_entries();
        entry->set_key(key.data(), key.size());
        ToTyped(item, entry->mutable_value());
      });
      return;
    }
    case Type::kVector: {
      v1::VectorValue* const vector = proto->mutable_vector();
      ForEachItem(value,
                  [vector](const Value& item) { vector->add_components(item.double_value()); });
      return;
    }
  }
}

v1::FeatureStatus ToStatus(FeatureStatus status) {
  switch (status) {
    case FeatureStatus::kPresent: return v1::FEATURE_STATUS_PRESENT;
    case FeatureStatus::kNull: return v1::FEATURE_STATUS_NULL;
    case FeatureStatus::kMissing: return v1::FEATURE_STATUS_MISSING;
    case FeatureStatus::kExpired: return v1::FEATURE_STATUS_EXPIRED;
    case FeatureStatus::kStale: return v1::FEATURE_STATUS_STALE;
    case FeatureStatus::kWarming: return v1::FEATURE_STATUS_WARMING;
    case FeatureStatus::kTruncated: return v1::FEATURE_STATUS_TRUNCATED;
    case FeatureStatus::kOverflow: return v1::FEATURE_STATUS_OVERFLOW;
  }
  return v1::FEATURE_STATUS_UNSPECIFIED;
}

void ToAnswer(const FeatureValue& feature, bool metadata, v1::FeatureAnswer* proto) {
  ToTyped(feature.value.view(), proto->mutable_value());
  proto->set_status(ToStatus(feature.status));
  if (feature.age_ms) proto->set_age_ms(*feature.age_ms);
  if (feature.error) proto->set_error(*feature.error);
  if (metadata || !(feature.effective == feature.asked)) {
    proto->mutable_effective()->set_begin_ms(feature.effective.begin_ms);
    proto->mutable_effective()->set_end_ms(feature.effective.end_ms);
    proto->set_completeness(feature.completeness);
  }
  if (!metadata) return;
  proto->set_count(feature.count);
  if (feature.max_event_time_ms) proto->set_max_event_time_ms(*feature.max_event_time_ms);
}

// The rows of a list of fields.
template <typename List>
absl::Status FromRows(const List& list, const char* name, std::vector<NamedValues>* rows) {
  RETURN_IF_ERROR(CheckRows(name, list.size()));
  rows->resize(static_cast<size_t>(list.size()));
  for (int i = 0; i < list.size(); ++i) {
    RETURN_IF_ERROR(FromFields(list.Get(i).fields(), absl::StrCat(name, "[", i, "]"),
                               &(*rows)[static_cast<size_t>(i)]));
  }
  return absl::OkStatus();
}

absl::Status ReadMinOffsets(const v1::ReadFeaturesRequest& proto, FeaturesRequest* request) {
  RETURN_IF_ERROR(CheckRows("min_offsets", proto.min_offsets_size()));
  for (int i = 0; i < proto.min_offsets_size(); ++i) {
    const v1::MinOffset& from = proto.min_offsets(i);
    if (from.partition() < 0 || from.offset() < 0) {
      return RequestFault(ErrorCode::kBadField, absl::StrCat("min_offsets[", i, "]"),
                          "partition and offset must be >= 0");
    }
    request->min_offsets.push_back({from.topic(), from.partition(), from.offset()});
  }
  if (!proto.has_wait_ms()) return absl::OkStatus();
  const int64_t most_ms = absl::ToInt64Milliseconds(kMaxReadPatience);
  if (proto.wait_ms() < 0 || proto.wait_ms() > most_ms) {
    return RequestFault(ErrorCode::kBadField, "wait_ms",
                        absl::StrCat("'wait_ms' must be from 0 to ", most_ms));
  }
  request->patience = absl::Milliseconds(proto.wait_ms());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FeaturesRequest> FromProto(const v1::ReadFeaturesRequest& proto) {
  RETURN_IF_ERROR(CheckRows("features", proto.features_size()));
  FeaturesRequest request;
  request.features.assign(proto.features().begin(), proto.features().end());
  request.service = proto.service();
  RETURN_IF_ERROR(FromRows(proto.keys(), "keys", &request.keys));
  RETURN_IF_ERROR(FromRows(proto.request(), "request", &request.request));
  RETURN_IF_ERROR(ReadMinOffsets(proto, &request));
  request.metadata = proto.metadata();
  RETURN_IF_ERROR(ReadAt(proto, &request.at_ms));
  if (proto.has_known_at_ms()) {
    if (proto.known_at_ms() > kLatestMs || proto.known_at_ms() < -kLatestMs) {
      return RequestFault(ErrorCode::kBadField, "known_at_ms", "'known_at_ms' is out of range");
    }
    request.known_at_ms = proto.known_at_ms();
  }
  if (proto.has_max_age_ms()) {
    if (proto.max_age_ms() < 0) {
      return RequestFault(ErrorCode::kBadField, "max_age_ms", "'max_age_ms' must be >= 0");
    }
    request.max_age_ms = proto.max_age_ms();
  }
  return request;
}

absl::StatusOr<ScoreRequest> FromProto(const v1::ScoreRequest& proto) {
  RETURN_IF_ERROR(CheckRows("rows", proto.rows_size()));
  ScoreRequest request;
  request.task = proto.task();
  if (request.task.empty()) return RequestFault(ErrorCode::kBadField, "task", "'task' is missing");
  if (proto.rows_size() == 0) {
    return RequestFault(ErrorCode::kBadField, "rows", "at least one row must be given");
  }
  request.rows.resize(static_cast<size_t>(proto.rows_size()));
  for (int i = 0; i < proto.rows_size(); ++i) {
    ScoreRow& row = request.rows[static_cast<size_t>(i)];
    const std::string path = absl::StrCat("rows[", i, "]");
    RETURN_IF_ERROR(FromFields(proto.rows(i).fields(), path, &row.fields));
    if (proto.rows(i).has_id()) {
      ASSIGN_OR_RETURN(OwnedValue id, FromTyped(proto.rows(i).id(), absl::StrCat(path, ".id")));
      if (!id.is_null()) row.id = std::move(id);
    }
  }
  RETURN_IF_ERROR(ReadAt(proto, &request.at_ms));
  if (proto.has_max_staleness_ms()) {
    if (proto.max_staleness_ms() < 0) {
      return RequestFault(ErrorCode::kBadField, "max_staleness_ms",
                          "'max_staleness_ms' must be >= 0");
    }
    request.max_staleness_ms = proto.max_staleness_ms();
  }
  request.explain = proto.explain();
  return request;
}

absl::StatusOr<std::vector<NewRecord>> FromProto(const v1::AppendRequest& proto) {
  RETURN_IF_ERROR(CheckRows("records", proto.records_size()));
  std::vector<NewRecord> records(static_cast<size_t>(proto.records_size()));
  for (int i = 0; i < proto.records_size(); ++i) {
    const v1::NewRecord& from = proto.records(i);
    NewRecord& to = records[static_cast<size_t>(i)];
    const std::string path = absl::StrCat("records[", i, "]");
    if (from.headers_size() > kMaxFields) {
      return RequestFault(ErrorCode::kBadField, path, "too many headers");
    }
    if (from.has_key()) to.key = from.key();
    if (from.has_value()) to.value = from.value();
    for (const v1::RecordHeader& header : from.headers()) {
      to.headers.emplace_back(header.name(), header.value());
    }
    if (from.has_timestamp_ms()) {
      if (from.timestamp_ms() < 0) {
        return RequestFault(ErrorCode::kBadField, path, "'timestamp_ms' must be >= 0");
      }
      to.timestamp_ms = from.timestamp_ms();
    }
    if (from.has_partition()) to.partition = from.partition();
  }
  return records;
}

void ToProto(const FeaturesResponse& response, v1::ReadFeaturesResponse* proto) {
  for (const std::string& name : response.names) proto->add_names(name);
  proto->mutable_rows()->Reserve(static_cast<int>(response.rows.size()));
  for (const FeatureRow& row : response.rows) {
    v1::FeatureAnswers* answers = proto->add_rows();
    for (const FeatureValue& value : row.values) {
      ToAnswer(value, response.metadata, answers->add_values());
    }
  }
  proto->set_service(response.service);
  proto->set_service_version(static_cast<uint32_t>(response.service_version));
  proto->set_generation(response.generation);
  for (const AppliedOffset& offset : response.offsets) {
    v1::AppliedOffset* const to = proto->add_offsets();
    to->set_topic(offset.partition->topic);
    to->set_partition(offset.partition->partition);
    to->set_applied(offset.applied);
    to->set_durable(offset.durable);
  }
  if (response.watermark_ms) proto->set_watermark_ms(*response.watermark_ms);
  proto->set_at_ms(response.at_ms);
}

void ToProto(const ScoreResponse& response, v1::ScoreResponse* proto) {
  for (const RowScore& score : response.scores) {
    v1::RowScore* to = proto->add_scores();
    to->set_value(score.value);
    to->set_status(score.status);
    to->set_answered_by(score.answered_by);
    if (score.prediction_id) ToTyped(score.prediction_id->view(), to->mutable_prediction_id());
    for (const ScoredFeature& feature : score.features) {
      v1::NamedFeatureAnswer* named = to->add_features();
      named->set_name(feature.name);
      ToAnswer(feature.value, /*metadata=*/false, named->mutable_feature());
    }
    for (const ScoreContribution& part : score.explain) {
      v1::InputContribution* contribution = to->add_explain();
      contribution->set_input(part.input);
      contribution->set_contribution(part.contribution);
    }
  }
  v1::ModelVersion* model = proto->mutable_model();
  model->set_name(response.model.name);
  model->set_alias(response.model.alias);
  model->set_generation(response.model.generation);
  model->set_step(response.model.step);
  if (response.model.age_ms) model->set_age_ms(*response.model.age_ms);
  if (response.model.staleness_ms) model->set_staleness_ms(*response.model.staleness_ms);
}

void ToProto(const std::vector<AppendPosition>& positions, v1::AppendResponse* proto) {
  for (const AppendPosition& position : positions) {
    v1::RecordPosition* to = proto->add_positions();
    to->set_partition(position.partition);
    to->set_offset(position.offset);
  }
}

}  // namespace millrace
