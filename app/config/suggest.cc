#include "app/config/suggest.h"

#include "absl/strings/str_cat.h"
#include "core/closest_name.h"

namespace millrace {

std::string DidYouMean(absl::string_view word, const std::vector<std::string>& known) {
  const std::string nearest = ClosestName(word, known);
  return nearest.empty() ? "" : absl::StrCat("did you mean '", nearest, "'?");
}

}  // namespace millrace
