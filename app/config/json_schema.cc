#include "app/config/json_schema.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "app/config/schema_table.h"

namespace millrace {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

std::string Quote(absl::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string Object(const Members& members, int depth) {
  if (members.empty()) return "{}";
  const std::string indent(2 * (depth + 1), ' ');
  std::vector<std::string> lines;
  for (const auto& [key, value] : members) {
    lines.push_back(absl::StrCat(indent, Quote(key), ": ", value));
  }
  return absl::StrCat("{\n", absl::StrJoin(lines, ",\n"), "\n", std::string(2 * depth, ' '), "}");
}

// Of the words of the table `version: 1` is a number, and `null` is what YAML says it is.
bool IsString(absl::string_view word) { return word != "1" && word != "null"; }

std::string List(const std::vector<std::string>& words) {
  return absl::StrCat("[",
                      absl::StrJoin(words, ", ",
                                    [](std::string* out, const std::string& word) {
                                      absl::StrAppend(out, IsString(word) ? Quote(word) : word);
                                    }),
                      "]");
}

std::string Text(absl::string_view pattern) {
  return absl::StrCat("{\"type\": \"string\", \"pattern\": ", Quote(pattern), "}");
}

constexpr absl::string_view kDuration =
    "^([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$";
constexpr absl::string_view kSize = "^[0-9]+(B|[KMGT]i?B)$";

// The scalar forms of a kind.
std::vector<std::string> ScalarForms(const KeySpec& spec) {
  std::vector<std::string> forms;
  switch (spec.kind) {
    case ValueKind::kNone:
    case ValueKind::kType: break;
    case ValueKind::kString:
    case ValueKind::kName: forms.emplace_back("{\"type\": \"string\"}"); break;
    case ValueKind::kInt: forms.emplace_back("{\"type\": \"integer\"}"); break;
    case ValueKind::kNumber: forms.emplace_back("{\"type\": \"number\"}"); break;
    case ValueKind::kBool: forms.emplace_back("{\"type\": \"boolean\"}"); break;
    case ValueKind::kDuration: forms.push_back(Text(kDuration)); break;
    case ValueKind::kSize: forms.push_back(Text(kSize)); break;
    case ValueKind::kDurationOrSize:
      forms.push_back(Text(kDuration));
      forms.push_back(Text(kSize));
      break;
    case ValueKind::kShare: forms.push_back(Text("^[0-9.]+%$")); break;
    case ValueKind::kAddress: forms.push_back(Text("^.+:[0-9]+$")); break;
    case ValueKind::kExpression:
    case ValueKind::kAny:
      forms.emplace_back("{\"type\": [\"string\", \"number\", \"boolean\", \"null\"]}");
      break;
    case ValueKind::kTyped: forms.emplace_back("{}"); break;
  }
  std::vector<std::string> words, collections;
  for (const std::string& word : SplitWords(spec.words)) {
    if (spec.kind != ValueKind::kType || !absl::StrContains(word, '<')) {
      words.push_back(word);
    } else {
      collections.push_back(word);
    }
  }
  if (!words.empty()) forms.push_back(absl::StrCat("{\"enum\": ", List(words), "}"));
  for (const std::string& word : collections) {
    const std::string inside = absl::StrCat("<(", absl::StrJoin(words, "|"), ")>");
    forms.push_back(Text(absl::StrCat(
        "^", absl::StrReplaceAll(word, {{"<T>", inside}, {"<N>", "<[1-9][0-9]*>"}}), "$")));
  }
  return forms;
}

std::string Describe(const SchemaNode& node, int depth);

std::string MapForm(const SchemaNode& node, int depth) {
  Members members = {{"type", "\"object\""}};
  Members properties;
  std::vector<std::string> required;
  std::string others = "false";
  for (const SchemaNode& key : node.keys) {
    const std::string value = Describe(key, depth + 2);
    if (key.name == "*") {
      others = Describe(key, depth + 1);
      continue;
    }
    properties.emplace_back(key.name, value);
    if (key.spec->presence == Presence::kRequired) required.push_back(key.name);
  }
  const KeySpec* spec = node.spec;
  if (spec != nullptr && spec->open) {
    // Options depend on the type of learner.
    properties.clear();
    for (const SchemaNode& key : node.keys) {
      if (key.spec->status == KeyStatus::kSupported) {
        properties.emplace_back(key.name, Describe(key, depth + 2));
      }
    }
    others = "true";
  }
  if (spec != nullptr && spec->free_keys) {
    others = "{\"type\": [\"string\", \"number\", \"boolean\"]}";
  }
  if (!properties.empty()) members.emplace_back("properties", Object(properties, depth + 1));
  if (!required.empty()) members.emplace_back("required", List(required));
  members.emplace_back("additionalProperties", others);
  return Object(members, depth);
}

std::string Describe(const SchemaNode& node, int depth) {
  const KeySpec& spec = *node.spec;
  if (spec.status == KeyStatus::kNotYet) {
    return absl::StrCat(
        "{\"description\": ", Quote(absl::StrCat(spec.description, " Not supported yet.")),
        ", \"not\": {}}");
  }
  std::vector<std::string> forms = ScalarForms(spec);
  if (node.Item() != nullptr) {
    forms.push_back(Object(
        {{"type", "\"array\""}, {"minItems", "1"}, {"items", Describe(*node.Item(), depth + 3)}},
        depth + 2));
  }
  if (!node.keys.empty() || spec.free_keys) forms.push_back(MapForm(node, depth + 2));
  Members members = {{"description", Quote(spec.description)}};
  if (!spec.default_text.empty()) {
    const bool plain = spec.kind == ValueKind::kInt || spec.kind == ValueKind::kBool ||
                       !IsString(spec.default_text);
    members.emplace_back("default",
                         plain ? std::string(spec.default_text) : Quote(spec.default_text));
  }
  const std::string indent(2 * (depth + 2), ' ');
  members.emplace_back(
      "anyOf", absl::StrCat("[\n", indent, absl::StrJoin(forms, absl::StrCat(",\n", indent)), "\n",
                            std::string(2 * (depth + 1), ' '), "]"));
  return Object(members, depth);
}

}  // namespace

std::string ConfigJsonSchema() {
  const SchemaNode& root = ConfigSchema();
  Members properties;
  std::vector<std::string> required;
  for (const SchemaNode& key : root.keys) {
    properties.emplace_back(key.name, Describe(key, 2));
    if (key.spec->presence == Presence::kRequired) required.push_back(key.name);
  }
  return Object({{"$schema", "\"https://json-schema.org/draft/2020-12/schema\""},
                 {"title", "\"Millrace configuration\""},
                 {"type", "\"object\""},
                 {"properties", Object(properties, 1)},
                 {"required", List(required)},
                 {"additionalProperties", "false"}},
                0) +
         "\n";
}

}  // namespace millrace
