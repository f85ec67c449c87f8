// millrace validate: is the configuration right, and what does it cost? And millrace version.

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "app/catalog/disk_budget.h"
#include "app/catalog/view_explanation.h"
#include "app/commands/command.h"
#include "app/commands/explanation_output.h"
#include "app/commands/number_checks.h"
#include "app/commands/view_loads.h"
#include "app/version.h"
#include "core/closest_name.h"
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

struct ValidateOptions {
  bool explain = false;
  std::vector<std::string> rates;     // --rate
  std::vector<std::string> entities;  // --entities
};

// A configuration, and what its views cost if that was asked for.
struct Checked {
  LoadResult loaded;
  std::vector<ViewExplanation> views;
};

Checked LoadAndExplain(const GlobalOptions& global, const ValidateOptions& options,
                       const ViewLoads& loads) {
  Checked checked;
  const auto judge = [&](const Section& root, const Project& project, DiagnosticSink* sink) {
    for (int32_t v = 0; v < static_cast<int32_t>(project.views.size()); ++v) {
      absl::StatusOr<ViewExplanation> view =
          ExplainView(project, v, loads.Of(project.views[static_cast<size_t>(v)]->name));
      if (view.ok()) {
        checked.views.push_back(*std::move(view));
      } else {
        sink->Error(ConfigErrorCode::kConflict, root.At("views").place(),
                    std::string(view.status().message()));
      }
    }
    CheckDiskBudget(root, project, checked.views, sink);
  };
  if (options.explain) {
    checked.loaded = LoadSilently(global, judge);
  } else {
    checked.loaded = LoadSilently(global);
  }
  return checked;
}

// One object, whether the configuration is right or not.
std::string ValidationJson(const Checked& checked, const ValidateOptions& options, bool valid) {
  const LoadResult& loaded = checked.loaded;
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
  if (options.explain) WriteExplanation(checked.views, json.Key("views"));
  json.EndObject();
  return out + "\n";
}

std::string Counted(size_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

// A view that --rate or --entities names and that there is not.
absl::Status CheckNames(const Project& project, const ViewLoads& loads) {
  std::vector<std::string> views;
  for (const auto& view : project.views) views.push_back(view->name);
  for (const std::string& name : loads.names()) {
    if (std::find(views.begin(), views.end(), name) != views.end()) continue;
    const std::string close = ClosestName(name, views);
    return absl::NotFoundError(
        absl::StrCat("there is no view '", name, "'",
                     close.empty() ? "" : absl::StrCat("; did you mean '", close, "'?")));
  }
  return absl::OkStatus();
}

int FailWords(const absl::Status& status) {
  Fail("validate", status);
  return kExitUsage;
}

int Validate(const GlobalOptions& global, const ValidateOptions& options) {
  const absl::StatusOr<ViewLoads> loads = ViewLoads::Parse(options.rates, options.entities);
  if (!loads.ok()) return FailWords(loads.status());
  Checked checked = LoadAndExplain(global, options, *loads);
  LoadResult& loaded = checked.loaded;
  if (loaded.project) {
    const absl::Status named = CheckNames(*loaded.project, *loads);
    if (!named.ok()) return FailWords(named);
  }
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
    std::fputs(ValidationJson(checked, options, valid).c_str(), stdout);
    return valid ? kExitOk : kExitConfig;
  }
  PrintDiagnostics(global, loaded.diagnostics);
  const std::string explanation = ExplanationText(checked.views);
  if (!loaded.project) {
    // What is over the budget is in there.
    std::fputs(explanation.c_str(), stdout);
    return kExitConfig;
  }
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
  std::fputs(explanation.c_str(), stdout);
  return kExitOk;
}

}  // namespace

void AddValidate(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto options = std::make_shared<ValidateOptions>();
  CLI::App* validate = app.add_subcommand("validate", "Check a configuration; needs no server");
  CLI::Option* explain = validate->add_flag(
      "--explain", options->explain, "Say how each view is kept, how exact it is, what it costs");
  const auto each = [explain](CLI::Option* option, const CLI::Validator& number) {
    option->allow_extra_args(false)->check(OfView(number))->needs(explain);
  };
  each(validate->add_option(
           "--rate", options->rates,
           "With --explain: records a second of an entity (default 1), or VIEW=N of one view; "
           "repeatable"),
       NumberAboveZero());
  each(validate->add_option(
           "--entities", options->entities,
           "With --explain: entities of each view, or VIEW=N of one; repeatable. More than "
           "state.disk is refused"),
       WholeNumber(1, std::numeric_limits<int64_t>::max()));
  validate->footer(
      "Example: millrace validate --explain --rate 0.1 --entities 100000 --entities "
      "origin_out=400");
  validate->callback([&global, options, run] {
    *run = [&global, options] { return Validate(global, *options); };
  });
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
