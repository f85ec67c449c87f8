#include "serving/json_requests.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "serving/errors.h"
#include "serving/json.h"
#include "serving/typed_value.h"
#include "stream/decode/json_document.h"
#include "stream/expr/time_text.h"

namespace millrace {
namespace {

constexpr size_t kMaxRows = 1000;

absl::Status BadField(absl::string_view field, std::string detail, std::string did_you_mean = "") {
  ApiError error;
  error.code = ErrorCode::kBadField;
  error.detail = std::move(detail);
  error.field = std::string(field);
  error.did_you_mean = std::move(did_you_mean);
  return error.ToStatus();
}

absl::Status WrongType(absl::string_view field, absl::string_view expected, const JsonValue& got) {
  return BadField(
      field, absl::StrCat("'", field, "' must be ", expected, ", not ", JsonKindName(got.kind())));
}

absl::StatusOr<JsonValue> ParseBody(absl::string_view body, const JsonLimits& limits = {}) {
  absl::StatusOr<JsonValue> root = ParseJson(body, limits);
  ApiError error;
  if (!root.ok()) {
    error.code =
        absl::IsResourceExhausted(root.status()) ? ErrorCode::kTooLarge : ErrorCode::kMalformed;
    error.detail = std::string(root.status().message());
    return error.ToStatus();
  }
  if (root->kind() != JsonKind::kObject) {
    error.code = ErrorCode::kMalformed;
    error.detail = "the body must be a JSON object";
    return error.ToStatus();
  }
  return root;
}

absl::Status CheckMembers(const JsonValue& object, absl::string_view path,
                          std::initializer_list<const char*> known) {
  for (const JsonMember& member : object.members()) {
    if (std::find(known.begin(), known.end(), member.name) != known.end()) continue;
    const std::vector<std::string> names(known.begin(), known.end());
    const std::string field = path.empty() ? member.name : absl::StrCat(path, ".", member.name);
    return BadField(field, absl::StrCat("unknown member '", field, "'"),
                    ClosestName(member.name, names));
  }
  return absl::OkStatus();
}

absl::Status ReadString(const JsonValue& object, const char* name, std::string* out) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr) return absl::OkStatus();
  if (value->kind() != JsonKind::kString) return WrongType(name, "a string", *value);
  *out = std::string(value->string_value());
  return absl::OkStatus();
}

absl::Status ReadNonNegative(const JsonValue& object, const char* name,
                             std::optional<int64_t>* out) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr || value->is_null()) return absl::OkStatus();
  if (value->kind() != JsonKind::kInt) return WrongType(name, "an integer", *value);
  if (value->int_value() < 0) return BadField(name, absl::StrCat("'", name, "' must be >= 0"));
  *out = value->int_value();
  return absl::OkStatus();
}

absl::Status ReadTime(const JsonValue& object, const char* name, std::optional<int64_t>* out) {
  // Year 9999; beyond it sums with windows could overflow.
  constexpr int64_t kLatestMs = 253'402'300'799'999;
  const JsonValue* value = object.Find(name);
  if (value == nullptr || value->is_null()) return absl::OkStatus();
  if (value->kind() == JsonKind::kInt) {
    *out = value->int_value();
  } else if (value->kind() == JsonKind::kString) {
    *out = ParseRfc3339(value->string_value());
    if (!*out) {
      return BadField(
          name, absl::StrCat("'", name, "' is no RFC 3339 time such as ", "2013-01-01T10:00:00Z"));
    }
  } else {
    return WrongType(name, "milliseconds since the epoch or an RFC 3339 string", *value);
  }
  if (**out > kLatestMs || **out < -kLatestMs) {
    return BadField(name, absl::StrCat("'", name, "' is out of range"));
  }
  return absl::OkStatus();
}

