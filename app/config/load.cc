#include "app/config/load.h"

#include <filesystem>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "app/config/check.h"
#include "app/config/compile.h"
#include "app/config/interpolate.h"
#include "app/config/overrides.h"
#include "app/config/parse_yaml.h"
#include "app/config/schema_table.h"
#include "app/config/text_file.h"

namespace millrace {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;

// Leaves the configuration's own members, and adds the defaults of what is absent.
void TakeConfiguration(const LoadOptions& options, ConfigNode* root, DiagnosticSink* sink) {
  std::erase_if(root->members, [&](const ConfigMember& member) {
    return options.other_keys.contains(member.key.text);
  });
  std::vector<std::pair<std::string, std::string>> absent;
  for (const auto& setting : options.defaults) {
    if (root->Find(setting.first.substr(0, setting.first.find('.'))) == nullptr) {
      absent.push_back(setting);
    }
  }
  ApplySettings(absent, root, sink);
}

std::optional<Project> LoadInto(const LoadOptions& options, DiagnosticSink* sink) {
  const absl::StatusOr<std::string> bytes = options.text
                                                ? absl::StatusOr<std::string>(*options.text)
                                                : ReadTextFile(options.path, kMaxFileBytes + 1);
  // What else is in a file of which the configuration is a part may be long.
  const bool fits = bytes.ok() && (bytes->size() <= kMaxFileBytes || !options.other_keys.empty());
  const int text = sink->AddText(options.path, fits ? *bytes : "");
  if (!bytes.ok()) {
    sink->Error(ConfigErrorCode::kUnreadable, {text, 0, 0, 1},
                std::string(bytes.status().message()))
        .suggestion = "name it with -f FILE, its folder with -C DIR, or make one: millrace init";
    return std::nullopt;
  }
  if (!fits) {
    sink->Error(ConfigErrorCode::kTooLarge, {text, 0, 0, 1}, "a configuration has at most 1 MiB");
    return std::nullopt;
  }
  std::optional<ConfigNode> root = ParseYaml(text, 0, sink);
  if (!root) return std::nullopt;
  if (root->kind == ConfigNode::Kind::kNull) root->kind = ConfigNode::Kind::kMap;
  root->place.text = text;
  const std::string directory = options.directory
                                    ? *options.directory
                                    : std::filesystem::path(options.path).parent_path().string();
  if (root->is_map()) {
    TakeConfiguration(options, &*root, sink);
    ApplyEnvironment(options.environment, &*root, sink);
    ApplySettings(options.settings, &*root, sink);
  }
  Interpolate(options.environment, directory, &*root, sink);
  CheckTree(ConfigSchema(), &*root, sink);
  if (!root->is_map()) return std::nullopt;
  std::optional<Project> project = CompileProject(*root, directory, sink);
  if (project && options.judge) options.judge(Section(*root), *project, sink);
  return project;
}

}  // namespace

LoadResult Load(const LoadOptions& options) {
  DiagnosticSink sink;
  LoadResult result;
  result.project = LoadInto(options, &sink);
  if (sink.has_errors()) result.project.reset();
  result.diagnostics = sink.Sorted();
  return result;
}

}  // namespace millrace
