#include "app/config/overrides.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "app/config/parse_yaml.h"
#include "app/config/schema_table.h"

namespace millrace {
namespace {

using Kind = ConfigNode::Kind;
constexpr absl::string_view kPrefix = "MILLRACE_";

// A part of a path and where it stands in the override's text.
struct PathPart {
  std::string name;
  int column = 0;
};

std::vector<PathPart> SplitPath(absl::string_view path) {
  std::vector<PathPart> parts;
  int column = 0;
  for (absl::string_view name : absl::StrSplit(path, '.')) {
    parts.push_back({std::string(name), column});
    column += static_cast<int>(name.size()) + 1;
  }
  return parts;
}

TextPlace PlaceOf(int text, const PathPart& part) {
  return {text, 1, part.column, static_cast<int>(part.name.size())};
}

// The member `part` of a map, made if there is none.
ConfigNode* FindOrAdd(int text, const PathPart& part, ConfigNode* map) {
  if (map->kind == Kind::kNull) map->kind = Kind::kMap;
  if (ConfigMember* member = map->FindMember(part.name)) return &member->value;
  ConfigMember added;
  added.key.kind = Kind::kScalar;
  added.key.text = added.key.shown = part.name;
  added.key.place = added.value.place = PlaceOf(text, part);
  map->members.push_back(std::move(added));
  return &map->members.back().value;
}

void Set(int text, const std::vector<PathPart>& path, ConfigNode value, ConfigNode* root,
         DiagnosticSink* sink) {
  ConfigNode* node = root;
  const SchemaNode* schema = &ConfigSchema();
  for (size_t i = 0; i < path.size(); ++i) {
    PathPart part = path[i];
    const bool free_keys = schema != nullptr && schema->spec != nullptr && schema->spec->free_keys;
    if (free_keys) {
      // What is left is one key: librdkafka's names have dots.
      while (i + 1 < path.size()) absl::StrAppend(&part.name, ".", path[++i].name);
    }
    if (node->is_list()) {
      size_t index = 0;
      if (!absl::SimpleAtoi(part.name, &index) || index >= node->items.size()) {
        sink->Error(ConfigErrorCode::kOverride, PlaceOf(text, part),
                    absl::StrCat("'", part.name, "' is no item of the list, which has ",
                                 node->items.size()));
        return;
      }
      node = &node->items[index];
      schema = schema == nullptr ? nullptr : schema->Item();
      continue;
    }
    if (!node->is_map() && node->kind != Kind::kNull) {
      sink->Error(ConfigErrorCode::kOverride, PlaceOf(text, part),
                  absl::StrCat("'", path[i == 0 ? 0 : i - 1].name, "' has a value and no keys"));
      return;
    }
    node = FindOrAdd(text, part, node);
    schema = schema == nullptr ? nullptr : schema->Find(part.name);
  }
  *node = std::move(value);
}

std::string VariablePart(absl::string_view name) {
  std::string out;
  for (char c : name) out += absl::ascii_isalnum(c) ? absl::ascii_toupper(c) : '_';
  return out;
}

// Finds the path that `variable` (without prefix) names: keys of the table, and names of the tree.
bool FindPath(const SchemaNode& schema, const ConfigNode* node, absl::string_view variable,
              std::string* path) {
  std::vector<std::pair<std::string, const SchemaNode*>> candidates;
  for (const SchemaNode& key : schema.keys) {
    if (key.name != "*") candidates.emplace_back(key.name, &key);
  }
  const bool free_keys = schema.spec != nullptr && schema.spec->free_keys;
  for (size_t i = 0; node != nullptr && free_keys && i < node->members.size(); ++i) {
    if (VariablePart(node->members[i].key.text) != variable) continue;
    absl::StrAppend(path, ".", node->members[i].key.text);
    return true;
  }
  if (node != nullptr && schema.Star() != nullptr) {
    for (const ConfigMember& member : node->members) {
      candidates.emplace_back(member.key.text, schema.Star());
    }
  }
  const std::string before = *path;
  for (const auto& [name, child] : candidates) {
    const std::string part = VariablePart(name);
    if (!absl::StartsWith(variable, part)) continue;
    *path = absl::StrCat(before, before.empty() ? "" : ".", name);
    if (variable.size() == part.size()) return true;
    const ConfigNode* below = node == nullptr ? nullptr : node->Find(name);
    if (variable[part.size()] == '_' &&
        FindPath(*child, below, variable.substr(part.size() + 1), path)) {
      return true;
    }
  }
  *path = before;
  return false;
}

}  // namespace

void ApplySettings(const std::vector<std::pair<std::string, std::string>>& settings,
                   ConfigNode* root, DiagnosticSink* sink) {
  for (const auto& [path, value] : settings) {
    const int text = sink->AddText("--set", absl::StrCat(path, "=", value));
    std::optional<ConfigNode> node = ParseYaml(text, path.size() + 1, sink);
    if (!node) continue;
    if (path.empty() || absl::StartsWith(path, ".") || absl::EndsWith(path, ".") ||
        absl::StrContains(path, "..")) {
      sink->Error(ConfigErrorCode::kOverride, {text, 1, 0, static_cast<int>(path.size())},
                  absl::StrCat("'", path, "' is no path of keys"));
      continue;
    }
    Set(text, SplitPath(path), *std::move(node), root, sink);
  }
}

void ApplyEnvironment(const std::map<std::string, std::string>& environment, ConfigNode* root,
                      DiagnosticSink* sink) {
  for (const auto& [variable, value] : environment) {
    absl::string_view rest = variable;
    if (!absl::ConsumePrefix(&rest, kPrefix)) continue;
    std::string path;
    if (!FindPath(ConfigSchema(), root, rest, &path)) {
      // Its value may be anybody's secret.
      const int text = sink->AddText("environment", variable);
      sink->Warning(ConfigErrorCode::kOverride, {text, 1, 0, static_cast<int>(variable.size())},
                    absl::StrCat("the environment variable '", variable,
                                 "' names no key of the configuration"));
      continue;
    }
    const int text = sink->AddText("environment", absl::StrCat(variable, "=", value));
    std::optional<ConfigNode> node = ParseYaml(text, variable.size() + 1, sink);
    if (node) Set(text, SplitPath(path), *std::move(node), root, sink);
  }
}

}  // namespace millrace
