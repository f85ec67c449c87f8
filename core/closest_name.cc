#include "core/closest_name.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "absl/strings/ascii.h"

namespace millrace {
namespace {

bool Same(char a, char b) { return absl::ascii_tolower(a) == absl::ascii_tolower(b); }

// The one candidate that begins as three quarters of `written` do: "tumble" for "tumbling".
std::string SameBeginning(absl::string_view written, const std::vector<std::string>& candidates) {
  // In "view.feature" the second part must be alike.
  const size_t dot = written.rfind('.');
  const size_t prefix = dot == absl::string_view::npos ? 0 : dot + 1;
  const size_t least = prefix + std::max<size_t>(4, (3 * (written.size() - prefix) + 3) / 4);
  const std::string* found = nullptr;
  for (const std::string& candidate : candidates) {
    size_t same = 0;
    while (same < written.size() && same < candidate.size() &&
           Same(written[same], candidate[same])) {
      ++same;
    }
    if (same < least) continue;
    if (found != nullptr) return "";
    found = &candidate;
  }
  return found == nullptr ? std::string() : *found;
}

}  // namespace

int EditDistance(absl::string_view a, absl::string_view b, int limit) {
  constexpr size_t kMaxSize = 64;
  a = a.substr(0, kMaxSize);
  b = b.substr(0, kMaxSize);
  if (std::abs(static_cast<int>(a.size()) - static_cast<int>(b.size())) > limit) return limit + 1;
  // Optimal string alignment: three rows of the Levenshtein table suffice for swaps of neighbours.
  std::array<std::array<int, kMaxSize + 1>, 3> rows;
  for (size_t j = 0; j <= b.size(); ++j) rows[0][j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replace = above[j - 1] + (Same(a[i - 1], b[j - 1]) ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replace});
      if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1])) {
        row[j] = std::min(row[j], rows[(i + 1) % 3][j - 2] + 1);
      }
    }
  }
  return std::min(rows[a.size() % 3][b.size()], limit + 1);
}

std::string ClosestName(absl::string_view written, const std::vector<std::string>& candidates) {
  const int limit = std::min(written.size() < 4 ? 1 : 2, static_cast<int>(written.size()) - 1);
  int best = limit + 1;
  const std::string* found = nullptr;
  for (const std::string& candidate : candidates) {
    const int distance = EditDistance(written, candidate, limit);
    if (distance < best) {
      best = distance;
      found = &candidate;
    }
  }
  return found == nullptr ? SameBeginning(written, candidates) : *found;
}

}  // namespace millrace
