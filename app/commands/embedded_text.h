// The texts inside the program (app/templates/embed.S.in): starting points of projects, and pages
// of the documentation. Pure functions; the views live as long as the program.

#ifndef MILLRACE_APP_COMMANDS_EMBEDDED_TEXT_H_
#define MILLRACE_APP_COMMANDS_EMBEDDED_TEXT_H_

#include <span>

#include "absl/strings/string_view.h"

namespace millrace {

absl::string_view BlankConfig();
absl::string_view FlightsTest();

struct HelpPage {
  absl::string_view name;
  absl::string_view about;
  absl::string_view text;  // Markdown
};
std::span<const HelpPage> HelpPages();

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_EMBEDDED_TEXT_H_
