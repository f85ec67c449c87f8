#include "app/commands/command.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "app/config/load.h"

extern char** environ;

namespace millrace {
namespace {

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument: return kExitData;
    case absl::StatusCode::kFailedPrecondition: return kExitConfig;
    case absl::StatusCode::kUnavailable: return kExitUnavailable;
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted: return kExitRetry;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated: return kExitDenied;
    case absl::StatusCode::kInternal: return kExitBug;
    case absl::StatusCode::kCancelled: return kExitInterrupted;
    default: return kExitFailed;
  }
}

// Variables with the prefix of configuration keys that name none: they belong to ./dev and the
// tests.
constexpr absl::string_view kOtherVariables[] = {"MILLRACE_KAFKA_HEAP", "MILLRACE_KAFKA_HOME",
                                                 "MILLRACE_KAFKA_OWNER", "MILLRACE_KCAT"};

// How the locks of a log, a state and a demo say it.
constexpr absl::string_view kInUse = " is in use by another process";

LoadOptions OptionsOf(const GlobalOptions& global) {
  LoadOptions options;
  options.path = global.file;
  for (const std::string& setting : global.settings) {
    options.settings.push_back(absl::StrSplit(setting, absl::MaxSplits('=', 1)));
  }
  options.environment = Environment();
  return options;
}

}  // namespace

std::map<std::string, std::string> Environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::vector<std::string> parts = absl::StrSplit(*entry, absl::MaxSplits('=', 1));
    if (parts.size() != 2) continue;
    if (absl::c_linear_search(kOtherVariables, parts[0])) continue;
    environment[parts[0]] = parts[1];
  }
  return environment;
}

int Fail(const std::string& what, const absl::Status& status) {
  std::fprintf(stderr, "millrace: %s: %s\n", what.c_str(), std::string(status.message()).c_str());
  if (absl::IsUnavailable(status) && (absl::StartsWith(status.message(), "cannot bind ") ||
                                      absl::StartsWith(status.message(), "cannot listen on "))) {
    std::fputs(
        "  hint: stop what listens there (another millrace?), or take other ports: "
        "server: {http: \"127.0.0.1:7480\", grpc: \"127.0.0.1:7481\"} in the file\n",
        stderr);
  }
  if (absl::IsAborted(status) && absl::StrContains(status.message(), kInUse) &&
      !absl::StrContains(status.message(), "hint: ")) {
    std::fputs("  hint: stop that process first, or ask it: millrace status\n", stderr);
  }
  return ExitCodeOf(status);
}

bool UseColor(const GlobalOptions& global) {
  if (global.color == "always") return true;
  if (global.color == "never") return false;
  const auto says = [](const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != 0;
  };
  if (says("NO_COLOR")) return false;
  if (says("FORCE_COLOR")) return true;
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && (term == nullptr || std::string(term) != "dumb");
}

std::shared_ptr<const Project> LoadProject(
    const GlobalOptions& global, const std::vector<std::pair<std::string, std::string>>& extra,
    std::optional<std::string> text, std::optional<std::string> directory) {
  LoadOptions options = OptionsOf(global);
  options.text = std::move(text);
  options.directory = std::move(directory);
  options.settings.insert(options.settings.begin(), extra.begin(), extra.end());
  LoadResult result = Load(options);
  PrintDiagnostics(global, result.diagnostics);
  if (!result.project) return nullptr;
  return std::make_shared<const Project>(*std::move(result.project));
}

LoadResult LoadSilently(const GlobalOptions& global, decltype(LoadOptions::judge) judge) {
  LoadOptions options = OptionsOf(global);
  options.judge = std::move(judge);
  return Load(options);
}

void PrintDiagnostics(const GlobalOptions& global, const std::vector<Diagnostic>& diagnostics) {
  std::fputs(Render(diagnostics, UseColor(global) ? Color::kAlways : Color::kNever).c_str(),
             stderr);
}

std::shared_ptr<const Project> FindProject(const GlobalOptions& global) {
  if (!HasConfiguration(global)) return nullptr;
  LoadResult result = LoadSilently(global);
  return result.project ? std::make_shared<const Project>(*std::move(result.project)) : nullptr;
}

bool HasConfiguration(const GlobalOptions& global) {
  std::error_code error;  // a file that cannot be looked at is none
  return global.file_given || std::filesystem::exists(global.file, error);
}

}  // namespace millrace
