// ScoreService: the port of scoring decisions (see serving/service.h). Thread-safe.

#ifndef MILLRACE_SERVING_SCORE_SERVICE_H_
#define MILLRACE_SERVING_SCORE_SERVICE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/value.h"
#include "featurestore/online_store.h"
#include "serving/named_value.h"

namespace millrace {

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

}  // namespace millrace

#endif  // MILLRACE_SERVING_SCORE_SERVICE_H_
