#include "app/project.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/hashing.h"

namespace millrace {

std::string Project::OwnTopic(absl::string_view suffix) const {
  return absl::StrCat("millrace.", name, ".", suffix);
}

std::vector<int32_t> Project::TopicSources(int32_t source) const {
  std::set<int32_t> found, left = {source};
  while (!left.empty()) {
    const int32_t next = left.extract(left.begin()).value();
    const std::vector<SourceBase>& bases = sources[static_cast<size_t>(next)].bases;
    if (bases.empty()) found.insert(next);
    for (const SourceBase& base : bases) left.insert(base.source);
  }
  return {found.begin(), found.end()};
}

std::string Project::MeaningDigest() const {
  uint64_t digest = 0;
  for (const auto& [part, text] : meaning) digest = Xxh3(text, Xxh3(part, digest));
  return absl::StrFormat("%016x", digest);
}

}  // namespace millrace
