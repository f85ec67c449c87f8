// millrace test: feature and task tests: records in, answers out, at stated times.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/commands/command.h"
#include "app/config/diagnostics.h"
#include "app/testing/load_test_file.h"
#include "app/testing/run_cases.h"
#include "app/testing/test_report.h"

namespace millrace {
namespace {

int Test(const GlobalOptions& global, const std::vector<std::string>& paths) {
  const Color color = UseColor(global) ? Color::kAlways : Color::kNever;
  std::vector<FileResult> results;
  std::vector<std::string> broken;
  bool ok = true;
  for (const std::string& path : paths) {
    const LoadTestFileResult loaded = LoadTestFile({.path = path, .environment = Environment()});
    std::fflush(stdout);  // so that both streams keep their order
    std::fputs(Render(loaded.diagnostics, color).c_str(), stderr);
    if (!global.json && paths.size() > 1) std::printf("%s\n", path.c_str());
    if (!loaded.file) {
      broken.push_back(path);
      if (!global.json) {
        std::printf("FAIL  %s: the file or its configuration is wrong\n", path.c_str());
      }
      continue;
    }
    results.push_back(RunFile(*loaded.file));
    ok = ok && results.back().ok;
    if (!global.json) std::fputs(FileResultText(results.back()).c_str(), stdout);
  }
  if (global.json) {
    std::printf("%s\n", ResultsJson(results, broken).c_str());
  } else if (!global.quiet) {
    std::printf("%s\n", SummaryText(results, broken.size()).c_str());
  }
  return ok && broken.empty() ? kExitOk : kExitFailed;
}

}  // namespace

void AddTest(CLI::App& app, const GlobalOptions& global, Run* run) {
  CLI::App* test = app.add_subcommand(
      "test", "Run tests of features and tasks: records in, answers out; needs no server");
  auto paths = std::make_shared<std::vector<std::string>>();
  test->add_option("FILE", *paths, "Test files (YAML)")->required();
  test->footer("Example: millrace test tests/*.yaml");
  test->callback(
      [&global, run, paths] { *run = [&global, paths] { return Test(global, *paths); }; });
}

}  // namespace millrace
