// Usage errors: what a wrong command line is told, on stderr, in one line with a suggestion.

#ifndef MILLRACE_APP_COMMANDS_USAGE_H_
#define MILLRACE_APP_COMMANDS_USAGE_H_

#include <string>

#include "CLI/CLI.hpp"

namespace millrace {

// Explains why `app` could not parse its command line; returns kExitUsage.
int FailUsage(const CLI::App& app, const CLI::ParseError& error);

// The commands in groups, one a line, with the first steps; and the options of all commands.
enum class Overview { kShort, kWithOptions };
std::string OverviewText(const CLI::App& app, Overview overview);

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_USAGE_H_
