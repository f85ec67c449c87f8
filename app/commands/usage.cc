#include "app/commands/usage.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
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

// "--rate: takes …", as the parser puts it, as a sentence; other words of its own are kept.
std::string Sentence(const CLI::ParseError& error) {
  const std::string said = error.what();
  if (const auto* wrong = dynamic_cast<const CLI::ValidationError*>(&error); wrong != nullptr) {
    if (const size_t at = said.find(": takes "); at != std::string::npos) {
      return absl::StrCat(said.substr(0, at), said.substr(at + 1));
    }
  }
  return said;
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
  return Sentence(error);
}

struct CommandGroup {
  absl::string_view title;
  std::vector<absl::string_view> commands;
};

// All commands, for people who look for one.
const std::vector<CommandGroup>& Groups() {
  static const std::vector<CommandGroup>* const kGroups = new std::vector<CommandGroup>{
      {"See it work", {"demo"}},
      {"Make a project", {"init", "infer", "validate", "test", "features", "schema"}},
      {"Run it", {"serve", "status"}},
      {"Ask it", {"get", "score"}},
      {"Look into its log", {"topics", "tail", "produce"}},
      {"Help", {"help", "version"}},
  };
  return *kGroups;
}

void AddRow(absl::string_view name, absl::string_view meaning, size_t width, std::string* out) {
  absl::StrAppend(out, "  ", name, std::string(width - std::min(width, name.size()), ' '), "  ",
                  meaning, "\n");
}

}  // namespace

std::string OverviewText(const CLI::App& app, Overview overview) {
  std::string out = absl::StrCat(app.get_description(), "\n\nFirst steps:\n");
  AddRow("millrace demo flights", "a year of real flights through the whole system", 38, &out);
  AddRow("millrace init shop && cd shop", "a small project of your own", 38, &out);
  AddRow("millrace validate && millrace serve", "check it, run it", 38, &out);
  for (const CommandGroup& group : Groups()) {
    absl::StrAppend(&out, "\n", group.title, ":\n");
    for (const absl::string_view name : group.commands) {
      for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        if (command->get_name() == name) AddRow(name, command->get_description(), 10, &out);
      }
    }
  }
  if (overview == Overview::kWithOptions) {
    out += "\nOptions of all commands:\n";
    for (const CLI::Option* option : app.get_options()) {
      AddRow(option->get_name(false, true), option->get_description(), 18, &out);
    }
  }
  absl::StrAppend(&out, "\nmillrace COMMAND --help explains a command");
  if (overview == Overview::kShort) out += ", millrace --help the options of all";
  return out + ";\nmillrace help TOPIC explains commands, errors and what is behind them.\n";
}

int FailUsage(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  const CLI::App* command = chosen.empty() ? nullptr : chosen.front();
  if (command == nullptr && app.remaining(true).empty() &&
      dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    std::fputs(OverviewText(app, Overview::kShort).c_str(), stderr);
    return kExitUsage;
  }
  const std::string name = command == nullptr ? "" : command->get_name();
  std::fprintf(stderr, "millrace: %s%s%s\n  hint: millrace %s%s--help\n", name.c_str(),
               name.empty() ? "" : ": ", Problem(app, command, error).c_str(), name.c_str(),
               name.empty() ? "" : " ");
  return kExitUsage;
}

}  // namespace millrace
