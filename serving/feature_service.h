// FeatureService: the port of reading features (see serving/service.h). Thread-safe.

#ifndef MILLRACE_SERVING_FEATURE_SERVICE_H_
#define MILLRACE_SERVING_FEATURE_SERVICE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "featurestore/online_store.h"
#include "serving/named_value.h"
#include "stream/window.h"

namespace millrace {

struct FeaturesRequest {
  // "view.feature", "view.*" or, alternatively, one declared service; exactly one of the two.
  std::vector<std::string> features;
  std::string service;
  std::vector<NamedValues> keys;  // one row of the answer each
  std::optional<int64_t> at_ms;   // event time read at; absent: now
  // Only what was known then counts; every view asked for keeps that. Absent: all counts.
  std::optional<int64_t> known_at_ms;
  std::optional<int64_t> max_age_ms;  // a present value older than this fails the request
};

struct FeatureRow {
  std::vector<FeatureValue> values;  // parallel to FeaturesResponse::names
};

struct FeaturesResponse {
  std::vector<std::string> names;  // "view.feature", expanded, in the order asked
  // The span each feature was asked for at at_ms, parallel to names; an answer whose effective span
  // differs is not exact.
  std::vector<Span> asked;
  std::vector<FeatureRow> rows;  // parallel to FeaturesRequest::keys
  int64_t at_ms = 0;
};

class FeatureService {
 public:
  virtual ~FeatureService() = default;
  // Errors: NotFound (view, feature or service, with a suggestion), InvalidArgument (keys that do
  // not fit), FailedPrecondition (older than max_age_ms), OutOfRange (at_ms is no longer kept).
  // Does not block beyond a read of local state.
  virtual absl::StatusOr<FeaturesResponse> ReadFeatures(const FeaturesRequest& request) = 0;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_FEATURE_SERVICE_H_
