#include "app/config/check.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "app/config/durations.h"
#include "app/config/hints.h"
#include "app/config/parse_yaml.h"
#include "app/config/suggest.h"
#include "core/closest_name.h"
#include "core/value.h"

namespace millrace {
namespace {

constexpr size_t kMaxName = 64;

// Words of expressions and of answers, which a field or feature of the same name would hide.
bool IsReserved(absl::string_view name) {
  static constexpr absl::string_view kReserved[] = {"true", "false", "null",  "in",
                                                    "at",   "label", "score", "act"};
  return std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved);
}

bool Contains(const std::vector<std::string>& words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Whether `text` is a type, made of the words of the row: "int", "list<int>", "vector<8>".
bool IsFieldType(const std::string& text, const std::vector<std::string>& words) {
  const std::optional<ValueType> type = ParseValueType(text);
  if (!type.has_value()) return false;
  const std::string name(TypeName(type->type));
  if (!IsCollection(type->type)) return Contains(words, name);
  if (type->type == Type::kVector) return Contains(words, name + "<N>");
  return Contains(words, name + "<T>") && Contains(words, std::string(TypeName(type->element)));
}

class Checker {
 public:
  explicit Checker(DiagnosticSink* sink) : sink_(sink) {}

  void CheckValue(const SchemaNode& schema, absl::string_view name, ConfigNode* node);
  void CheckMap(const SchemaNode& schema, const TextPlace& owner, absl::string_view name,
                ConfigNode* map);

 private:
  Diagnostic& Fail(ConfigErrorCode code, ConfigNode* node, std::string message) {
    node->bad = true;
    return sink_->Error(code, node->place, std::move(message));
  }
  void CheckMember(const SchemaNode& schema, ConfigNode* map, ConfigMember* member,
                   std::vector<std::string>* misspelt, bool* later);
  void UnknownKey(const SchemaNode& schema, const ConfigNode& map, const ConfigNode& key,
                  std::vector<std::string>* misspelt);
  void CheckScalar(const SchemaNode& schema, absl::string_view name, ConfigNode* node);
  // Whether it stands in a map further out, which does not know it.
  bool IsMisplaced(absl::string_view key) const {
    return std::any_of(maps_.begin(), maps_.end(), [key](const MapPlace& place) {
      return place.map->Find(key) != nullptr && place.schema->Find(key) == nullptr;
    });
  }
  bool CheckPlainWord(const SchemaNode& schema, absl::string_view name, ConfigNode* node);
  void CheckFreeMap(absl::string_view name, ConfigNode* map);

  DiagnosticSink* const sink_;
  std::vector<MapPlace> maps_;  // those that are being checked, outermost first
};

void Checker::CheckValue(const SchemaNode& schema, absl::string_view name, ConfigNode* node) {
  if (node->is_map()) {
    if (schema.spec != nullptr && schema.spec->free_keys) return CheckFreeMap(name, node);
    if (!schema.keys.empty()) return CheckMap(schema, node->place, name, node);
  }
  if (node->bad) return;
  if (node->is_list() && schema.Item() != nullptr) {
    for (ConfigNode& item : node->items) CheckValue(*schema.Item(), name, &item);
    if (node->items.empty()) {
      Fail(ConfigErrorCode::kInvalidValue, node, absl::StrCat("'", name, "' is empty"));
    }
    return;
  }
  if (!node->is_scalar() && schema.spec != nullptr && schema.spec->kind == ValueKind::kTyped) {
    return;
  }
  if (node->is_scalar() && schema.spec != nullptr &&
      (schema.spec->kind != ValueKind::kNone || !schema.spec->words.empty())) {
    return CheckScalar(schema, name, node);
  }
  Fail(ConfigErrorCode::kWrongType, node,
       absl::StrCat("'", name, "' must be ", Expected(schema), ", found ", Describe(*node)))
      .suggestion = WrapAdvice(schema, *node);
}

void Checker::CheckFreeMap(absl::string_view name, ConfigNode* map) {
  for (ConfigMember& member : map->members) {
    if (!member.value.is_scalar() && !member.value.bad) {
      Fail(ConfigErrorCode::kWrongType, &member.value,
           absl::StrCat("'", member.key.text, "' in '", name, "' must be a single value, found ",
                        Describe(member.value)));
    }
  }
}

void Checker::CheckMap(const SchemaNode& schema, const TextPlace& owner, absl::string_view name,
                       ConfigNode* map) {
  std::vector<std::string> misspelt;  // keys that unknown ones probably meant
  bool later = false;
  const bool scalar_too = schema.spec != nullptr && schema.spec->kind != ValueKind::kNone;
  if (map->members.empty() && scalar_too && !map->bad) {
    Fail(ConfigErrorCode::kWrongType, map,
         absl::StrCat("'", name, "' must be ", Expected(schema), ", found an empty map"));
    return;
  }
  maps_.push_back({&schema, map});
  for (ConfigMember& member : map->members) CheckMember(schema, map, &member, &misspelt, &later);
  maps_.pop_back();
  // What is missing beside something unsupported or unreadable may be in there.
  if (later || map->bad) {
    map->bad = true;
    return;
  }
  for (const SchemaNode& key : schema.keys) {
    if (key.spec->presence != Presence::kRequired || map->Find(key.name) != nullptr) continue;
    map->bad = true;
    if (Contains(misspelt, key.name) || IsMisplaced(key.name)) continue;
    sink_->Error(ConfigErrorCode::kMissingKey, owner,
                 name.empty() ? absl::StrCat("'", key.name, "' is missing")
                              : absl::StrCat("'", name, "' lacks '", key.name, "'"));
  }
  if (!misspelt.empty()) map->bad = true;
}

void Checker::CheckMember(const SchemaNode& schema, ConfigNode* map, ConfigMember* member,
                          std::vector<std::string>* misspelt, bool* later) {
  ConfigNode& key = member->key;
  const SchemaNode* child = schema.Find(key.text);
  if (child == nullptr) {
    if (schema.spec != nullptr && schema.spec->open) return;
    member->value.bad = true;
    UnknownKey(schema, *map, key, misspelt);
    return;
  }
  if (child->spec->status == KeyStatus::kNotYet) {
    if (schema.spec != nullptr && schema.spec->open) return;  // an option of that name may exist
    *later = true;
    key.bad = member->value.bad = true;
    sink_->Error(ConfigErrorCode::kNotSupported, key.place,
                 absl::StrCat("'", key.text, "' is not supported yet"));
    return;
  }
  absl::string_view chosen = key.text;
  if (child->spec->versioned) chosen = chosen.substr(0, chosen.find('@'));
  if (child->name == "*" && !IsValidName(chosen)) {
    key.bad = true;
    sink_
        ->Error(ConfigErrorCode::kInvalidName, key.place,
                absl::StrCat("'", key.text, "' is not a valid name"))
        .suggestion = NameAdvice(chosen);
  }
  if (member->value.kind == ConfigNode::Kind::kNull && !member->value.bad) {
    if (child->spec->kind == ValueKind::kTyped) return;
    if (Contains(SplitWords(child->spec->words), "null")) return;
    key.bad = member->value.bad = true;
    sink_
        ->Error(ConfigErrorCode::kWrongType, key.place,
                absl::StrCat("'", key.text, "' has no value"))
        .suggestion = absl::StrCat("expected ", Expected(*child));
    return;
  }
  if (member->value.is_map() && !child->keys.empty()) {
    return CheckMap(*child, key.place, key.text, &member->value);
  }
  CheckValue(*child, key.text, &member->value);
}

void Checker::UnknownKey(const SchemaNode& schema, const ConfigNode& map, const ConfigNode& key,
                         std::vector<std::string>* misspelt) {
  bool has_aggregation = false;
  for (const ConfigMember& member : map.members) {
    const SchemaNode* row = schema.Find(member.key.text);
    has_aggregation = has_aggregation || (row != nullptr && row->spec->aggregation);
  }
  const std::vector<std::string> aggregations = schema.SupportedAggregations();
  std::vector<std::string> all;
  for (const SchemaNode& row : schema.keys) all.push_back(row.name);
  const std::string place = BelongsTo(key.text, maps_);
  const std::string nearest = place.empty() ? ClosestName(key.text, all) : "";
  misspelt->push_back(nearest);
  const bool names_aggregation = !aggregations.empty() && !has_aggregation && place.empty() &&
                                 (nearest.empty() || schema.Find(nearest)->spec->aggregation);
  Diagnostic& d = names_aggregation
                      ? sink_->Error(ConfigErrorCode::kUnknownAggregation, key.place,
                                     absl::StrCat("unknown aggregation '", key.text, "'"))
                      : sink_->Error(ConfigErrorCode::kUnknownKey, key.place,
                                     absl::StrCat("unknown key '", key.text, "'"));
  d.suggestion = place.empty() ? DidYouMean(key.text, all) : place;
  d.known = names_aggregation ? aggregations : schema.SupportedKeys();
  if (has_aggregation) {
    std::erase_if(d.known, [&](const std::string& name) { return Contains(aggregations, name); });
  }
  // An unknown word in the place of an aggregation is that aggregation.
  if (names_aggregation) misspelt->push_back("aggregation");
}

// The words of a row, and plain words that YAML may read otherwise. True when the value is settled.
bool Checker::CheckPlainWord(const SchemaNode& schema, absl::string_view name, ConfigNode* node) {
  const KeySpec& spec = *schema.spec;
  const std::vector<std::string> words = SplitWords(spec.words);
  const std::vector<std::string> later = SplitWords(spec.later_words);
  const absl::string_view word = spec.kind == ValueKind::kType
                                     ? absl::string_view(node->text).substr(0, node->text.find('<'))
                                     : absl::string_view(node->text);
  if (spec.kind == ValueKind::kType ? IsFieldType(node->text, words)
                                    : Contains(words, node->text)) {
    return true;
  }
  if (Contains(later, word)) {
    Fail(ConfigErrorCode::kNotSupported, node,
         absl::StrCat("'", node->shown, "' is not supported yet"))
        .known = words;
    return true;
  }
  if (!node->quoted && IsBooleanWord(node->text) && spec.kind != ValueKind::kExpression) {
    Fail(ConfigErrorCode::kBooleanWord, node,
         absl::StrCat("'", node->shown, "' is a boolean to YAML"))
        .suggestion = spec.kind == ValueKind::kBool
                          ? "write true or false"
                          : absl::StrCat("quote it: \"", node->shown, "\"");
    return true;
  }
  if (spec.kind == ValueKind::kNone || spec.kind == ValueKind::kType) {
    const bool may_be_map = !schema.keys.empty();
    Diagnostic& d = Fail(ConfigErrorCode::kInvalidValue, node,
                         absl::StrCat("'", name, "' cannot be '", node->shown, "'"));
    d.suggestion = spec.kind == ValueKind::kType ? TypeAdvice(node->text, words)
                                                 : DidYouMean(node->text, words);
    if (d.suggestion.empty() && may_be_map) {
      d.suggestion = absl::StrCat("expected ", Expected(schema));
    }
    d.known = words;
    return true;
  }
  return false;
}

bool Fits(ValueKind kind, const ConfigNode& node) {
  switch (kind) {
    case ValueKind::kInt: return IsInt(node);
    case ValueKind::kNumber: return IsNumber(node);
    case ValueKind::kBool: return IsBool(node);
    case ValueKind::kDuration: return ParseDuration(node.text).has_value();
    case ValueKind::kSize: return ParseSize(node.text).has_value();
    case ValueKind::kDurationOrSize:
      return ParseDuration(node.text).has_value() || ParseSize(node.text).has_value();
    case ValueKind::kAddress: return AddressHost(node.text).has_value();
    case ValueKind::kString:
    case ValueKind::kName: return !IsNumber(node) && !IsBool(node) && !node.text.empty();
    case ValueKind::kShare: return absl::EndsWith(node.text, "%");
    case ValueKind::kExpression: return !node.text.empty();
    default: return true;
  }
}

void Checker::CheckScalar(const SchemaNode& schema, absl::string_view name, ConfigNode* node) {
  if (CheckPlainWord(schema, name, node)) return;
  if (Fits(schema.spec->kind, *node)) return;
  if (schema.spec->kind == ValueKind::kDuration && node->text[0] == '-' &&
      ParseDuration(node->text.substr(1))) {
    Fail(ConfigErrorCode::kOutOfRange, node,
         absl::StrCat("'", name, "' must not be negative, found ", node->shown));
    return;
  }
  if (schema.spec->kind == ValueKind::kDuration && IsTooLong(node->text)) {
    Fail(ConfigErrorCode::kOutOfRange, node,
         absl::StrCat("'", name, "' is longer than a thousand years"));
    return;
  }
  Diagnostic& d =
      Fail(ConfigErrorCode::kWrongType, node,
           absl::StrCat("'", name, "' must be ", Expected(schema), ", found ", Describe(*node)));
  const bool wants_text =
      schema.spec->kind == ValueKind::kString || schema.spec->kind == ValueKind::kName;
  if (wants_text && !node->text.empty()) {
    d.suggestion = absl::StrCat("quote it: \"", node->shown, "\"");
  } else if (schema.spec->kind == ValueKind::kDuration && IsInt(*node)) {
    d.suggestion = absl::StrCat("add a unit: ", node->shown, "s");
  } else if (schema.spec->kind == ValueKind::kDuration) {
    d.suggestion = DidYouMean(node->text, SplitWords(schema.spec->words));
    if (d.suggestion.empty()) d.suggestion = DurationAdvice(node->text);
  }
}

}  // namespace

void CheckTree(const SchemaNode& schema, ConfigNode* root, DiagnosticSink* sink) {
  Checker checker(sink);
  if (!root->is_map()) {
    root->bad = true;
    sink->Error(ConfigErrorCode::kSyntax, {root->place.text, 0, 0, 1},
                "a configuration is a map of keys")
        .known = schema.SupportedKeys();
    return;
  }
  checker.CheckMap(schema, {root->place.text, 0, 0, 1}, "", root);
}

std::string Describe(const ConfigNode& node) {
  if (node.is_list()) return "a list";
  if (node.is_map()) return "a map";
  if (node.kind == ConfigNode::Kind::kNull) return "nothing";
  if (node.text.empty()) return "an empty string";
  if (IsNumber(node)) return absl::StrCat("the number ", node.shown);
  if (IsBool(node)) return absl::StrCat("the boolean ", node.shown);
  return absl::StrCat("the string '", node.shown, "'");
}

bool IsInt(const ConfigNode& node) {
  int64_t value;
  return !node.quoted && !node.text.empty() && !absl::ascii_isspace(node.text[0]) &&
         absl::SimpleAtoi(node.text, &value);
}

bool IsNumber(const ConfigNode& node) {
  double value;
  if (node.quoted || node.text.empty()) return false;
  const char first = node.text[0];
  return (absl::ascii_isdigit(first) || first == '-' || first == '+' || first == '.') &&
         absl::SimpleAtod(node.text, &value) && std::isfinite(value);
}

bool IsBool(const ConfigNode& node) {
  return !node.quoted && (node.text == "true" || node.text == "false");
}

std::optional<std::string> AddressHost(absl::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return std::nullopt;
  const absl::string_view port = address.substr(colon + 1);
  int number = 0;
  if (port.empty() || port.size() > 5 ||
      !std::all_of(port.begin(), port.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(port, &number) || number > 65535) {
    return std::nullopt;
  }
  absl::string_view host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return std::string(host.substr(1, host.size() - 2));
  }
  if (host.find_first_of(":[] /") != absl::string_view::npos) return std::nullopt;
  return std::string(host);
}

std::string NameAdvice(absl::string_view name) {
  if (IsReserved(name)) return "it is a word of expressions and answers";
  if (name.size() > kMaxName) return absl::StrCat("at most ", kMaxName, " characters");
  if (!name.empty() && absl::ascii_isdigit(name[0])) return "do not begin with a digit";
  return "letters, digits and _ only";
}

bool IsValidName(absl::string_view name) {
  if (name.empty() || name.size() > kMaxName || absl::ascii_isdigit(name[0])) return false;
  return !IsReserved(name) && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '_';
  });
}

}  // namespace millrace
