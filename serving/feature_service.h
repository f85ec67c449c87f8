// FeatureService: the port of reading features (see serving/service.h). Thread-safe.

#ifndef MILLRACE_SERVING_FEATURE_SERVICE_H_
#define MILLRACE_SERVING_FEATURE_SERVICE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "featurestore/online_store.h"
#include "serving/named_value.h"
#include "stream/log.h"

namespace millrace {

// A record that an answer should take in: read your writes.
struct MinOffset {
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;
};
inline constexpr absl::Duration kDefaultReadPatience = absl::Seconds(1);
inline constexpr absl::Duration kMaxReadPatience = absl::Seconds(10);
inline constexpr size_t kMaxMinOffsets = 1000;

struct FeaturesRequest {
  // "view.feature", "view.*" or, alternatively, one declared service; exactly one of the two.
  std::vector<std::string> features;
  std::string service;            // "name", or "name@version"
  std::vector<NamedValues> keys;  // one row of the answer each
  // What a request brings along itself, for features that count or use it: none, one for all rows,
  // or one a row.
  std::vector<NamedValues> request;
  std::optional<int64_t> at_ms;  // event time read at; absent: now
  // Only what was known then counts; every view asked for keeps that. Absent: all counts.
  std::optional<int64_t> known_at_ms;
  std::optional<int64_t> max_age_ms;  // a present value older than this fails the request
  std::vector<MinOffset> min_offsets;
  absl::Duration patience = kDefaultReadPatience;  // how long to wait for them
  // Tell of every value also how many records it is of, the newest, and the span it covers.
  bool metadata = false;
};

struct FeatureRow {
  std::vector<FeatureValue> values;  // parallel to FeaturesResponse::names
};

// Of a partition that the views asked for are computed from, before the read: it saw at least this.
struct AppliedOffset {
  const TopicPartition* partition = nullptr;  // lives as long as the service
  int64_t applied = 0;                        // next offset to apply
  int64_t durable = 0;                        // next offset as it is on disk
};

struct FeaturesResponse {
  std::vector<std::string> names;  // "view.feature", expanded, in the order asked
  std::vector<FeatureRow> rows;    // parallel to FeaturesRequest::keys
  int64_t at_ms = 0;
  std::string service;  // as declared, with its version; empty: none was asked for
  int service_version = 0;
  uint32_t generation = 0;  // of the configuration
  std::vector<AppliedOffset> offsets;
  bool metadata = false;                // as asked
  std::optional<int64_t> watermark_ms;  // event time up to which those partitions are complete
};

class FeatureService {
 public:
  virtual ~FeatureService() = default;
  // Errors: NotFound (view, feature, service, topic or partition, with a suggestion),
  // InvalidArgument (keys or request fields that do not fit), FailedPrecondition (older than
  // max_age_ms, or min_offsets not applied in time), OutOfRange (at_ms is no longer kept),
  // Unavailable (stopping while it waits). Blocks for `patience` at most, and only if MayBlock.
  virtual absl::StatusOr<FeaturesResponse> ReadFeatures(const FeaturesRequest& request) = 0;
  // False when ReadFeatures(request) does not block beyond a read of local state.
  virtual bool MayBlock(const FeaturesRequest& request) const = 0;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_FEATURE_SERVICE_H_
