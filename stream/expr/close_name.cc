#include "stream/expr/close_name.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "absl/strings/ascii.h"

namespace millrace {
namespace {

size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const bool same = absl::ascii_tolower(static_cast<unsigned char>(a[i])) ==
                        absl::ascii_tolower(static_cast<unsigned char>(b[j]));
      const size_t replaced = diagonal + (same ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> CloseName(absl::string_view name,
                                     std::span<const std::string> candidates) {
  size_t best = std::clamp<size_t>(name.size() / 3, 1, 2) + 1;
  std::optional<std::string> found;
  for (const std::string& candidate : candidates) {
    const size_t longer = std::max(candidate.size(), name.size());
    const size_t shorter = std::min(candidate.size(), name.size());
    if (longer - shorter >= best) continue;
    const size_t distance = EditDistance(name, candidate);
    // A name of which every letter would change is not what was meant.
    if (distance < best && distance < shorter) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

}  // namespace millrace
