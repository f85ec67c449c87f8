// Times on the command line: the texts that are one, in one place. Pure functions.

#ifndef MILLRACE_APP_COMMANDS_TIME_ARGUMENT_H_
#define MILLRACE_APP_COMMANDS_TIME_ARGUMENT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/string_view.h"

namespace millrace {

// What TimeArgument takes, for messages and help.
inline constexpr absl::string_view kTimeForms =
    "RFC 3339 (2024-05-10T12:00:00Z), a date (2024-05-10) or milliseconds since the epoch";

// The time in milliseconds since the epoch; a date is its midnight, UTC. None when it is no time.
std::optional<int64_t> TimeArgument(absl::string_view text);

// An option that sets `*time` and refuses what is no time. `meaning` is its help, to which the
// forms are added. REQUIRES: `time` outlives the parsing.
CLI::Option* AddTimeOption(CLI::App* command, const std::string& name, absl::string_view meaning,
                           std::optional<int64_t>* time);

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_TIME_ARGUMENT_H_
