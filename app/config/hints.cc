#include "app/config/hints.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/config/durations.h"
#include "app/config/suggest.h"

namespace millrace {
namespace {

bool Contains(const std::vector<std::string>& words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
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
    case ValueKind::kAny:
    case ValueKind::kTyped: return "a value";
  }
  return "a value";
}

bool HasKey(const SchemaNode& schema, absl::string_view key) {
  return std::any_of(schema.keys.begin(), schema.keys.end(),
                     [key](const SchemaNode& row) { return row.name == key; });
}

// The map below that has the key: one that is written before one that is not, the innermost first.
const SchemaNode* FindBelow(absl::string_view key, const SchemaNode& schema,
                            const ConfigNode* map) {
  for (const bool written : {true, false}) {
    for (const SchemaNode& row : schema.keys) {
      const ConfigNode* value = map == nullptr ? nullptr : map->Find(row.name);
      if (row.name == "*" || row.keys.empty() || (value != nullptr) != written) continue;
      if (const SchemaNode* found = FindBelow(key, row, value)) return found;
    }
    if (written && HasKey(schema, key)) return &schema;
  }
  return nullptr;
}

}  // namespace

std::string Expected(const SchemaNode& schema) {
  std::vector<std::string> forms;
  const KeySpec* spec = schema.spec;
  if (spec != nullptr && (spec->kind != ValueKind::kNone || !spec->words.empty())) {
    if (spec->kind != ValueKind::kNone) forms.emplace_back(KindText(spec->kind));
    if (spec->kind != ValueKind::kType) {
      for (const std::string& word : SplitWords(spec->words)) {
        forms.push_back(absl::StrCat("'", word, "'"));
      }
    }
  }
  if (schema.Item() != nullptr) forms.emplace_back("a list");
  if (!schema.keys.empty() || (spec != nullptr && spec->free_keys)) forms.emplace_back("a map");
  if (forms.size() < 2) return forms.empty() ? "a value" : forms[0];
  const std::string last = forms.back();
  forms.pop_back();
  return absl::StrCat(absl::StrJoin(forms, ", "), " or ", last);
}

std::string WrapAdvice(const SchemaNode& schema, const ConfigNode& scalar) {
  if (!scalar.is_scalar() || scalar.text.empty()) return "";
  if (schema.Item() != nullptr) return absl::StrCat("write [", scalar.shown, "]");
  const SchemaNode* only = nullptr;
  for (const SchemaNode& key : schema.keys) {
    if (key.spec->presence != Presence::kRequired) continue;
    if (only != nullptr) return "";
    only = &key;
  }
  if (only == nullptr) return "";
  const bool fits = only->spec->kind == ValueKind::kDuration
                        ? ParseDuration(scalar.text).has_value()
                        : only->spec->kind == ValueKind::kName;
  return fits ? absl::StrCat("write {", only->name, ": ", scalar.shown, "}") : "";
}

std::string TypeAdvice(const std::string& text, const std::vector<std::string>& words) {
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

std::string BelongsTo(absl::string_view key, const std::vector<MapPlace>& maps) {
  const SchemaNode& schema = *maps.back().schema;
  if (schema.spec != nullptr &&
      absl::StrContains(absl::StrCat("|", schema.spec->words, "|"), absl::StrCat("|", key, "|"))) {
    return absl::StrCat("it stands by itself: write ", schema.name, ": ", key);
  }
  if (const SchemaNode* below = FindBelow(key, schema, maps.back().map)) {
    return absl::StrCat("it belongs inside '", below->name, "'");
  }
  for (size_t i = 0; i + 1 < maps.size(); ++i) {
    if (!HasKey(*maps[i].schema, key)) continue;
    const std::string& beside = maps[i + 1].schema->name;
    if (beside == "*") return "it belongs further out";
    return absl::StrCat("it belongs beside '", beside, "', not inside");
  }
  return "";
}

}  // namespace millrace
