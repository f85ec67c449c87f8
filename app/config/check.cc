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
#include "app/config/parse_yaml.h"
#include "app/config/suggest.h"
#include "core/closest_name.h"
#include "core/value.h"

namespace millrace {
namespace {

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

std::string TypeSuggestion(const std::string& text, const std::vector<std::string>& words) {
  const std::string name = text.substr(0, text.find('<'));
  if (name == text && (Contains(words, text + "<T>") || Contains(words, text + "<N>"))) {
    return absl::StrCat("say of what: ", text, text == "vector" ? "<8>" : "<string>");
  }
  if (name == text) return DidYouMean(text, words);
  std::vector<std::string> collections;
  for (const std::string& word : words) {
    if (absl::StrContains(word, '<')) collections.push_back(word.substr(0, word.find('<')));
  }
  if (!Contains(collections, name)) return DidYouMean(name, collections);
  return name == "vector" ? "N is a whole number from 1" : "T is a type without <…>";
}

// What a kind of scalar is called, and an example of it.
absl::string_view KindText(ValueKind kind) {
  switch (kind) {
    case ValueKind::kNone: return "a map";
    case ValueKind::kString: return "a string";
    case ValueKind::kName: return "a name";
    case ValueKind::kInt: return "a whole number";
    case ValueKind::kNumber: return "a number";
    case ValueKind::kBool: return "true or false";
    case ValueKind::kDuration: return "a duration such as 30s, 10m or 1h30m";
    case ValueKind::kSize: return "a size such as 64MiB or 1GiB";
    case ValueKind::kDurationOrSize: return "a duration such as 7d or a size such as 10GiB";
    case ValueKind::kShare: return "a share such as 0.5%";
    case ValueKind::kExpression: return "an expression";
    case ValueKind::kType: return "a type";
    case ValueKind::kAddress: return "an address such as 127.0.0.1:7470";
    case ValueKind::kAny: return "a value";
  }
  return "a value";
}

// "a name, a list or a map", as the row allows.
std::string Expected(const SchemaNode& schema) {
  std::vector<std::string> forms;
  const KeySpec* spec = schema.spec;
  if (spec != nullptr && (spec->kind != ValueKind::kNone || !spec->words.empty())) {
    if (spec->kind != ValueKind::kNone) forms.emplace_back(KindText(spec->kind));
    if (spec->kind != ValueKind::kType) {
      for (const std::string& word : SplitWords(spec->words))
        forms.push_back(absl::StrCat("'", word, "'"));
    }
  }
  if (schema.Item() != nullptr) forms.emplace_back("a list");
  if (!schema.keys.empty() || (spec != nullptr && spec->free_keys)) forms.emplace_back("a map");
  if (forms.size() < 2) return forms.empty() ? "a value" : forms[0];
  const std::string last = forms.back();
  forms.pop_back();
  return absl::StrCat(absl::StrJoin(forms, ", "), " or ", last);
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
  bool CheckPlainWord(const SchemaNode& schema, absl::string_view name, ConfigNode* node);
  void CheckFreeMap(absl::string_view name, ConfigNode* map);

  DiagnosticSink* const sink_;
};

void Checker::CheckValue(const SchemaNode& schema, absl::string_view name, ConfigNode* node) {
  if (node->is_map()) {
    if (schema.spec != nullptr && schema.spec->free_keys) return CheckFreeMap(name, node);
    if (!schema.keys.empty()) return CheckMap(schema, node->place, name, node);
  }
  if (node->bad) return;
  if (node->is_list() && schema.Item() != nullptr) {
    for (ConfigNode& item : node->items) CheckValue(*schema.Item(), name, &item);
    if (node->items.empty())
      Fail(ConfigErrorCode::kInvalidValue, node, absl::StrCat("'", name, "' is empty"));
    return;
  }
  if (node->is_scalar() && schema.spec != nullptr &&
      (schema.spec->kind != ValueKind::kNone || !schema.spec->words.empty())) {
    return CheckScalar(schema, name, node);
  }
  Fail(ConfigErrorCode::kWrongType, node,
       absl::StrCat("'", name, "' must be ", Expected(schema), ", found ", Describe(*node)));
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
  for (ConfigMember& member : map->members) CheckMember(schema, map, &member, &misspelt, &later);
  // What is missing beside something unsupported or unreadable may be in there.
  if (later || map->bad) {
    map->bad = true;
    return;
  }
  for (const SchemaNode& key : schema.keys) {
    if (key.spec->presence != Presence::kRequired || map->Find(key.name) != nullptr) continue;
    map->bad = true;
    if (Contains(misspelt, key.name)) continue;
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
  if (child->name == "*" && !IsValidName(key.text)) {
    key.bad = true;
    sink_
        ->Error(ConfigErrorCode::kInvalidName, key.place,
                absl::StrCat("'", key.text, "' is not a valid name"))
        .suggestion = "letters, digits and _ only, no reserved word";
  }
  if (member->value.kind == ConfigNode::Kind::kNull && !member->value.bad) {
    if (child->spec->path == "views.*.features.*.default") return;
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
  const std::string nearest = ClosestName(key.text, all);
  if (!nearest.empty()) misspelt->push_back(nearest);
  const bool names_aggregation = !aggregations.empty() && !has_aggregation &&
                                 (nearest.empty() || schema.Find(nearest)->spec->aggregation);
  Diagnostic& d = names_aggregation
                      ? sink_->Error(ConfigErrorCode::kUnknownAggregation, key.place,
                                     absl::StrCat("unknown aggregation '", key.text, "'"))
                      : sink_->Error(ConfigErrorCode::kUnknownKey, key.place,
                                     absl::StrCat("unknown key '", key.text, "'"));
  d.suggestion = DidYouMean(key.text, all);
  d.known = names_aggregation ? aggregations : schema.SupportedKeys();
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
    d.suggestion = spec.kind == ValueKind::kType ? TypeSuggestion(node->text, words)
                                                 : DidYouMean(node->text, words);
    if (d.suggestion.empty() && may_be_map)
      d.suggestion = absl::StrCat("expected ", Expected(schema));
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
  Diagnostic& d =
      Fail(ConfigErrorCode::kWrongType, node,
           absl::StrCat("'", name, "' must be ", Expected(schema), ", found ", Describe(*node)));
  const bool wants_text =
      schema.spec->kind == ValueKind::kString || schema.spec->kind == ValueKind::kName;
  if (wants_text && !node->text.empty()) {
    d.suggestion = absl::StrCat("quote it: \"", node->shown, "\"");
  } else if (schema.spec->kind == ValueKind::kDuration && IsInt(*node)) {
    d.suggestion = absl::StrCat("add a unit: ", node->shown, "s");
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
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return std::string(host.substr(1, host.size() - 2));
  if (host.find_first_of(":[] /") != absl::string_view::npos) return std::nullopt;
  return std::string(host);
}

bool IsValidName(absl::string_view name) {
  // Words of expressions and of answers, which a field or feature of the same name would hide.
  static constexpr absl::string_view kReserved[] = {"true", "false", "null",  "in",
                                                    "at",   "label", "score", "act"};
  if (name.empty() || name.size() > 64 || absl::ascii_isdigit(name[0])) return false;
  for (char c : name) {
    if (!absl::ascii_isalnum(c) && c != '_') return false;
  }
  return std::find(std::begin(kReserved), std::end(kReserved), name) == std::end(kReserved);
}

}  // namespace millrace
