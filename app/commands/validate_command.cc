// millrace validate: is the configuration right? And millrace version.

#include <cstdio>
#include <memory>
#include <string>

#include "app/commands/command.h"
#include "app/version.h"
#include "stream/kafka/kafka_log.h"

namespace millrace {
namespace {

int Validate(const GlobalOptions& global) {
  const std::shared_ptr<const Project> project = LoadProject(global);
  if (project == nullptr) return kExitConfig;
  if (project->log.kafka) {
    const absl::Status status = KafkaLog::CheckProperties(project->log.properties);
    if (!status.ok()) {
      Fail(global.file, status);
      return kExitConfig;
    }
  }
  size_t features = 0;
  for (const auto& view : project->views) features += view->features.size();
  if (global.json) {
    std::printf("{\"valid\":true,\"project\":\"%s\"}\n", project->name.c_str());
  } else {
    std::printf("%s is valid: %zu sources, %zu views with %zu features, %zu tasks\n",
                global.file.c_str(), project->sources.size(), project->views.size(), features,
                project->tasks.size());
  }
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
