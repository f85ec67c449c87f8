#include "app/workers/tombstones.h"

#include <charconv>
#include <utility>

#include "core/status_macros.h"
#include "featurestore/entity_key.h"
#include "stream/decode/json_document.h"

namespace millrace {
namespace {

bool ReadInt(absl::string_view text, int64_t* value) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool FromText(absl::string_view text, Type type, OwnedValue* value) {
  int64_t integer = 0;
  switch (type) {
    case Type::kString: *value = OwnedValue(Value::String(text)); return true;
    case Type::kBytes: *value = OwnedValue(Value::Bytes(text)); return true;
    case Type::kBool:
      *value = OwnedValue(Value::Bool(text == "true"));
      return text == "true" || text == "false";
    case Type::kInt:
      if (!ReadInt(text, &integer)) return false;
      *value = OwnedValue(Value::Int(integer));
      return true;
    case Type::kTimestamp:
      if (!ReadInt(text, &integer)) return false;
      *value = OwnedValue(Value::Timestamp(integer));
      return true;
    default: return false;
  }
}

bool FromJson(const JsonValue& json, Type type, OwnedValue* value) {
  switch (json.kind()) {
    case JsonKind::kString:
      if (type != Type::kString && type != Type::kBytes) return false;
      return FromText(json.string_value(), type, value);
    case JsonKind::kBool:
      *value = OwnedValue(Value::Bool(json.bool_value()));
      return type == Type::kBool;
    case JsonKind::kInt:
      *value = OwnedValue(type == Type::kTimestamp ? Value::Timestamp(json.int_value())
                                                   : Value::Int(json.int_value()));
      return type == Type::kInt || type == Type::kTimestamp;
    default: return false;
  }
}

bool FromJsonKey(absl::string_view key, const std::vector<std::string>& names,
                 const std::vector<Type>& types, std::vector<OwnedValue>* fields) {
  const absl::StatusOr<JsonValue> json = ParseJson(key, {.max_depth = 1});
  if (!json.ok()) return false;
  const bool is_array = json->kind() == JsonKind::kArray;
  if (is_array && json->items().size() != types.size()) return false;
  for (size_t i = 0; i < types.size(); ++i) {
    const JsonValue* field = is_array ? &json->items()[i] : json->Find(names[i]);
    if (field == nullptr || !FromJson(*field, types[i], &(*fields)[i])) return false;
  }
  return true;
}

bool FromEntityKey(absl::string_view key, const std::vector<Type>& types,
                   std::vector<OwnedValue>* fields) {
  for (size_t i = 0; i < types.size(); ++i) {
    Value field;
    if (!TakeKeyField(&key, &field) || field.type() != types[i]) return false;
    (*fields)[i] = OwnedValue(field);
  }
  return key.empty();
}

}  // namespace

bool EntityOfKey(absl::string_view key, const std::vector<std::string>& names,
                 const std::vector<Type>& types, std::vector<OwnedValue>* fields) {
  fields->resize(types.size());
  if (types.size() == 1) return FromText(key, types[0], &(*fields)[0]);
  return FromEntityKey(key, types, fields) || FromJsonKey(key, names, types, fields);
}

Tombstones::Tombstones(const Project& project, OnlineStore& store)
    : project_(project),
      store_(store),
      views_(project.sources.size()),
      unnamed_(project.views.size()) {
  for (size_t v = 0; v < project.views.size(); ++v) {
    for (const ViewInput& input : project.views[v]->inputs) {
      const auto& by = project.sources[static_cast<size_t>(input.source)].partitioned_by;
      if (by && by->entity != project.views[v]->entity) continue;
      views_[static_cast<size_t>(input.source)].push_back(static_cast<int32_t>(v));
    }
  }
}

absl::Status Tombstones::Apply(const Event& event) {
  for (const int32_t v : views_[static_cast<size_t>(event.source)]) {
    const ViewSpec& view = *project_.views[static_cast<size_t>(v)];
    if (!EntityOfKey(event.key, view.key_names, view.key_types, &values_)) {
      unnamed_[static_cast<size_t>(v)].fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    key_.clear();
    for (const OwnedValue& value : values_) key_.push_back(value.view());
    RETURN_IF_ERROR(store_.Delete(v, key_, event));
  }
  return absl::OkStatus();
}

}  // namespace millrace
