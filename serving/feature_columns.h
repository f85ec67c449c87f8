// FeatureColumns: what a request for features names, found and expanded: the columns of the answer,
// and the reads that fill them. A value; the functions are pure.

#ifndef MILLRACE_SERVING_FEATURE_COLUMNS_H_
#define MILLRACE_SERVING_FEATURE_COLUMNS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "serving/feature_service.h"
#include "stream/view_spec.h"

namespace millrace {

using ViewSpecs = std::vector<std::shared_ptr<const ViewSpec>>;
// Name → version → "view.feature" or "view.*".
using FeatureServices = std::map<std::string, std::map<int, std::vector<std::string>>, std::less<>>;

// The chosen features of one view, and which columns of the answer they are.
struct ViewRead {
  int32_t view = 0;
  std::vector<int> features;
  std::vector<size_t> columns;
};

struct FeatureColumns {
  std::vector<std::string> names;  // "view.feature" by column
  std::vector<ViewRead> reads;     // in the order first named
  std::string service;             // the one asked for, with its version; empty: none
  int service_version = 0;
};

// Errors: NotFound (view, feature, service or version, with a suggestion), InvalidArgument (neither
// or both of features and service, a name of another form, more than max_features).
absl::StatusOr<FeatureColumns> ChooseColumns(const FeaturesRequest& request, const ViewSpecs& views,
                                             const FeatureServices& services, size_t max_features);

}  // namespace millrace

#endif  // MILLRACE_SERVING_FEATURE_COLUMNS_H_
