// Suggestions for misspelt words. Pure functions; thread-safe.

#ifndef MILLRACE_APP_CONFIG_SUGGEST_H_
#define MILLRACE_APP_CONFIG_SUGGEST_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

// The nearest known word at a distance of at most 2, and less than the length of `word`; the first
// of equals.
std::optional<std::string> Nearest(absl::string_view word, const std::vector<std::string>& known);

// "did you mean 'count'?", or "" when nothing is near.
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& known);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_SUGGEST_H_
