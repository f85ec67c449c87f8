// services.

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "app/config/compile.h"
#include "app/config/suggest.h"

namespace millrace {
namespace {

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class ServiceReader {
 public:
  explicit ServiceReader(ProjectDraft* draft) : draft_(draft) {
    for (const auto& view : draft->project.views) {
      views_.push_back(absl::StrCat(view->name, ".*"));
      for (const FeatureSpec& feature : view->features) {
        features_.push_back(absl::StrCat(view->name, ".", feature.name));
      }
    }
  }

  void Read(const Section& service) {
    ServiceSpec spec;
    spec.documentation = ReadDocumentation(service);
    const absl::string_view key = service.name();
    spec.name = std::string(key.substr(0, key.find('@')));
    const std::optional<int> version = ReadVersion(service);
    ReadFeatures(service, &spec);
    if (!version) return;
    spec.version = *version;
    std::string name = absl::StrCat(spec.name, "@", spec.version);
    if (draft_->project.services.emplace(name, std::move(spec)).second) return;
    draft_->sink->Error(ConfigErrorCode::kDuplicate, service.place(),
                        absl::StrCat("the service '", name, "' is there already"));
  }

 private:
  // Absent after reporting what is wrong.
  std::optional<int> ReadVersion(const Section& service) {
    const ConfigNode* given = service.Find("version");
    int64_t version = service.Int("version");
    if (version < 1 || version > INT32_MAX) {
      draft_->sink->Error(ConfigErrorCode::kOutOfRange, given->place,
                          "'version' must be at least 1");
      return std::nullopt;
    }
    const absl::string_view key = service.name();
    const size_t at = key.find('@');
    if (at == absl::string_view::npos) return static_cast<int>(version);
    int named = 0;
    if (!absl::SimpleAtoi(key.substr(at + 1), &named) || named < 1) {
      draft_->sink
          ->Error(ConfigErrorCode::kInvalidName, service.place(),
                  absl::StrCat("'", key, "' has no version behind the @"))
          .suggestion = absl::StrCat("write ", key.substr(0, at), "@1");
      return std::nullopt;
    }
    if (given != nullptr && version != named) {
      draft_->sink->Error(
          ConfigErrorCode::kConflict, given->place,
          absl::StrCat("'version' is ", version, ", and the name '", key, "' says ", named));
      return std::nullopt;
    }
    return named;
  }

  void ReadFeatures(const Section& service, ServiceSpec* spec) {
    std::set<std::string> seen;
    for (const ConfigNode* item : service.Items("features")) {
      if (MentionsAny(item->text, draft_->broken_views) ||
          draft_->broken_features.contains(item->text)) {
        continue;
      }
      if (!seen.insert(item->text).second) {
        draft_->sink->Error(ConfigErrorCode::kDuplicate, item->place,
                            absl::StrCat("'", item->shown, "' is listed twice"));
      } else if (!Contains(views_, item->text) && !Contains(features_, item->text)) {
        draft_->sink
            ->Error(ConfigErrorCode::kUnknownReference, item->place,
                    absl::StrCat("unknown feature '", item->shown, "'"))
            .suggestion =
            DidYouMean(item->text, absl::EndsWith(item->text, ".*") ? views_ : features_);
      } else {
        spec->features.push_back(item->text);
      }
    }
  }

  ProjectDraft* const draft_;
  std::vector<std::string> views_;     // "view.*"
  std::vector<std::string> features_;  // "view.feature"
};

}  // namespace

void ReadServices(const Section& root, ProjectDraft* draft) {
  ServiceReader reader(draft);
  for (const Section& service : root.At("services").Named()) reader.Read(service);
}

}  // namespace millrace
