// FeatureReader: answers feature reads from an OnlineStore. Thread-safe.

#ifndef MILLRACE_SERVING_FEATURE_READER_H_
#define MILLRACE_SERVING_FEATURE_READER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "featurestore/online_store.h"
#include "serving/service.h"

namespace millrace {

struct FeatureReaderOptions {
  // Event time of a read that names none: the later of the clock and the stream time, as the caller
  // sees fit. Thread-safe.
  std::function<int64_t()> now_ms;
  // Feature services: name → "view.feature" or "view.*".
  std::map<std::string, std::vector<std::string>> services;
  size_t max_rows = 1000;       // keys of one request
  size_t max_features = 1024;   // columns of one request, after expansion
  size_t max_values = 100'000;  // rows × columns
  size_t max_key_bytes = 1024;  // of one key's strings
};

class FeatureReader final : public FeatureService {
 public:
  // REQUIRES: the store outlives the reader.
  FeatureReader(const OnlineStore& store, FeatureReaderOptions options);

  absl::StatusOr<FeaturesResponse> ReadFeatures(const FeaturesRequest& request) override;

 private:
  // The chosen features of one view, and which columns of the answer they are.
  struct ViewRead {
    int32_t view = 0;
    std::vector<int> features;
    std::vector<size_t> columns;
  };
  struct Plan {
    std::vector<std::string> names;  // "view.feature" by column
    std::vector<Span> asked;
    std::vector<ViewRead> reads;  // in the order first named
  };

  absl::Status AddName(absl::string_view name, int64_t at_ms, Plan* plan) const;
  absl::Status AddFeature(int32_t view, int feature, int64_t at_ms, Plan* plan) const;
  absl::StatusOr<Plan> MakePlan(const FeaturesRequest& request, int64_t at_ms) const;
  // The key of the view from the fields given, typed; `row` is for messages.
  absl::Status MakeKey(const ViewSpec& view, const NamedValues& fields, size_t row,
                       std::vector<OwnedValue>* key) const;
  absl::Status CheckKeyNames(const Plan& plan, const NamedValues& fields, size_t row) const;

  const OnlineStore& store_;
  FeatureReaderOptions options_;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_FEATURE_READER_H_
