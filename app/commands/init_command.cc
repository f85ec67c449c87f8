// millrace init: the files of a new project. And millrace schema, for the editor that opens them.

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "app/commands/command.h"
#include "app/commands/embedded_text.h"
#include "app/config/json_schema.h"
#include "app/demo/flights_data.h"
#include "core/status_macros.h"
#include "serving/json.h"

namespace millrace {
namespace {

struct InitOptions {
  std::string directory = ".";
  std::string name = "blank";
};

struct NewFile {
  std::filesystem::path path;
  std::string text;
};

// The demo's configuration without its first line, which names the schema where only the demo has
// it.
std::string FlightsConfig() {
  absl::string_view text = FlightsData::Config();
  if (absl::StartsWith(text, "# yaml-language-server")) text.remove_prefix(text.find('\n') + 1);
  return std::string(text);
}

std::vector<NewFile> FilesOf(const InitOptions& options) {
  const std::filesystem::path directory =
      std::filesystem::path(options.directory).lexically_normal();
  if (options.name == "flights") {
    return {{directory / "millrace.yaml", FlightsConfig()},
            {directory / "tests" / "origin_out.yaml", std::string(FlightsTest())}};
  }
  return {{directory / "millrace.yaml", std::string(BlankConfig())}};
}

absl::Status WriteFile(const NewFile& file) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::absolute(file.path, error).parent_path();
  if (!error) std::filesystem::create_directories(parent, error);
  if (error) {
    return absl::UnknownError(absl::StrCat("cannot make ", parent.string(), ": ", error.message()));
  }
  // "x" of C17: fails rather than overwrite what came in the meantime.
  const std::unique_ptr<FILE, int (*)(FILE*)> out(std::fopen(file.path.c_str(), "wx"),
                                                  &std::fclose);
  if (out == nullptr ||
      std::fwrite(file.text.data(), 1, file.text.size(), out.get()) != file.text.size() ||
      std::fflush(out.get()) != 0) {
    return absl::UnknownError(absl::StrCat("cannot write ", file.path.string()));
  }
  return absl::OkStatus();
}

absl::Status WriteFiles(const std::vector<NewFile>& files) {
  for (const NewFile& file : files) {
    std::error_code error;
    if (std::filesystem::exists(file.path, error)) {
      return absl::AlreadyExistsError(
          absl::StrCat(file.path.string(), " is there already; nothing was written"));
    }
  }
  for (const NewFile& file : files) RETURN_IF_ERROR(WriteFile(file));
  return absl::OkStatus();
}

int Init(const GlobalOptions& global, const InitOptions& options) {
  const std::vector<NewFile> files = FilesOf(options);
  if (const absl::Status status = WriteFiles(files); !status.ok()) return Fail("init", status);
  if (global.json) {
    std::string out;
    JsonWriter json(&out);
    json.BeginObject().Key("template").String(options.name).Key("files").BeginArray();
    for (const NewFile& file : files) json.String(file.path.string());
    json.EndArray().EndObject();
    std::printf("%s\n", out.c_str());
    return kExitOk;
  }
  for (const NewFile& file : files) std::printf("%s\n", file.path.c_str());
  if (!global.quiet) {
    const std::string go = options.directory == "." ? "" : absl::StrCat(" -C ", options.directory);
    std::fprintf(stderr, "Next: millrace%s validate; millrace%s serve\n", go.c_str(), go.c_str());
  }
  return kExitOk;
}

}  // namespace

void AddInit(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* init = app.add_subcommand("init", "Write the files of a new project");
  init->add_option("DIR", options->directory, "Where (default here)");
  init->add_option("--template", options->name, "flights or blank (default blank)")
      ->check(CLI::IsMember({"flights", "blank"}));
  init->footer("Example: millrace init flights --template flights");
  init->callback(
      [&global, options, run] { *run = [&global, options] { return Init(global, *options); }; });
}

void AddSchema(CLI::App& app, const GlobalOptions&, Run* run) {
  CLI::App* schema =
      app.add_subcommand("schema", "Print the JSON Schema of millrace.yaml, for editors");
  schema->footer("Example: millrace schema > millrace.schema.json");
  schema->callback([run] {
    *run = [] {
      std::fputs(ConfigJsonSchema().c_str(), stdout);
      return static_cast<int>(kExitOk);
    };
  });
}

}  // namespace millrace
