// services.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "app/config/compile.h"
#include "app/config/suggest.h"

namespace millrace {

void ReadServices(const Section& root, ProjectDraft* draft) {
  std::vector<std::string> features;
  for (const auto& view : draft->project.views) {
    for (const FeatureSpec& feature : view->features)
      features.push_back(absl::StrCat(view->name, ".", feature.name));
  }
  for (const Section& service : root.At("services").Named()) {
    ServiceSpec& spec = draft->project.services[service.name()];
    spec.documentation = ReadDocumentation(service);
    std::set<std::string> seen;
    for (const ConfigNode* item : service.Items("features")) {
      if (MentionsAny(item->text, draft->broken_views) ||
          draft->broken_features.contains(item->text))
        continue;
      if (!seen.insert(item->text).second) {
        draft->sink->Error(ConfigErrorCode::kDuplicate, item->place,
                           absl::StrCat("'", item->shown, "' is listed twice"));
      } else if (std::find(features.begin(), features.end(), item->text) == features.end()) {
        draft->sink
            ->Error(ConfigErrorCode::kUnknownReference, item->place,
                    absl::StrCat("unknown feature '", item->shown, "'"))
            .suggestion = DidYouMean(item->text, features);
      } else {
        spec.features.push_back(item->text);
      }
    }
  }
}

}  // namespace millrace
