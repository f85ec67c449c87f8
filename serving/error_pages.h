// The page on an error code (serving/errors.h): where the `type` of problem details leads, and what
// `millrace help errors` prints. Pure; thread-safe.

#ifndef MILLRACE_SERVING_ERROR_PAGES_H_
#define MILLRACE_SERVING_ERROR_PAGES_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// Some lines of text on "MILLRACE-4004". Absent when there is no such code.
std::optional<std::string> ErrorPage(absl::string_view code);

}  // namespace millrace

#endif  // MILLRACE_SERVING_ERROR_PAGES_H_
