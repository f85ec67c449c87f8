// Usage errors: what a wrong command line is told, on stderr, in one line with a suggestion.

#ifndef MILLRACE_APP_COMMANDS_USAGE_H_
#define MILLRACE_APP_COMMANDS_USAGE_H_

#include "CLI/CLI.hpp"

namespace millrace {

// Explains why `app` could not parse its command line; returns kExitUsage.
int FailUsage(const CLI::App& app, const CLI::ParseError& error);

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_USAGE_H_
