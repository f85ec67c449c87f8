// millrace validate: is the configuration right? And millrace version.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "app/commands/command.h"
#include "app/version.h"
#include "serving/json.h"
#include "stream/kafka/kafka_log.h"

namespace millrace {
namespace {

void WriteDiagnostic(const Diagnostic& d, JsonWriter& json) {
  json.BeginObject().Key("file").String(Printable(d.file));
  json.Key("line");
  d.line > 0 ? json.Int(d.line) : json.Null();  // null: the file as a whole
  json.Key("column");
  d.line > 0 ? json.Int(d.column) : json.Null();
  json.Key("code");
  d.code.empty() ? json.Null() : json.String(d.code);
  json.Key("message").String(Printable(d.message));
  json.Key("suggestion");
  d.suggestion.empty() ? json.Null() : json.String(Printable(d.suggestion));
  json.Key("known").BeginArray();
  for (const std::string& known : d.known) json.String(Printable(known));
  json.EndArray().EndObject();
}

// One object, whether the configuration is right or not.
std::string ValidationJson(const LoadResult& loaded, bool valid) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("valid").Bool(valid);
  json.Key("project");
  loaded.project ? json.String(loaded.project->name) : json.Null();
  for (const Severity severity : {Severity::kError, Severity::kWarning}) {
    json.Key(severity == Severity::kError ? "errors" : "warnings").BeginArray();
    for (const Diagnostic& d : loaded.diagnostics) {
      if (d.severity == severity) WriteDiagnostic(d, json);
    }
    json.EndArray();
  }
  json.EndObject();
  return out + "\n";
}

std::string Counted(size_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

int Validate(const GlobalOptions& global) {
  LoadResult loaded = LoadSilently(global);
  absl::Status properties;
  if (loaded.project && loaded.project->log.kafka) {
    properties = KafkaLog::CheckProperties(loaded.project->log.properties);
  }
  if (global.json) {
    if (!properties.ok()) {
      Diagnostic& d = loaded.diagnostics.emplace_back();
      d.file = global.file;
      d.message = std::string(properties.message());
    }
    const bool valid = loaded.project && properties.ok();
    std::fputs(ValidationJson(loaded, valid).c_str(), stdout);
    return valid ? kExitOk : kExitConfig;
  }
  PrintDiagnostics(global, loaded.diagnostics);
  if (!loaded.project) return kExitConfig;
  if (!properties.ok()) {
    Fail(global.file, properties);
    return kExitConfig;
  }
  const Project& project = *loaded.project;
  size_t features = 0;
  for (const auto& view : project.views) features += view->features.size();
  std::printf("%s is valid: %s, %s with %s, %s\n", global.file.c_str(),
              Counted(project.sources.size(), "source").c_str(),
              Counted(project.views.size(), "view").c_str(), Counted(features, "feature").c_str(),
              Counted(project.tasks.size(), "task").c_str());
  return kExitOk;
}

}  // namespace

void AddValidate(CLI::App& app, const GlobalOptions& global, Run* run) {
  CLI::App* validate = app.add_subcommand("validate", "Check a configuration; needs no server");
  validate->footer("Example: millrace validate -f millrace.yaml");
  validate->callback([&global, run] { *run = [&global] { return Validate(global); }; });
}

void AddVersion(CLI::App& app, const GlobalOptions& global, Run* run) {
  CLI::App* version = app.add_subcommand("version", "Print the version");
  version->footer("Example: millrace version --json");
  version->callback([&global, run] {
    *run = [&global] {
      if (global.json) {
        std::printf("{\"version\":\"%s\"}\n", kVersion);
      } else {
        std::printf("millrace %s\n", kVersion);
      }
      return static_cast<int>(kExitOk);
    };
  });
}

}  // namespace millrace
