#include "stream/decode/avro_types.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status_macros.h"
#include "stream/decode/json_document.h"

namespace millrace {
namespace {

constexpr JsonLimits kLimits = {.max_bytes = 1 << 20, .max_depth = 128};
constexpr int64_t kMaxFixedBytes = 1 << 20;
constexpr int64_t kMaxScale = 308;  // beyond, a double is zero

constexpr absl::string_view kPrimitives[] = {"null",  "boolean", "int",   "long",
                                             "float", "double",  "bytes", "string"};

struct LogicalName {
  absl::string_view name;
  AvroKind kind;
  AvroLogical logical;
};
constexpr LogicalName kLogicalNames[] = {
    {"date", AvroKind::kInt, AvroLogical::kDate},
    {"time-millis", AvroKind::kInt, AvroLogical::kTimeMillis},
    {"time-micros", AvroKind::kLong, AvroLogical::kTimeMicros},
    {"timestamp-millis", AvroKind::kLong, AvroLogical::kTimestampMillis},
    {"timestamp-micros", AvroKind::kLong, AvroLogical::kTimestampMicros},
    {"timestamp-nanos", AvroKind::kLong, AvroLogical::kTimestampNanos},
    {"local-timestamp-millis", AvroKind::kLong, AvroLogical::kTimestampMillis},
    {"local-timestamp-micros", AvroKind::kLong, AvroLogical::kTimestampMicros},
    {"local-timestamp-nanos", AvroKind::kLong, AvroLogical::kTimestampNanos},
    {"decimal", AvroKind::kBytes, AvroLogical::kDecimal},
    {"decimal", AvroKind::kFixed, AvroLogical::kDecimal},
    {"uuid", AvroKind::kString, AvroLogical::kUuid},
    {"uuid", AvroKind::kFixed, AvroLogical::kUuid},
};

absl::string_view TextAt(const JsonValue& object, absl::string_view key) {
  const JsonValue* value = object.Find(key);
  return value != nullptr && value->kind() == JsonKind::kString ? value->string_value()
                                                                : absl::string_view();
}

int64_t IntAt(const JsonValue& object, absl::string_view key, int64_t fallback) {
  const JsonValue* value = object.Find(key);
  return value != nullptr && value->kind() == JsonKind::kInt ? value->int_value() : fallback;
}

std::string FullName(absl::string_view name, absl::string_view space) {
  if (space.empty() || name.find('.') != absl::string_view::npos) return std::string(name);
  return absl::StrCat(space, ".", name);
}

class Parser {
 public:
  explicit Parser(AvroTypes* out) : out_(out) {}

  // The index of the type; `space` is the namespace around it, `where` a path for messages.
  absl::StatusOr<int> Parse(const JsonValue& value, const std::string& space,
                            const std::string& where) {
    switch (value.kind()) {
      case JsonKind::kString: return ByName(value.string_value(), space, where);
      case JsonKind::kArray: return Union(value, space, where);
      case JsonKind::kObject: break;
      default: return Fault(where, "a type is a name, a list or an object");
    }
    const JsonValue* type = value.Find("type");
    if (type == nullptr) return Fault(where, "a type without 'type'");
    if (type->kind() != JsonKind::kString) return Parse(*type, space, where);
    const absl::string_view word = type->string_value();
    if (word == "record" || word == "error") return Record(value, space, where);
    if (word == "enum") return Enum(value, space, where);
    if (word == "fixed") return Fixed(value, space, where);
    if (word == "array") return Of(AvroKind::kArray, value, "items", space, where);
    if (word == "map") return Of(AvroKind::kMap, value, "values", space, where);
    ASSIGN_OR_RETURN(const int index, ByName(word, space, where));
    if (!out_->at(index).name.empty()) return index;  // named types have their annotations
    AvroType annotated = out_->at(index);
    Annotate(value, &annotated);
    return Add(std::move(annotated));
  }

 private:
  static absl::Status Fault(const std::string& where, absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(where, ": ", what));
  }

  int Add(AvroType type) {
    out_->types.push_back(std::move(type));
    return static_cast<int>(out_->types.size()) - 1;
  }

  absl::StatusOr<int> ByName(absl::string_view name, const std::string& space,
                             const std::string& where) {
    for (size_t i = 0; i < std::size(kPrimitives); ++i) {
      if (name == kPrimitives[i]) return Add({.kind = static_cast<AvroKind>(i)});
    }
    const auto named = named_.find(FullName(name, space));
    if (named != named_.end()) return named->second;
    return Fault(where, absl::StrCat("the type '", name, "' is not known"));
  }

  static void Annotate(const JsonValue& value, AvroType* type) {
    const absl::string_view word = TextAt(value, "logicalType");
    for (const LogicalName& known : kLogicalNames) {
      if (known.name != word || known.kind != type->kind) continue;
      if (known.logical == AvroLogical::kUuid && type->kind == AvroKind::kFixed &&
          type->size != 16) {
        continue;
      }
      const int64_t scale = IntAt(value, "scale", 0);
      if (known.logical == AvroLogical::kDecimal && (scale < 0 || scale > kMaxScale)) continue;
      type->logical = known.logical;
      type->scale = static_cast<int>(scale);
    }
  }

  absl::StatusOr<int> Union(const JsonValue& value, const std::string& space,
                            const std::string& where) {
    AvroType type = {.kind = AvroKind::kUnion};
    for (const JsonValue& branch : value.items()) {
      ASSIGN_OR_RETURN(const int index, Parse(branch, space, where));
      if (out_->at(index).kind == AvroKind::kUnion) return Fault(where, "a union in a union");
      type.parts.push_back(index);
    }
    if (type.parts.empty()) return Fault(where, "a union of nothing");
    return Add(std::move(type));
  }

