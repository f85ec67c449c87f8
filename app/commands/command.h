// What the commands share: the global options, exit codes and how an error is told.
// One file per command, app/commands/<name>_command.cc, whose Add… function describes its options
// to the command line and keeps what runs when it is chosen.

#ifndef MILLRACE_APP_COMMANDS_COMMAND_H_
#define MILLRACE_APP_COMMANDS_COMMAND_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "app/config/load.h"
#include "app/project.h"

namespace millrace {

// docs/reference/cli.md; as sysexits.h has them.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,
  kExitUsage = 64,
  kExitData = 65,
  kExitNoInput = 66,
  kExitUnavailable = 69,
  kExitBug = 70,
  kExitRetry = 75,
  kExitDenied = 77,
  kExitConfig = 78,
  kExitInterrupted = 130,
};

struct GlobalOptions {
  std::string file = "millrace.yaml";
  bool file_given = false;
  std::string directory;              // -C; empty: where we are
  std::vector<std::string> settings;  // --set path=value
  std::string server = "http://127.0.0.1:7470";
  bool server_given = false;
  bool json = false;
  bool quiet = false;
  std::string color = "auto";  // auto | always | never
};

// The chosen command: returns the exit code.
using Run = std::function<int()>;

// Each adds its subcommand to `app`; when that is chosen, *run is what to do.
void AddDemo(CLI::App& app, const GlobalOptions& global, Run* run);
void AddServe(CLI::App& app, const GlobalOptions& global, Run* run);
void AddValidate(CLI::App& app, const GlobalOptions& global, Run* run);
void AddVersion(CLI::App& app, const GlobalOptions& global, Run* run);
void AddInit(CLI::App& app, const GlobalOptions& global, Run* run);
void AddSchema(CLI::App& app, const GlobalOptions& global, Run* run);
void AddFeatures(CLI::App& app, const GlobalOptions& global, Run* run);
void AddStatus(CLI::App& app, const GlobalOptions& global, Run* run);
void AddGet(CLI::App& app, const GlobalOptions& global, Run* run);
void AddScore(CLI::App& app, const GlobalOptions& global, Run* run);
void AddInfer(CLI::App& app, const GlobalOptions& global, Run* run);
void AddTopics(CLI::App& app, const GlobalOptions& global, Run* run);
void AddTail(CLI::App& app, const GlobalOptions& global, Run* run);
void AddProduce(CLI::App& app, const GlobalOptions& global, Run* run);
void AddTest(CLI::App& app, const GlobalOptions& global, Run* run);
void AddHelp(CLI::App& app, const GlobalOptions& global, Run* run);

// Says "millrace: <what>: <message>" on stderr, with what to do about an address, a log or a state
// that is taken, and returns the exit code of the status.
int Fail(const std::string& what, const absl::Status& status);

// True when escape sequences may be written to stderr (--color, NO_COLOR, FORCE_COLOR, terminal).
bool UseColor(const GlobalOptions& global);

// The variables of this process, by name.
std::map<std::string, std::string> Environment();

// Loads global.file (or `text` under that name), with --set and MILLRACE_ variables; diagnostics go
// to stderr. Null when there are errors (exit kExitConfig).
std::shared_ptr<const Project> LoadProject(
    const GlobalOptions& global, const std::vector<std::pair<std::string, std::string>>& extra = {},
    std::optional<std::string> text = std::nullopt,
    std::optional<std::string> directory = std::nullopt);

// As LoadProject, but says nothing: all diagnostics are in the result. `judge` is that of
// LoadOptions.
LoadResult LoadSilently(const GlobalOptions& global, decltype(LoadOptions::judge) judge = nullptr);

// As LoadProject, but says nothing: null when there is no configuration or it has errors.
std::shared_ptr<const Project> FindProject(const GlobalOptions& global);

// Says what is wrong with a configuration, on stderr.
void PrintDiagnostics(const GlobalOptions& global, const std::vector<Diagnostic>& diagnostics);

// True when --file names a configuration or the default one is here.
bool HasConfiguration(const GlobalOptions& global);

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_COMMAND_H_
