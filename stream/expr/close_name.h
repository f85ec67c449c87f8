// CloseName: which known name somebody who wrote an unknown one may have meant.

#ifndef MILLRACE_STREAM_EXPR_CLOSE_NAME_H_
#define MILLRACE_STREAM_EXPR_CLOSE_NAME_H_

#include <optional>
#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// The candidate with the least edit distance (Levenshtein, ignoring case), if that is at most 2 and
// at most a third of the name's length (1 for short names); the first of equals. Cost: the product
// of the lengths, per candidate.
std::optional<std::string> CloseName(absl::string_view name,
                                     std::span<const std::string> candidates);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_CLOSE_NAME_H_
