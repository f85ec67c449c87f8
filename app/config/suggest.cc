#include "app/config/suggest.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/closest_name.h"

namespace millrace {

std::optional<std::string> Nearest(absl::string_view word, const std::vector<std::string>& known) {
  const int limit = std::min<int>(2, static_cast<int>(word.size()) - 1);
  std::optional<std::string> nearest;
  int best = limit + 1;
  for (const std::string& candidate : known) {
    const int distance = EditDistance(word, candidate, limit);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string DidYouMean(absl::string_view word, const std::vector<std::string>& known) {
  const std::optional<std::string> nearest = Nearest(word, known);
  return nearest ? absl::StrCat("did you mean '", *nearest, "'?") : "";
}

}  // namespace millrace
