// Whether a feature can be kept by a view: what the store relies on. The configuration has said
// more, with places, before; this is for views that are made by other means.

#ifndef MILLRACE_FEATURESTORE_FEATURE_CHECK_H_
#define MILLRACE_FEATURESTORE_FEATURE_CHECK_H_

#include "absl/status/status.h"
#include "stream/view_spec.h"

namespace millrace {

// InvalidArgument, naming the view and the feature, when it cannot.
absl::Status CheckFeature(const ViewSpec& view, const FeatureSpec& feature);

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_FEATURE_CHECK_H_
