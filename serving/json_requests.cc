#include "serving/json_requests.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/collection.h"
#include "core/status_macros.h"
#include "serving/json_members.h"
#include "stream/decode/json_document.h"

namespace millrace {
namespace {

// A scalar, or a list or map of scalars; absent for what is nested deeper.
std::optional<OwnedValue> PlainValueOf(const JsonValue& value) {
  if (value.kind() == JsonKind::kArray) {
    ListBuilder list;
    for (const JsonValue& item : value.items()) {
      const std::optional<OwnedValue> scalar = ScalarOf(item);
      if (!scalar) return std::nullopt;
      list.Add(scalar->view());
    }
    return OwnedValue(list.value());
  }
  if (value.kind() == JsonKind::kObject) {
    MapBuilder map;
    for (const JsonMember& member : value.members()) {
      const std::optional<OwnedValue> scalar = ScalarOf(member.value);
      if (!scalar) return std::nullopt;
      map.Add(member.name, scalar->view());
    }
    return OwnedValue(map.Finish());
  }
  return ScalarOf(value);
}

enum class Fields : uint8_t { kScalars, kCollectionsToo };

absl::Status AppendFields(const JsonValue& object, absl::string_view path, Fields fields,
                          NamedValues* out) {
  if (object.kind() != JsonKind::kObject) return WrongMemberType(path, "an object", object);
  for (const JsonMember& member : object.members()) {
    const std::string field = absl::StrCat(path, ".", member.name);
    for (const NamedValue& before : *out) {
      if (before.name == member.name) {
        return BadMember(field, absl::StrCat("'", member.name, "' is given twice"));
      }
    }
    std::optional<OwnedValue> value =
        fields == Fields::kScalars ? ScalarOf(member.value) : PlainValueOf(member.value);
    if (!value) {
      return WrongMemberType(
          field, fields == Fields::kScalars ? "a scalar" : "a scalar, or a list or map of scalars",
          member.value);
    }
    out->push_back({member.name, *std::move(value)});
  }
  return absl::OkStatus();
}

// The rows of an array of objects.
absl::Status ReadRows(const JsonValue& root, const char* name, Fields fields,
                      std::vector<NamedValues>* rows) {
  ASSIGN_OR_RETURN(const auto items, ReadArray(root, name));
  for (size_t i = 0; i < items.size(); ++i) {
    RETURN_IF_ERROR(
        AppendFields(items[i], absl::StrCat(name, "[", i, "]"), fields, &rows->emplace_back()));
  }
  return absl::OkStatus();
}

absl::StatusOr<MinOffset> ParseMinOffset(const JsonValue& item, const std::string& path) {
  if (item.kind() != JsonKind::kObject) return WrongMemberType(path, "an object", item);
  RETURN_IF_ERROR(CheckMembers(item, path, {"topic", "partition", "offset"}));
  MinOffset out;
  RETURN_IF_ERROR(ReadString(item, "topic", &out.topic, path));
  if (out.topic.empty()) return BadMember(absl::StrCat(path, ".topic"), "'topic' is missing");
  std::optional<int64_t> partition, offset;
  RETURN_IF_ERROR(ReadNonNegative(item, "partition", &partition, path));
  RETURN_IF_ERROR(ReadNonNegative(item, "offset", &offset, path));
  if (!offset) return BadMember(absl::StrCat(path, ".offset"), "'offset' is missing");
  if (partition.value_or(0) > INT32_MAX) {
    return BadMember(absl::StrCat(path, ".partition"), "'partition' is out of range");
  }
  out.partition = static_cast<int32_t>(partition.value_or(0));
  out.offset = *offset;
  return out;
}

// One object, or an array of them; and how long to wait for them.
absl::Status ReadMinOffsets(const JsonValue& root, FeaturesRequest* request) {
  const JsonValue* given = root.Find("min_offset");
  if (given != nullptr && given->kind() == JsonKind::kObject) {
    ASSIGN_OR_RETURN(request->min_offsets.emplace_back(), ParseMinOffset(*given, "min_offset"));
  } else {
    ASSIGN_OR_RETURN(const auto items, ReadArray(root, "min_offset"));
    for (size_t i = 0; i < items.size(); ++i) {
      ASSIGN_OR_RETURN(request->min_offsets.emplace_back(),
                       ParseMinOffset(items[i], absl::StrCat("min_offset[", i, "]")));
    }
  }
  std::optional<int64_t> wait_ms;
  RETURN_IF_ERROR(ReadNonNegative(root, "wait_ms", &wait_ms));
  if (wait_ms) request->patience = absl::Milliseconds(*wait_ms);
  if (request->patience <= kMaxReadPatience) return absl::OkStatus();
  return BadMember("wait_ms", absl::StrCat("'wait_ms' must be at most ",
                                           absl::ToInt64Milliseconds(kMaxReadPatience)));
}

}  // namespace

absl::StatusOr<FeaturesRequest> ParseFeaturesRequest(absl::string_view body) {
  ASSIGN_OR_RETURN(const JsonValue root, ParseBody(body));
  RETURN_IF_ERROR(CheckMembers(root, "",
                               {"features", "service", "keys", "request", "at", "known_at",
                                "max_age_ms", "min_offset", "wait_ms", "metadata"}));
  FeaturesRequest request;
  ASSIGN_OR_RETURN(const auto features, ReadArray(root, "features"));
  for (size_t i = 0; i < features.size(); ++i) {
    if (features[i].kind() != JsonKind::kString) {
      return WrongMemberType(absl::StrCat("features[", i, "]"), "a string", features[i]);
    }
    request.features.emplace_back(features[i].string_value());
  }
  RETURN_IF_ERROR(ReadString(root, "service", &request.service));
  RETURN_IF_ERROR(ReadRows(root, "keys", Fields::kScalars, &request.keys));
  RETURN_IF_ERROR(ReadRows(root, "request", Fields::kCollectionsToo, &request.request));
  RETURN_IF_ERROR(ReadTime(root, "at", &request.at_ms));
  RETURN_IF_ERROR(ReadTime(root, "known_at", &request.known_at_ms));
  RETURN_IF_ERROR(ReadNonNegative(root, "max_age_ms", &request.max_age_ms));
  RETURN_IF_ERROR(ReadMinOffsets(root, &request));
  RETURN_IF_ERROR(ReadBool(root, "metadata", &request.metadata));
  return request;
}

absl::StatusOr<ScoreRequest> ParseScoreRequest(absl::string_view body) {
  ASSIGN_OR_RETURN(const JsonValue root, ParseBody(body));
  RETURN_IF_ERROR(
      CheckMembers(root, "", {"task", "keys", "request", "at", "explain", "max_staleness_ms"}));
  ScoreRequest request;
  RETURN_IF_ERROR(ReadString(root, "task", &request.task));
  if (request.task.empty()) return BadMember("task", "'task' is missing");
  ASSIGN_OR_RETURN(const auto keys, ReadArray(root, "keys"));
  ASSIGN_OR_RETURN(const auto fields, ReadArray(root, "request"));
  if (keys.empty() && fields.empty()) {
    return BadMember("keys", "at least one of 'keys' and 'request' must have a row");
  }
  const size_t rows = std::max(keys.size(), fields.size());
  if ((keys.size() > 1 && keys.size() != rows) || (fields.size() > 1 && fields.size() != rows)) {
    return BadMember("request", absl::StrCat("'keys' has ", keys.size(), " rows and 'request' has ",
                                             fields.size()));
  }
  request.rows.resize(rows);
  for (size_t i = 0; i < rows; ++i) {
    ScoreRow& row = request.rows[i];
    if (!keys.empty()) {
      const size_t from = keys.size() == 1 ? 0 : i;
      RETURN_IF_ERROR(AppendFields(keys[from], absl::StrCat("keys[", from, "]"),
                                   Fields::kCollectionsToo, &row.fields));
    }
    if (!fields.empty()) {
      const size_t from = fields.size() == 1 ? 0 : i;
      RETURN_IF_ERROR(AppendFields(fields[from], absl::StrCat("request[", from, "]"),
                                   Fields::kCollectionsToo, &row.fields));
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
  RETURN_IF_ERROR(ReadBool(root, "explain", &request.explain));
  return request;
}

}  // namespace millrace