// The array member, or an empty span when it is absent.
absl::StatusOr<std::span<const JsonValue>> ReadArray(const JsonValue& object, const char* name) {
  const JsonValue* value = object.Find(name);
  if (value == nullptr) return std::span<const JsonValue>();
  if (value->kind() != JsonKind::kArray) return WrongType(name, "an array", *value);
  if (value->items().size() > kMaxRows) {
    return BadField(name, absl::StrCat("'", name, "' has ", value->items().size(),
                                       " items, at most ", kMaxRows));
  }
  return value->items();
}

std::optional<OwnedValue> Scalar(const JsonValue& value) {
  switch (value.kind()) {
    case JsonKind::kNull: return OwnedValue();
    case JsonKind::kBool: return OwnedValue(Value::Bool(value.bool_value()));
    case JsonKind::kInt: return OwnedValue(Value::Int(value.int_value()));
    case JsonKind::kDouble: return OwnedValue(Value::Double(value.double_value()));
    case JsonKind::kString: return OwnedValue(Value::String(value.string_value()));
    default: return std::nullopt;
  }
}

absl::Status AppendFields(const JsonValue& object, absl::string_view path, NamedValues* out) {
  if (object.kind() != JsonKind::kObject) return WrongType(path, "an object", object);
  for (const JsonMember& member : object.members()) {
    const std::string field = absl::StrCat(path, ".", member.name);
    for (const NamedValue& before : *out) {
      if (before.name == member.name) {
        return BadField(field, absl::StrCat("'", member.name, "' is given twice"));
      }
    }
    std::optional<OwnedValue> value = Scalar(member.value);
    if (!value) return WrongType(field, "a scalar", member.value);
    out->push_back({member.name, *std::move(value)});
  }
  return absl::OkStatus();
}

absl::Status ReadHeaders(const JsonValue& record, const std::string& path, NewRecord* out) {
  const JsonValue* headers = record.Find("headers");
  if (headers == nullptr) return absl::OkStatus();
  const std::string field = absl::StrCat(path, ".headers");
  if (headers->kind() != JsonKind::kObject) return WrongType(field, "an object", *headers);
  for (const JsonMember& member : headers->members()) {
    if (member.value.kind() != JsonKind::kString) {
      return WrongType(absl::StrCat(field, ".", member.name), "a string", member.value);
    }
    out->headers.emplace_back(member.name, std::string(member.value.string_value()));
  }
  return absl::OkStatus();
}

absl::Status ReadRecordValue(const JsonValue& record, const std::string& path, NewRecord* out) {
  const JsonValue* value = record.Find("value");
  const JsonValue* base64 = record.Find("value_base64");
  if ((value == nullptr) == (base64 == nullptr)) {
    return BadField(path, "exactly one of 'value' and 'value_base64' must be given");
  }
  if (base64 != nullptr) {
    std::string bytes;
    if (base64->kind() != JsonKind::kString ||
        !absl::Base64Unescape(base64->string_value(), &bytes)) {
      return BadField(absl::StrCat(path, ".value_base64"), "'value_base64' is no base64 string");
    }
    out->value = std::move(bytes);
  } else if (value->kind() == JsonKind::kString) {
    out->value = std::string(value->string_value());
  } else if (!value->is_null()) {
    out->value.emplace();
    JsonWriter json(&*out->value);
    json.Document(*value);
  }
  return absl::OkStatus();
}

absl::StatusOr<NewRecord> ParseRecord(const JsonValue& record, const std::string& path) {
  if (record.kind() != JsonKind::kObject) return WrongType(path, "an object", record);
  RETURN_IF_ERROR(CheckMembers(
      record, path, {"key", "value", "value_base64", "headers", "timestamp", "partition"}));
  NewRecord out;
  if (const JsonValue* key = record.Find("key"); key != nullptr && !key->is_null()) {
    if (key->kind() != JsonKind::kString) {
      return WrongType(absl::StrCat(path, ".key"), "a string", *key);
    }
    out.key = std::string(key->string_value());
  }
  RETURN_IF_ERROR(ReadRecordValue(record, path, &out));
  RETURN_IF_ERROR(ReadHeaders(record, path, &out));
  RETURN_IF_ERROR(ReadNonNegative(record, "timestamp", &out.timestamp_ms));
  std::optional<int64_t> partition;
  RETURN_IF_ERROR(ReadNonNegative(record, "partition", &partition));
  if (partition) {
    if (*partition > INT32_MAX) return BadField("partition", "'partition' is out of range");
    out.partition = static_cast<int32_t>(*partition);
  }
  return out;
}