  absl::StatusOr<int> Of(AvroKind kind, const JsonValue& value, absl::string_view key,
                         const std::string& space, const std::string& where) {
    const JsonValue* part = value.Find(key);
    if (part == nullptr) return Fault(where, absl::StrCat("no '", key, "'"));
    ASSIGN_OR_RETURN(const int index, Parse(*part, space, where));
    return Add({.kind = kind, .parts = {index}});
  }

  // A named type, known by its name from now on, so that it can contain itself.
  absl::StatusOr<int> AddNamed(AvroKind kind, const JsonValue& value, const std::string& space,
                               const std::string& where) {
    const absl::string_view name = TextAt(value, "name");
    if (name.empty()) return Fault(where, "a named type without 'name'");
    const absl::string_view own = TextAt(value, "namespace");
    const std::string full = FullName(name, value.Find("namespace") == nullptr ? space : own);
    const int index = Add({.kind = kind, .name = full});
    if (!named_.emplace(full, index).second) {
      return Fault(where, absl::StrCat("the type '", full, "' is defined twice"));
    }
    return index;
  }

  absl::StatusOr<int> Enum(const JsonValue& value, const std::string& space,
                           const std::string& where) {
    ASSIGN_OR_RETURN(const int index, AddNamed(AvroKind::kEnum, value, space, where));
    const JsonValue* symbols = value.Find("symbols");
    if (symbols == nullptr || symbols->kind() != JsonKind::kArray) {
      return Fault(where, "an enum without 'symbols'");
    }
    for (const JsonValue& symbol : symbols->items()) {
      if (symbol.kind() != JsonKind::kString) return Fault(where, "a symbol that is no string");
      out_->types[static_cast<size_t>(index)].labels.emplace_back(symbol.string_value());
    }
    return index;
  }

  absl::StatusOr<int> Fixed(const JsonValue& value, const std::string& space,
                            const std::string& where) {
    ASSIGN_OR_RETURN(const int index, AddNamed(AvroKind::kFixed, value, space, where));
    const int64_t size = IntAt(value, "size", -1);
    if (size < 0 || size > kMaxFixedBytes) return Fault(where, "a fixed without a sensible 'size'");
    AvroType& type = out_->types[static_cast<size_t>(index)];
    type.size = static_cast<size_t>(size);
    Annotate(value, &type);
    return index;
  }

  absl::StatusOr<int> Record(const JsonValue& value, const std::string& space,
                             const std::string& where) {
    ASSIGN_OR_RETURN(const int index, AddNamed(AvroKind::kRecord, value, space, where));
    const std::string full = out_->at(index).name;
    const std::string inner =
        full.substr(0, full.rfind('.') == std::string::npos ? 0 : full.rfind('.'));
    const JsonValue* fields = value.Find("fields");
    if (fields == nullptr || fields->kind() != JsonKind::kArray) {
      return Fault(where, absl::StrCat("the record '", full, "' has no 'fields'"));
    }
    for (const JsonValue& field : fields->items()) {
      const std::string name(TextAt(field, "name"));
      const JsonValue* type = field.Find("type");
      const std::string place = absl::StrCat(where, ".", name.empty() ? "?" : name);
      if (name.empty() || type == nullptr) return Fault(place, "a field needs 'name' and 'type'");
      ASSIGN_OR_RETURN(const int part, Parse(*type, inner, place));
      AvroType& record = out_->types[static_cast<size_t>(index)];
      if (std::find(record.labels.begin(), record.labels.end(), name) != record.labels.end()) {
        return Fault(place, "stands twice");
      }
      record.labels.push_back(name);
      record.parts.push_back(part);
    }
    return index;
  }

  AvroTypes* out_;
  absl::flat_hash_map<std::string, int> named_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const AvroTypes>> ParseAvroTypes(
    absl::string_view text, std::span<const NamedText> references) {
  auto types = std::make_shared<AvroTypes>();
  Parser parser(types.get());
  for (const NamedText& reference : references) {
    ASSIGN_OR_RETURN(const JsonValue json, ParseJson(reference.text, kLimits));
    RETURN_IF_ERROR(parser.Parse(json, "", reference.name).status());
  }
  ASSIGN_OR_RETURN(const JsonValue json, ParseJson(text, kLimits));
  ASSIGN_OR_RETURN(types->root, parser.Parse(json, "", "$"));
  if (types->at(types->root).kind != AvroKind::kRecord) {
    return absl::InvalidArgumentError("the schema of a record must be of type 'record'");
  }
  return types;
}

std::string AvroTypeName(const AvroTypes& types, int index) {
  const AvroType& type = types.at(index);
  if (type.logical != AvroLogical::kNone) {
    for (const LogicalName& known : kLogicalNames) {
      if (known.logical == type.logical) return std::string(known.name);
    }
  }
  switch (type.kind) {
    case AvroKind::kFixed: return absl::StrCat("fixed ", type.name);
    case AvroKind::kEnum: return absl::StrCat("enum ", type.name);
    case AvroKind::kRecord: return absl::StrCat("record ", type.name);
    case AvroKind::kArray: return absl::StrCat("array of ", AvroTypeName(types, type.parts[0]));
    case AvroKind::kMap: return absl::StrCat("map of ", AvroTypeName(types, type.parts[0]));
    case AvroKind::kUnion:
      return absl::StrJoin(type.parts, " or ", [&types](std::string* out, int part) {
        absl::StrAppend(out, AvroTypeName(types, part));
      });
    default: return std::string(kPrimitives[static_cast<size_t>(type.kind)]);
  }
}

}  // namespace millrace
