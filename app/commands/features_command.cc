// millrace features: the features and inputs that a configuration declares.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/commands/command.h"
#include "app/commands/text_table.h"
#include "app/config/durations.h"
#include "core/closest_name.h"
#include "serving/json.h"

namespace millrace {
namespace {

struct Listed {
  std::string name;
  std::string keys;
  std::string type;
  std::string meaning;
  std::string source;
  std::vector<std::string> tasks;  // that read it
};

std::string MeaningOf(const FeatureSpec& feature) {
  if (feature.computed()) return feature.expression_text;
  std::string text = absl::StrCat(feature.aggregation_name, "(",
                                  feature.input_text.empty() ? "*" : feature.input_text, ")");
  if (!feature.where_text.empty()) absl::StrAppend(&text, " where ", feature.where_text);
  if (!feature.options_text.empty()) absl::StrAppend(&text, ", ", feature.options_text);
  return absl::StrCat(text, " over ", DescribeWindow(feature.window));
}

std::vector<std::string> ReadersOf(const Project& project, int view, int feature) {
  std::vector<std::string> tasks;
  for (const TaskSpec& task : project.tasks) {
    for (const TaskFeatureRead& read : task.reads) {
      if (read.view == view &&
          std::count(read.features.begin(), read.features.end(), feature) > 0) {
        tasks.push_back(task.name);
        break;
      }
    }
  }
  return tasks;
}

std::vector<Listed> ListFeatures(const Project& project, const std::string& only) {
  std::vector<Listed> list;
  for (size_t v = 0; v < project.views.size(); ++v) {
    const ViewSpec& view = *project.views[v];
    if (!only.empty() && view.name != only) continue;
    std::vector<std::string> sources;
    for (const ViewInput& input : view.inputs) {
      sources.push_back(project.sources[static_cast<size_t>(input.source)].name);
    }
    for (size_t f = 0; f < view.features.size(); ++f) {
      const FeatureSpec& feature = view.features[f];
      list.push_back({absl::StrCat(view.name, ".", feature.name),
                      absl::StrJoin(view.key_names, ","),
                      ValueTypeName(feature.result_type), MeaningOf(feature),
                      absl::StrJoin(sources, ","),
                      ReadersOf(project, static_cast<int>(v), static_cast<int>(f))});
    }
  }
  return list;
}

int Features(const GlobalOptions& global, const std::string& only) {
  const std::shared_ptr<const Project> project = LoadProject(global);
  if (project == nullptr) return kExitConfig;
  const std::vector<Listed> list = ListFeatures(*project, only);
  if (list.empty() && !only.empty()) {
    std::vector<std::string> known;
    for (const auto& view : project->views) known.push_back(view->name);
    const std::string close = ClosestName(only, known);
    std::fprintf(stderr, "millrace: features: there is no view '%s'%s\n", only.c_str(),
                 close.empty() ? "" : absl::StrCat("; did you mean '", close, "'?").c_str());
    return kExitUsage;
  }
  if (!global.json) {
    TextTable table({"feature", "key", "type", "source", "meaning", "read by"});
    for (const Listed& feature : list) {
      table.Add({feature.name, feature.keys, feature.type, feature.source, feature.meaning,
                 absl::StrJoin(feature.tasks, ",")});
    }
    std::fputs(table.ToString().c_str(), stdout);
    return kExitOk;
  }
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("features").BeginArray();
  for (const Listed& feature : list) {
    json.BeginObject().Key("feature").String(feature.name).Key("key").String(feature.keys);
    json.Key("type").String(feature.type).Key("source").String(feature.source);
    json.Key("meaning").String(feature.meaning).Key("tasks").BeginArray();
    for (const std::string& task : feature.tasks) json.String(task);
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
  std::printf("%s\n", out.c_str());
  return kExitOk;
}

}  // namespace

void AddFeatures(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto view = std::make_shared<std::string>();
  CLI::App* features =
      app.add_subcommand("features", "List the features of a configuration; needs no server");
  features->add_option("VIEW", *view, "Only this view");
  features->footer("Example: millrace features origin_out");
  features->callback(
      [&global, view, run] { *run = [&global, view] { return Features(global, *view); }; });
}

}  // namespace millrace
