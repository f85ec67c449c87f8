#include "serving/feature_columns.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "serving/errors.h"

namespace millrace {
namespace {

class ColumnChooser {
 public:
  ColumnChooser(const ViewSpecs& views, size_t max_features)
      : views_(views), max_features_(max_features) {}

  absl::Status AddName(absl::string_view name);
  FeatureColumns Take() { return std::move(columns_); }

 private:
  absl::Status AddFeature(int32_t view, int feature);

  const ViewSpecs& views_;
  const size_t max_features_;
  FeatureColumns columns_;
};

absl::Status ColumnChooser::AddFeature(int32_t view, int feature) {
  auto& reads = columns_.reads;
  auto read =
      std::find_if(reads.begin(), reads.end(), [&](const ViewRead& r) { return r.view == view; });
  if (read == reads.end()) {
    read = reads.insert(read, ViewRead{.view = view, .features = {}, .columns = {}});
  }
  // Named twice ("v.f" and "v.*"): one column.
  if (std::find(read->features.begin(), read->features.end(), feature) != read->features.end()) {
    return absl::OkStatus();
  }
  if (columns_.names.size() == max_features_) {
    return RequestFault(ErrorCode::kBadField, "features",
                        absl::StrCat("more than ", max_features_, " features"));
  }
  read->features.push_back(feature);
  read->columns.push_back(columns_.names.size());
  const ViewSpec& spec = *views_[static_cast<size_t>(view)];
  columns_.names.push_back(
      absl::StrCat(spec.name, ".", spec.features[static_cast<size_t>(feature)].name));
  return absl::OkStatus();
}

absl::Status ColumnChooser::AddName(absl::string_view name) {
  const size_t dot = name.find('.');
  if (dot == absl::string_view::npos || dot == 0 || dot + 1 == name.size()) {
    return RequestFault(ErrorCode::kBadField, "features",
                        absl::StrCat("'", name, "' is not of the form view.feature or view.*"));
  }
  const absl::string_view view_name = name.substr(0, dot);
  const absl::string_view feature_name = name.substr(dot + 1);
  std::vector<std::string> known;
  for (size_t v = 0; v < views_.size(); ++v) {
    const ViewSpec& view = *views_[v];
    if (view.name != view_name) {
      known.push_back(view.name);
      continue;
    }
    known.clear();
    for (size_t f = 0; f < view.features.size(); ++f) {
      known.push_back(view.features[f].name);
      if (feature_name == "*") {
        RETURN_IF_ERROR(AddFeature(static_cast<int32_t>(v), static_cast<int>(f)));
      } else if (known.back() == feature_name) {
        return AddFeature(static_cast<int32_t>(v), static_cast<int>(f));
      }
    }
    if (feature_name == "*") return absl::OkStatus();
    return RequestFault(ErrorCode::kUnknownFeature, "features",
                        absl::StrCat(view_name, " has no feature '", feature_name, "'"),
                        ClosestName(feature_name, known));
  }
  return RequestFault(ErrorCode::kUnknownView, "features",
                      absl::StrCat("there is no view '", view_name, "'"),
                      ClosestName(view_name, known));
}

struct ChosenService {
  absl::string_view name;
  int version = 0;
  const std::vector<std::string>* features = nullptr;
};

// "name", the newest version, or "name@version".
absl::StatusOr<ChosenService> FindService(absl::string_view asked,
                                          const FeatureServices& services) {
  const size_t at = asked.find('@');
  const auto service = services.find(asked.substr(0, at));
  if (service == services.end()) {
    std::vector<std::string> known;
    for (const auto& [name, versions] : services) known.push_back(name);
    return RequestFault(ErrorCode::kUnknownService, "service",
                        absl::StrCat("there is no service '", asked.substr(0, at), "'"),
                        ClosestName(asked.substr(0, at), known));
  }
  const auto& [name, versions] = *service;
  auto version = std::prev(versions.end());
  int number = 0;
  if (at != absl::string_view::npos) {
    version =
        absl::SimpleAtoi(asked.substr(at + 1), &number) ? versions.find(number) : versions.end();
  }
  if (version == versions.end()) {
    return RequestFault(
        ErrorCode::kUnknownService, "service",
        absl::StrCat("service '", name, "' has no version '", asked.substr(at + 1), "'"),
        absl::StrCat(name, "@", versions.rbegin()->first));
  }
  return ChosenService{name, version->first, &version->second};
}

}  // namespace

absl::StatusOr<FeatureColumns> ChooseColumns(const FeaturesRequest& request, const ViewSpecs& views,
                                             const FeatureServices& services, size_t max_features) {
  if (request.features.empty() == request.service.empty()) {
    return RequestFault(ErrorCode::kBadField, "features",
                        "exactly one of 'features' and 'service' must be given");
  }
  ChosenService service{"", 0, &request.features};
  if (!request.service.empty()) {
    ASSIGN_OR_RETURN(service, FindService(request.service, services));
  }
  ColumnChooser chooser(views, max_features);
  for (const std::string& name : *service.features) RETURN_IF_ERROR(chooser.AddName(name));
  FeatureColumns columns = chooser.Take();
  columns.service = std::string(service.name);
  columns.service_version = service.version;
  return columns;
}

}  // namespace millrace
