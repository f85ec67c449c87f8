// Durations and sizes as the configuration writes them: "30s", "1h30m", "500ms"; "64MiB", "1GB".
// Pure functions; thread-safe.

#ifndef MILLRACE_APP_CONFIG_DURATIONS_H_
#define MILLRACE_APP_CONFIG_DURATIONS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// Milliseconds. One or more of a whole number and a unit (w d h m s ms), from the largest unit to
// the smallest; nullopt for anything else, also for more than 1000 years.
std::optional<int64_t> ParseDuration(absl::string_view text);
// Whether it would be a duration if it were shorter.
bool IsTooLong(absl::string_view text);
// The shortest text that parses to `ms`: "1h30m", "0s". REQUIRES: ms >= 0.
std::string FormatDuration(int64_t ms);

// What a text that is no duration was probably meant to be, or why it is none: "did you mean 5m?"
// for "5min". "" when nothing can be said.
std::string DurationAdvice(absl::string_view text);

// Bytes: a whole number and a unit (B, KiB MiB GiB TiB, KB MB GB TB); nullopt for anything else.
std::optional<int64_t> ParseSize(absl::string_view text);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_DURATIONS_H_
