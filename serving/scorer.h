// Scorer: from the fields of a decision to the scores of every learner of its task. Assembling
// reads the features as of the decision's time; scoring asks the models of one Deployment.
//
// Immutable and thread-safe; each thread brings its own DecisionRow, which is reused from decision
// to decision, so that a warm thread allocates only where the store or an expression makes a
// string.
//
//   RETURN_IF_ERROR(scorer.Assemble(fields, at_ms, &row));
//   scorer.Score(*deployment, &row);

#ifndef MILLRACE_SERVING_SCORER_H_
#define MILLRACE_SERVING_SCORER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/value.h"
#include "featurestore/online_store.h"
#include "serving/deployment.h"
#include "serving/scoring_plan.h"

namespace millrace {

// One decision, assembled and scored. Values are views into this row and into the fields it was
// assembled from. Owned by one thread; REQUIRES: not moved while its values are used.
struct DecisionRow {
  int64_t at_ms = 0;
  std::vector<Value> slots;            // by ScoringPlan::slots
  std::vector<FeatureValue> features;  // of all reads, one after another
  std::vector<Value> inputs;           // by ScoringPlan::inputs
  // Parallel to inputs: of a feature its own; missing for a field that is null or was not given,
  // null for an expression that is.
  std::vector<FeatureStatus> input_statuses;
  std::vector<double> scores;  // by Deployment::models

  std::vector<Value> key;            // of the read under way
  std::vector<Value> request;        // of the read under way
  std::vector<std::string> scratch;  // strings made by expressions, by input
};

class Scorer {
 public:
  // InvalidArgument when the plan's indices do not fit its slots or the store's views.
  // REQUIRES: the store outlives the scorer.
  static absl::StatusOr<Scorer> Make(std::shared_ptr<const ScoringPlan> plan,
                                     const OnlineStore& store);

  // Fills the slots, features, inputs and statuses of *row for a decision at at_ms. A feature that
  // is still warming is null to the learners; its value stands in row->features.
  // REQUIRES: fields.size() == plan().field_count, of the declared types or null; they outlive the
  // use of *row. Errors: those of OnlineStore::Read; its OutOfRange only with TooOld::kRefuse, else
  // what is not kept any more is null, `truncated`.
  enum class TooOld { kRefuse, kTruncate };
  absl::Status Assemble(std::span<const Value> fields, int64_t at_ms, DecisionRow* row,
                        TooOld too_old = TooOld::kRefuse) const;

  // Scores an assembled row by every model of the deployment.
  void Score(const Deployment& deployment, DecisionRow* row) const;

  const ScoringPlan& plan() const { return *plan_; }
  // "view.feature" of each entry of DecisionRow::features.
  const std::vector<std::string>& feature_names() const { return feature_names_; }

 private:
  Scorer(std::shared_ptr<const ScoringPlan> plan, const OnlineStore& store);

  void FillInputs(DecisionRow* row) const;

  std::shared_ptr<const ScoringPlan> plan_;
  const OnlineStore* store_;
  std::vector<std::string> feature_names_;
  std::vector<int> slot_feature_;  // by slot: its index in DecisionRow::features, or -1
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_SCORER_H_
