#include "app/commands/usage.h"

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "app/commands/command.h"
#include "core/closest_name.h"

namespace millrace {
namespace {

std::string Suggestion(absl::string_view written, const std::vector<std::string>& known) {
  const std::string close = ClosestName(written, known);
  return close.empty() ? "" : absl::StrCat("; did you mean '", close, "'?");
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

void AddOptionNames(const CLI::App& app, std::vector<std::string>* names) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names->push_back("--" + name);
    for (const std::string& name : option->get_snames()) names->push_back("-" + name);
  }
}

// What stands wrongly on the line, or else what the parser says.
std::string Problem(const CLI::App& app, const CLI::App* command, const CLI::ParseError& error) {
  for (const std::string& word : app.remaining(true)) {
    if (word.size() > 1 && word[0] == '-' && word != "--") {
      const std::string name = word.substr(0, word.find('='));
      std::vector<std::string> known;
      if (command != nullptr) AddOptionNames(*command, &known);
      AddOptionNames(app, &known);
      return absl::StrCat("unknown option '", name, "'", Suggestion(name, known));
    }
  }
  for (const std::string& word : app.remaining(true)) {
    if (command == nullptr) {
      return absl::StrCat("unknown command '", word, "'", Suggestion(word, CommandNames(app)));
    }
    return absl::StrCat("unexpected argument '", word, "'");
  }
  return error.what();
}

}  // namespace

int FailUsage(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  const CLI::App* command = chosen.empty() ? nullptr : chosen.front();
  if (command == nullptr && app.remaining(true).empty() &&
      dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    std::fputs(app.help().c_str(), stderr);
    return kExitUsage;
  }
  const std::string name = command == nullptr ? "" : command->get_name();
  std::fprintf(stderr, "millrace: %s%s%s\n  hint: millrace %s%s--help\n", name.c_str(),
               name.empty() ? "" : ": ", Problem(app, command, error).c_str(), name.c_str(),
               name.empty() ? "" : " ");
  return kExitUsage;
}

}  // namespace millrace