absl::StatusOr<int64_t> QueryInt(absl::string_view name, absl::string_view text, int64_t min,
                                 int64_t max) {
  int64_t v;
  if (!absl::SimpleAtoi(text, &v) || v < min || v > max) {
    return BadField(name, absl::StrCat("'", name, "' must be an integer from ", min, " to ", max));
  }
  return v;
}

absl::StatusOr<absl::Duration> QueryWait(absl::string_view text) {
  int64_t ms;
  absl::Duration wait;
  if (absl::SimpleAtoi(text, &ms)) {
    wait = absl::Milliseconds(ms);
  } else if (!absl::ParseDuration(text, &wait)) {
    return BadField("wait", "'wait' must be a duration such as 5s, or milliseconds");
  }
  if (wait < absl::ZeroDuration() || wait > kMaxReadWait) {
    return BadField("wait",
                    absl::StrCat("'wait' must be from 0 to ", absl::FormatDuration(kMaxReadWait)));
  }
  return wait;
}

}  // namespace

absl::StatusOr<FeaturesRequest> ParseFeaturesRequest(absl::string_view body) {
  ASSIGN_OR_RETURN(const JsonValue root, ParseBody(body));
  RETURN_IF_ERROR(
      CheckMembers(root, "", {"features", "service", "keys", "at", "known_at", "max_age_ms"}));
  FeaturesRequest request;
  ASSIGN_OR_RETURN(const auto features, ReadArray(root, "features"));
  for (size_t i = 0; i < features.size(); ++i) {
    if (features[i].kind() != JsonKind::kString) {
      return WrongType(absl::StrCat("features[", i, "]"), "a string", features[i]);
    }
    request.features.emplace_back(features[i].string_value());
  }
  RETURN_IF_ERROR(ReadString(root, "service", &request.service));
  if (root.Find("keys") == nullptr) return BadField("keys", "'keys' is missing");
  ASSIGN_OR_RETURN(const auto keys, ReadArray(root, "keys"));
  for (size_t i = 0; i < keys.size(); ++i) {
    RETURN_IF_ERROR(
        AppendFields(keys[i], absl::StrCat("keys[", i, "]"), &request.keys.emplace_back()));
  }
  RETURN_IF_ERROR(ReadTime(root, "at", &request.at_ms));
  RETURN_IF_ERROR(ReadTime(root, "known_at", &request.known_at_ms));
  RETURN_IF_ERROR(ReadNonNegative(root, "max_age_ms", &request.max_age_ms));
  return request;
}

