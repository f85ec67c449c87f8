// millrace: the command line. One subcommand a file in app/commands/.

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "app/commands/command.h"
#include "app/commands/usage.h"
#include "app/version.h"

namespace millrace {
namespace {

void AddGlobalOptions(CLI::App& app, GlobalOptions& global) {
  app.add_option("-f,--file", global.file, "The configuration (default millrace.yaml)");
  app.add_option("-C,--chdir", global.directory, "Go to this directory first");
  app.add_option("--set", global.settings, "Override a value of the configuration: path=value")
      ->allow_extra_args(false);
  app.add_option("--server", global.server, "The server to ask (default http://127.0.0.1:7470)");
  app.add_flag("--json", global.json, "Print JSON");
  app.add_flag("-q,--quiet", global.quiet, "Print data only");
  app.add_option("--color", global.color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

int Main(int argc, char** argv) {
  // Debian's build of Abseil looks for lock cycles at every lock; the tests do that for us.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  GlobalOptions global;
  Run run;
  CLI::App app("Millrace keeps features and models as fresh as the events that feed them.",
               "millrace");
  app.require_subcommand(1);
  app.fallthrough();  // global options may stand anywhere on the line
  AddGlobalOptions(app, global);
  app.set_help_flag("-h,--help", "Explain the command, or Millrace");
  app.set_version_flag("-V,--version", std::string("millrace ") + kVersion, "Print the version");
  AddDemo(app, global, &run);
  AddServe(app, global, &run);
  AddValidate(app, global, &run);
  AddInit(app, global, &run);
  AddSchema(app, global, &run);
  AddFeatures(app, global, &run);
  AddStatus(app, global, &run);
  AddGet(app, global, &run);
  AddScore(app, global, &run);
  AddInfer(app, global, &run);
  AddTopics(app, global, &run);
  AddTail(app, global, &run);
  AddProduce(app, global, &run);
  AddTest(app, global, &run);
  AddHelp(app, global, &run);
  AddVersion(app, global, &run);
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    command->footer(command->get_footer() +
                    "\nOptions of all commands (--json, -f, --server, …): millrace --help");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // the library's way to say so; also for --help
    if (error.get_name() == "CallForHelp" && app.get_subcommands().empty()) {
      std::fputs(OverviewText(app, Overview::kWithOptions).c_str(), stdout);
      return kExitOk;
    }
    if (error.get_exit_code() == 0) return app.exit(error);
    return FailUsage(app, error);
  }
  global.file_given = app.count("--file") > 0;
  global.server_given = app.count("--server") > 0;
  for (const std::string& setting : global.settings) {
    if (setting.find('=') == std::string::npos) {
      std::fprintf(stderr, "millrace: --set takes path=value, not '%s'\n", setting.c_str());
      return kExitUsage;
    }
  }
  if (!global.directory.empty() && app.got_subcommand("demo")) {
    std::error_code error;  // chdir below tells
    std::filesystem::create_directories(global.directory, error);
  }
  if (!global.directory.empty() && chdir(global.directory.c_str()) != 0) {
    std::perror(("millrace: -C " + global.directory).c_str());
    return kExitUsage;
  }
  const int code = run();
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::perror("millrace: cannot write to standard output");
    return code == kExitOk ? static_cast<int>(kExitFailed) : code;
  }
  return code;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) { return millrace::Main(argc, argv); }
