// Suggestions for misspelt words. Pure functions; thread-safe.

#ifndef MILLRACE_APP_CONFIG_SUGGEST_H_
#define MILLRACE_APP_CONFIG_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

// "did you mean 'count'?": what other systems call by that word ("avg", "float", "iso8601"), else
// the name that is near (core/closest_name.h); "" when there is neither.
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& known);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_SUGGEST_H_
