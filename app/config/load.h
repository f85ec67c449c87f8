// Load: a configuration file, or its text, → a Project, or everything that is wrong with it.
//
// Precedence: --set over environment over file over the defaults of the table. Thread-safe; reads
// files, which may block.

#ifndef MILLRACE_APP_CONFIG_LOAD_H_
#define MILLRACE_APP_CONFIG_LOAD_H_

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/config/diagnostics.h"
#include "app/config/section.h"
#include "app/project.h"

namespace millrace {

struct LoadOptions {
  // The file to read, or with `text` only the name that messages give it.
  std::string path = "millrace.yaml";
  std::optional<std::string> text;
  // Where relative paths start; absent: the folder of `path`.
  std::optional<std::string> directory;
  // --set path=value, in the order of the command line.
  std::vector<std::pair<std::string, std::string>> settings;
  // For ${NAME} and MILLRACE_<PATH>. Variables of that prefix which are not of the configuration
  // (those that flags read) must be left out: they would be warned about.
  std::map<std::string, std::string> environment;
  // For a file that holds more than a configuration (`millrace test`): keys of the root that are
  // somebody else's, and what the configuration has where the file lacks the first key of a path.
  std::set<std::string> other_keys;
  std::vector<std::pair<std::string, std::string>> defaults;
  // Called with a configuration that is right, to report what else speaks against it at its place.
  std::function<void(const Section& root, const Project& project, DiagnosticSink* sink)> judge;
};

struct LoadResult {
  std::optional<Project> project;  // absent iff there is an error
  std::vector<Diagnostic> diagnostics;
};

LoadResult Load(const LoadOptions& options);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_LOAD_H_
