// FeatureReader: answers feature reads from an OnlineStore. Thread-safe.

#ifndef MILLRACE_SERVING_FEATURE_READER_H_
#define MILLRACE_SERVING_FEATURE_READER_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "featurestore/online_store.h"
#include "serving/feature_columns.h"
#include "serving/offset_gate.h"
#include "serving/service.h"
#include "stream/log_positions.h"

namespace millrace {

struct FeatureReaderOptions {
  // Event time of a read that names none: the later of the clock and the stream time, as the caller
  // sees fit. Thread-safe.
  std::function<int64_t()> now_ms;
  FeatureServices services;
  // By view: the partitions, as indices of the positions, whose records it is computed from.
  std::vector<std::vector<size_t>> partitions;
  uint32_t generation = 1;      // of the configuration
  size_t max_rows = 1000;       // keys of one request
  size_t max_features = 1024;   // columns of one request, after expansion
  size_t max_values = 100'000;  // rows × columns
  size_t max_key_bytes = 1024;  // of one key's strings
};

class FeatureReader final : public FeatureService {
 public:
  // REQUIRES: store and positions outlive the reader.
  FeatureReader(const OnlineStore& store, LogPositions& positions, FeatureReaderOptions options);

  absl::StatusOr<FeaturesResponse> ReadFeatures(const FeaturesRequest& request) override;
  bool MayBlock(const FeaturesRequest& request) const override;

 private:
  struct Scratch;
  absl::Status CheckRequest(const FeaturesRequest& request, const FeatureColumns& columns) const;
  // Fills the columns of the read in the row.
  absl::Status MakeKeys(const FeaturesRequest& request, const std::vector<ViewRead>& reads,
                        size_t row, Scratch* scratch) const;
  absl::Status ReadView(const FeaturesRequest& request, const ViewRead& read,
                        std::span<const Value> key, size_t row_index, int64_t at_ms,
                        Scratch* scratch, FeatureRow* row) const;
  void TellOffsets(const std::vector<ViewRead>& reads, FeaturesResponse* response) const;

  const OnlineStore& store_;
  const LogPositions& positions_;
  const OffsetGate gate_;
  const FeatureReaderOptions options_;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_FEATURE_READER_H_
