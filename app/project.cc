#include "app/project.h"

#include "absl/strings/str_cat.h"

namespace millrace {

std::string Project::OwnTopic(absl::string_view suffix) const {
  return absl::StrCat("millrace.", name, ".", suffix);
}

}  // namespace millrace
