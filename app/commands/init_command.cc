// millrace init: the files of a new project. And millrace schema, for the editor that opens them.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "app/commands/command.h"
#include "app/commands/embedded_text.h"
#include "app/config/check.h"
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
  bool optional = false;  // one that is there already is left as it is
};

constexpr char kGitIgnore[] =
    "# The log and the state of this project: made by millrace serve.\ndata/\n";

// The demo's configuration without its first line, which names the schema where only the demo has
// it.
std::string FlightsConfig() {
  absl::string_view text = FlightsData::Config();
  if (absl::StartsWith(text, "# yaml-language-server")) text.remove_prefix(text.find('\n') + 1);
  return std::string(text);
}

// The small example's configuration with the name of its folder for the project: letters, digits
// and _, from a letter on.
std::string BlankConfigFor(const std::filesystem::path& directory) {
  std::error_code error;  // of a folder that is gone: then the path as it is
  std::filesystem::path whole = std::filesystem::absolute(directory, error).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  std::string name;
  for (const char c : whole.filename().string()) {
    const auto letter = static_cast<unsigned char>(c);
    if (name.empty() && !absl::ascii_isalpha(letter)) continue;
    name.push_back(absl::ascii_isalnum(letter) ? absl::ascii_tolower(letter) : '_');
  }
  if (!IsValidName(name)) name = "start";
  return absl::StrReplaceAll(BlankConfig(),
                             {{"\nproject: start\n", absl::StrCat("\nproject: ", name, "\n")}});
}

std::vector<NewFile> FilesOf(const InitOptions& options) {
  const std::filesystem::path directory =
      std::filesystem::path(options.directory).lexically_normal();
  std::vector<NewFile> files;
  if (options.name == "flights") {
    files.push_back({directory / "millrace.yaml", FlightsConfig()});
    files.push_back({directory / "tests" / "origin_out.yaml", std::string(FlightsTest())});
  } else {
    files.push_back({directory / "millrace.yaml", BlankConfigFor(directory)});
  }
  files.push_back({directory / ".gitignore", kGitIgnore, true});
  return files;
}

// What the template is, in a few words.
const char* AboutTemplate(const std::string& name) {
  return name == "flights" ? "the configuration of `millrace demo flights`, with a test"
                           : "a small example: one topic, one view, a task to uncomment";
}

// As a word of a shell's line.
std::string ShellWord(const std::string& word) {
  constexpr absl::string_view kPlain = "-_./+:,@%";
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains(kPlain, c);
  });
  return plain ? word : absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
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

// Writes the files; leaves out of *files those that it left alone.
absl::Status WriteFiles(std::vector<NewFile>* files) {
  std::error_code error;  // what cannot be looked at cannot be written: WriteFile tells
  std::erase_if(*files, [&](const NewFile& file) {
    return file.optional && std::filesystem::exists(file.path, error);
  });
  for (const NewFile& file : *files) {
    if (std::filesystem::exists(file.path, error)) {
      return absl::AlreadyExistsError(
          absl::StrCat(file.path.string(), " is there already; nothing was written"));
    }
  }
  for (const NewFile& file : *files) RETURN_IF_ERROR(WriteFile(file));
  return absl::OkStatus();
}

int Init(const GlobalOptions& global, const InitOptions& options) {
  std::vector<NewFile> files = FilesOf(options);
  if (const absl::Status status = WriteFiles(&files); !status.ok()) return Fail("init", status);
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
    const std::string go =
        options.directory == "." ? "" : absl::StrCat(" -C ", ShellWord(options.directory));
    std::fprintf(stderr, "Written: %s.\nNext: millrace%s validate; millrace%s serve\n",
                 AboutTemplate(options.name), go.c_str(), go.c_str());
  }
  return kExitOk;
}

}  // namespace

void AddInit(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* init = app.add_subcommand("init", "Write the files of a new project");
  init->add_option("DIR", options->directory, "Where (default here)");
  init->add_option("--template", options->name,
                   "blank, a small example (default), or flights, the demo's configuration")
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