absl::StatusOr<ScoreRequest> ParseScoreRequest(absl::string_view body) {
  ASSIGN_OR_RETURN(const JsonValue root, ParseBody(body));
  RETURN_IF_ERROR(
      CheckMembers(root, "", {"task", "keys", "request", "at", "explain", "max_staleness_ms"}));
  ScoreRequest request;
  RETURN_IF_ERROR(ReadString(root, "task", &request.task));
  if (request.task.empty()) return BadField("task", "'task' is missing");
  ASSIGN_OR_RETURN(const auto keys, ReadArray(root, "keys"));
  ASSIGN_OR_RETURN(const auto fields, ReadArray(root, "request"));
  if (keys.empty() && fields.empty()) {
    return BadField("keys", "at least one of 'keys' and 'request' must have a row");
  }
  const size_t rows = std::max(keys.size(), fields.size());
  if ((keys.size() > 1 && keys.size() != rows) || (fields.size() > 1 && fields.size() != rows)) {
    return BadField("request", absl::StrCat("'keys' has ", keys.size(), " rows and 'request' has ",
                                            fields.size()));
  }
  request.rows.resize(rows);
  for (size_t i = 0; i < rows; ++i) {
    ScoreRow& row = request.rows[i];
    if (!keys.empty()) {
      const size_t from = keys.size() == 1 ? 0 : i;
      RETURN_IF_ERROR(AppendFields(keys[from], absl::StrCat("keys[", from, "]"), &row.fields));
    }
    if (!fields.empty()) {
      const size_t from = fields.size() == 1 ? 0 : i;
      RETURN_IF_ERROR(AppendFields(fields[from], absl::StrCat("request[", from, "]"), &row.fields));
    }
    const auto id = std::find_if(row.fields.begin(), row.fields.end(),
                                 [](const NamedValue& field) { return field.name == "id"; });
    if (id != row.fields.end()) {
      if (!id->value.is_null()) row.id = std::move(id->value);
      row.fields.erase(id);
    }
  }
  RETURN_IF_ERROR(ReadTime(root, "at", &request.at_ms));
  RETURN_IF_ERROR(ReadNonNegative(root, "max_staleness_ms", &request.max_staleness_ms));
  if (const JsonValue* explain = root.Find("explain")) {
    if (explain->kind() != JsonKind::kBool) return WrongType("explain", "a boolean", *explain);
    request.explain = explain->bool_value();
  }
  return request;
}

absl::StatusOr<std::vector<NewRecord>> ParseAppendRequest(absl::string_view body) {
  JsonLimits limits;
  limits.max_bytes = std::max(limits.max_bytes, body.size());  // the server has its own limit
  ASSIGN_OR_RETURN(const JsonValue root, ParseBody(body, limits));
  RETURN_IF_ERROR(CheckMembers(root, "", {"records"}));
  if (root.Find("records") == nullptr) return BadField("records", "'records' is missing");
  ASSIGN_OR_RETURN(const auto items, ReadArray(root, "records"));
  std::vector<NewRecord> records;
  records.reserve(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    ASSIGN_OR_RETURN(NewRecord record, ParseRecord(items[i], absl::StrCat("records[", i, "]")));
    records.push_back(std::move(record));
  }
  return records;
}

absl::StatusOr<std::string> DecodePercent(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      std::string byte;
      if (i + 2 >= text.size() || !absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 1])) ||
          !absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 2]))) {
        return BadField("", "a '%' in the path or query is not followed by two hexadecimal digits");
      }
      byte = absl::HexStringToBytes(text.substr(i + 1, 2));
      c = byte[0];
      i += 2;
    }
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      return BadField("", "control characters in the path or query");
    }
    out.push_back(c);
  }
  return out;
}

absl::StatusOr<ReadRecordsRequest> ParseReadQuery(absl::string_view topic,
                                                  absl::string_view query) {
  ReadRecordsRequest request;
  request.topic = std::string(topic);
  std::vector<std::string> seen;
  for (const absl::string_view part : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    ASSIGN_OR_RETURN(const std::string name, DecodePercent(pair.first));
    ASSIGN_OR_RETURN(const std::string value, DecodePercent(pair.second));
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return BadField(name, absl::StrCat("'", name, "' is given twice"));
    }
    seen.push_back(name);
    if (name == "partition") {
      ASSIGN_OR_RETURN(const int64_t v, QueryInt(name, value, 0, INT32_MAX));
      request.partition = static_cast<int32_t>(v);
    } else if (name == "offset") {
      ASSIGN_OR_RETURN(request.offset, QueryInt(name, value, 0, INT64_MAX));
    } else if (name == "limit") {
      ASSIGN_OR_RETURN(const int64_t v, QueryInt(name, value, 1, kMaxReadRecords));
      request.limit = static_cast<int>(v);
    } else if (name == "wait") {
      ASSIGN_OR_RETURN(request.wait, QueryWait(value));
    } else {
      return BadField(name, absl::StrCat("unknown parameter '", name, "'"),
                      ClosestName(name, {"partition", "offset", "limit", "wait"}));
    }
  }
  return request;
}

}  // namespace millrace
