// RequestScorer: answers score requests by assembling each row with its task's Scorer and scoring
// it with the model that is live when the request comes. Thread-safe.

#ifndef MILLRACE_SERVING_REQUEST_SCORER_H_
#define MILLRACE_SERVING_REQUEST_SCORER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/snapshot.h"
#include "schemas/prediction.pb.h"
#include "serving/deployment.h"
#include "serving/scorer.h"
#include "serving/service.h"

namespace millrace {

// A decision as recorded: the id that a label may cite and, where the id had been decided before,
// what was predicted then, which is the answer again.
struct RecordedDecision {
  OwnedValue id;
  std::optional<v1::Prediction> first;
};

// Makes a scored request a decision under `id` and returns once it is durable: the id that a label
// may cite. `row` is assembled and scored by `deployment`. Thread-safe.
using DecisionRecorder = std::function<absl::StatusOr<RecordedDecision>(
    const OwnedValue& id, const DecisionRow& row, const Deployment& deployment)>;

// All pointers outlive the RequestScorer.
struct ScoredTask {
  const Scorer* scorer = nullptr;
  const Snapshot<Deployment>* deployment = nullptr;
  // Called for rows with an id of tasks whose plan says records_requests; may be null.
  DecisionRecorder record;
};

// By name.
using ScoredTasks = std::map<std::string, ScoredTask, std::less<>>;

struct RequestScorerOptions {
  // Time of a decision that names none, and by which ages are told. Thread-safe.
  std::function<int64_t()> now_ms;
  size_t max_rows = 1000;
  // How far from now the time of a recorded decision may be: further back, the model of today would
  // be entered as having served then; further ahead, it would wait for its label for as long.
  int64_t max_past_ms = 3'600'000;
  int64_t max_ahead_ms = 60'000;
};

class RequestScorer final : public ScoreService {
 public:
  RequestScorer(ScoredTasks tasks, RequestScorerOptions options);

  absl::StatusOr<ScoreResponse> Score(const ScoreRequest& request) override;
  bool MayBlock(const ScoreRequest& request) const override;

 private:
  struct Chosen {
    const ScoredTask* task = nullptr;
    std::shared_ptr<const Deployment> deployment;
    int model = 0;
  };
  std::pair<const ScoredTask*, absl::string_view> Find(absl::string_view name) const;
  absl::StatusOr<Chosen> Choose(const ScoreRequest& request) const;
  struct Prepared;
  absl::Status CheckRecordedTime(const ScoreRequest& request, int64_t now_ms) const;
  absl::Status Prepare(const ScoreRequest& request, size_t row_index, const Chosen& chosen,
                       int64_t at_ms, Prepared* row) const;
  absl::StatusOr<RowScore> Answer(const ScoreRequest& request, const Chosen& chosen,
                                  const Prepared& row) const;

  ScoredTasks tasks_;
  RequestScorerOptions options_;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_REQUEST_SCORER_H_
