// millrace help: of commands, of error codes, and pages on what the configuration speaks of.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "app/commands/command.h"
#include "app/commands/embedded_text.h"
#include "app/commands/usage.h"
#include "app/config/error_codes.h"
#include "app/config/reference_page.h"
#include "core/closest_name.h"
#include "serving/error_pages.h"
#include "serving/errors.h"
#include "serving/json.h"

namespace millrace {
namespace {

constexpr char kConfiguration[] = "configuration";
constexpr char kErrors[] = "errors";

struct HelpOptions {
  std::string topic;
  std::string code;
};

void Print(const GlobalOptions& global, absl::string_view topic, const std::string& text) {
  if (!global.json) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return;
  }
  std::string out;
  JsonWriter json(&out);
  json.BeginObject().Key("topic").String(topic).Key("text").String(text).EndObject();
  std::printf("%s\n", out.c_str());
}

std::string ErrorList() {
  std::string text = "Of configurations:\n";
  for (const ErrorCodeInfo& info : ErrorCodes()) {
    absl::StrAppend(&text, "  ", ErrorCodeName(info.code), "  ", info.title, "\n");
  }
  text += "\nOf requests:\n";
  for (const ErrorKind& kind : ErrorKinds()) {
    absl::StrAppend(&text, "  ", ApiError{.code = kind.code}.code_text(), "  ", kind.title, "\n");
  }
  return text + "\nmillrace help errors CODE explains one.\n";
}

int HelpError(const GlobalOptions& global, const std::string& given) {
  std::string code = absl::AsciiStrToUpper(given);
  if (!absl::StartsWith(code, "MILLRACE-")) code = absl::StrCat("MILLRACE-", code);
  if (const ErrorCodeInfo* info = FindErrorCode(code); info != nullptr) {
    Print(global, code, absl::StrCat(code, ": ", info->title, "\n\n", info->explanation, "\n"));
    return kExitOk;
  }
  if (const std::optional<std::string> page = ErrorPage(code)) {
    Print(global, code, *page);
    return kExitOk;
  }
  std::fprintf(stderr,
               "millrace: help: there is no error %s\n  hint: `millrace help errors` lists them\n",
               code.c_str());
  return kExitUsage;
}

// Every topic but the commands, one a line.
std::string TopicList() {
  std::string text = "Topics of millrace help, beside the commands:\n";
  const auto add = [&](absl::string_view name, absl::string_view about) {
    absl::StrAppend(&text, "  ", name, std::string(15 - std::min<size_t>(15, name.size()), ' '),
                    " ", about, "\n");
  };
  add("errors [CODE]", "what an error code means, of configurations and of requests");
  add(kConfiguration, "every key of millrace.yaml, and an example");
  for (const HelpPage& page : HelpPages()) add(page.name, page.about);
  return text;
}

int Help(const CLI::App& app, const GlobalOptions& global, const HelpOptions& options) {
  if (options.topic == kErrors) {
    if (!options.code.empty()) return HelpError(global, options.code);
    Print(global, kErrors, ErrorList());
    return kExitOk;
  }
  if (!options.code.empty()) {
    std::fprintf(stderr, "millrace: help: only `help errors` takes a second word\n");
    return kExitUsage;
  }
  if (options.topic.empty()) {
    Print(global, "millrace", absl::StrCat(OverviewText(app, Overview::kShort), "\n", TopicList()));
    return kExitOk;
  }
  std::vector<std::string> known = {kErrors, kConfiguration};
  if (options.topic == kConfiguration) {
    Print(global, kConfiguration, ConfigurationPage());
    return kExitOk;
  }
  for (const HelpPage& page : HelpPages()) {
    if (page.name == absl::string_view(options.topic)) {
      Print(global, page.name, std::string(page.text));
      return kExitOk;
    }
    known.emplace_back(page.name);
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == options.topic) {
      Print(global, options.topic, command->help("millrace"));
      return kExitOk;
    }
    known.push_back(command->get_name());
  }
  if (FindErrorCode(options.topic) != nullptr) return HelpError(global, options.topic);
  std::string message = absl::StrCat("there is no help on '", options.topic, "'");
  if (const std::string close = ClosestName(options.topic, known); !close.empty()) {
    absl::StrAppend(&message, "; did you mean '", close, "'?");
  }
  std::fprintf(stderr, "millrace: help: %s\n%s", message.c_str(), TopicList().c_str());
  return kExitUsage;
}

}  // namespace

void AddHelp(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto options = std::make_shared<HelpOptions>();
  CLI::App* help = app.add_subcommand("help", "Explain a command, an error code or a topic");
  help->add_option("TOPIC", options->topic, "A command or a topic; `millrace help` lists both");
  help->add_option("CODE", options->code, "After errors: MILLRACE-2107, or 2107");
  help->footer("Example: millrace help errors MILLRACE-2107");
  help->callback([&app, &global, options, run] {
    *run = [&app, &global, options] { return Help(app, global, *options); };
  });
}

}  // namespace millrace
