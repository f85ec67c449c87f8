// The ports between those who ask (HTTP, gRPC) and those who answer (feature store, scorer, log,
// node): plain values, free of any protocol. serving/http and serving/grpc translate to and from
// them; app and serving implement them; tests fake them.
//
// All ports are thread-safe. Errors are absl::Status, made with serving/errors.h where a stable
// code and a suggestion help the caller; any other status is answered with its generic code.

#ifndef MILLRACE_SERVING_SERVICE_H_
#define MILLRACE_SERVING_SERVICE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/value.h"
#include "featurestore/online_store.h"
#include "stream/log.h"

namespace millrace {

// Fields by name, in the order given, each name once: an entity key or the fields of a request.
// Values come as the protocol had them (JSON: int, double, string, bool, null); the service checks
// them against the declared types.
struct NamedValue {
  std::string name;
  OwnedValue value;
};
using NamedValues = std::vector<NamedValue>;

// --- features ---

struct FeaturesRequest {
  // "view.feature", "view.*" or, alternatively, one declared service; exactly one of the two.
  std::vector<std::string> features;
  std::string service;
  std::vector<NamedValues> keys;      // one row of the answer each
  std::optional<int64_t> at_ms;       // event time read at; absent: now
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

// --- scores ---

struct ScoreRow {
  NamedValues fields;            // entity keys and request fields together
  std::optional<OwnedValue> id;  // with a task triggered by requests: record the decision
};

struct ScoreRequest {
  std::string task;  // "delayed", or "delayed.ftrl" for another learner than the champion
  std::vector<ScoreRow> rows;
  std::optional<int64_t> at_ms;             // absent: now
  std::optional<int64_t> max_staleness_ms;  // a model whose newest label is older fails the request
  bool explain = false;
};

struct ScoredFeature {
  std::string name;  // "view.feature"
  FeatureValue value;
};

struct ScoreContribution {
  std::string input;  // empty: the intercept
  double contribution = 0;
};

struct RowScore {
  double value = 0;
  // "ok", or "duplicate": the id was decided before, `value` is what was answered then, and
  // `answered_by` the version (generation.step) of the model that did; features and explain are
  // empty.
  std::string status = "ok";
  std::string answered_by;
  std::optional<OwnedValue> prediction_id;  // null unless recorded
  std::vector<ScoredFeature> features;
  std::vector<ScoreContribution> explain;  // only when asked; sums to the raw score
};

// Which model answered: one whole version for all rows of a request.
struct ModelVersion {
  std::string name;   // "delayed.ftrl"
  std::string alias;  // "champion"; empty for a learner asked for by name
  uint32_t generation = 0;
  uint64_t step = 0;
  std::optional<int64_t> age_ms;        // request time − publish cut; absent before the first cut
  std::optional<int64_t> staleness_ms;  // request time − newest label learned
};

struct ScoreResponse {
  std::vector<RowScore> scores;  // parallel to ScoreRequest::rows
  ModelVersion model;
};

class ScoreService {
 public:
  virtual ~ScoreService() = default;
  // Errors: NotFound (task or learner, with a suggestion), InvalidArgument (fields that do not
  // fit), FailedPrecondition (stale beyond the limit, or no such trigger for a recorded id),
  // Unavailable (no model yet). May block when rows carry an id: the record is durable on return.
  virtual absl::StatusOr<ScoreResponse> Score(const ScoreRequest& request) = 0;
  // False when Score(request) certainly does not block, so that a server may answer on the thread
  // that reads its connections.
  virtual bool MayBlock(const ScoreRequest& request) const {
    (void)request;
    return true;
  }
};

// --- records ---

struct NewRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;  // absent: a tombstone
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<int64_t> timestamp_ms;
  std::optional<int32_t> partition;
};

struct ReadRecordsRequest {
  std::string topic;
  int32_t partition = 0;
  std::optional<int64_t> offset;  // absent: the oldest record kept
  int limit = 100;                // records, 1 … kMaxReadRecords
  absl::Duration wait;            // how long to wait for a first record
};
inline constexpr int kMaxReadRecords = 1000;
inline constexpr absl::Duration kMaxReadWait = absl::Seconds(25);

struct ReadRecordsResponse {
  RecordBatch records;
  OffsetRange range;
  int64_t next_offset = 0;  // where to read on
};

class RecordService {
 public:
  virtual ~RecordService() = default;
  // Durable on return; positions parallel to `records`. Blocks. Errors: NotFound (topic),
  // PermissionDenied (one of Millrace's own topics), InvalidArgument, ResourceExhausted,
  // Unavailable.
  virtual absl::StatusOr<std::vector<AppendPosition>> Append(
      absl::string_view topic, const std::vector<NewRecord>& records) = 0;
  // Blocks up to `wait` when there is nothing to read. Errors: NotFound, OutOfRange.
  virtual absl::StatusOr<ReadRecordsResponse> Read(const ReadRecordsRequest& request) = 0;
  virtual absl::StatusOr<std::vector<TopicInfo>> Topics() = 0;
};

// --- status ---

// One line of /readyz?verbose: "[+]log ok", "[-]restore 63%".
struct HealthCheck {
  std::string name;
  bool ok = false;
  std::string detail;
};

struct Health {
  bool live = true;      // the loop turns and the store answers; never depends on Kafka
  bool started = false;  // the start (open, restore) is over
  bool ready = false;    // send requests here
  std::vector<HealthCheck> checks;
};

class StatusService {
 public:
  virtual ~StatusService() = default;
  // One JSON object, for GET /api/v1/status. May block on the log.
  virtual absl::StatusOr<std::string> StatusJson() = 0;
  // Cheap; never blocks.
  virtual Health GetHealth() = 0;
};

// What a server serves. A null port answers Unimplemented (HTTP 501). The ports outlive the server.
struct Services {
  FeatureService* features = nullptr;
  ScoreService* scores = nullptr;
  RecordService* records = nullptr;
  StatusService* status = nullptr;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_SERVICE_H_
