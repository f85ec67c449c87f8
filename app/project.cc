#include "app/project.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/hashing.h"

namespace millrace {

std::string Project::OwnTopic(absl::string_view suffix) const {
  return absl::StrCat("millrace.", name, ".", suffix);
}

std::string Project::MeaningDigest() const {
  uint64_t digest = 0;
  for (const auto& [part, text] : meaning) digest = Xxh3(text, Xxh3(part, digest));
  return absl::StrFormat("%016x", digest);
}

}  // namespace millrace
