// "did you mean …": the known name closest to what was written. Pure functions.

#ifndef MILLRACE_CORE_CLOSEST_NAME_H_
#define MILLRACE_CORE_CLOSEST_NAME_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

// Edits (insert, delete, replace, swap of neighbours; case is ignored) that turn a into b, or
// `limit` + 1 when there are more. Only the first 64 bytes of each are looked at.
int EditDistance(absl::string_view a, absl::string_view b, int limit);

// The candidate at most 2 edits away (1 for names shorter than 4, 0 for one letter), the nearest
// first and of equals the first given; else the only one that begins as three quarters of what was
// written do (after the last dot), at least 4 letters; empty when there is none.
std::string ClosestName(absl::string_view written, const std::vector<std::string>& candidates);

}  // namespace millrace

#endif  // MILLRACE_CORE_CLOSEST_NAME_H_
