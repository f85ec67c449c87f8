// Trainer: the fold of one task's examples log: learners, what they have published, and the metrics
// of every learner. Everything here is a pure function of the records folded, in their order, so
// the same log gives the same models and metrics, whenever and however often it is folded.
//
// Owned by the engine's thread; the deployment it publishes may be read by any.

#ifndef MILLRACE_APP_WORKERS_TRAINER_H_
#define MILLRACE_APP_WORKERS_TRAINER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "app/project.h"
#include "app/workers/learner_report.h"
#include "core/snapshot.h"
#include "learners/learner.h"
#include "learners/metrics/binary_metrics.h"
#include "learners/metrics/windowed_metrics.h"
#include "schemas/prediction.pb.h"
#include "serving/deployment.h"
#include "stream/state_store.h"

namespace millrace {

// A model that a publish cut has made.
struct PublishedModel {
  int learner = 0;      // index into TaskSpec::learners
  uint64_t number = 0;  // in the models channel
  std::string record;   // a serialized v1::ModelRecord
  std::shared_ptr<const Model> model;
};

// Metrics of one learner over all examples folded.
struct LearnerMetrics {
  BinaryMetrics served;       // of the score given at decision time
  BinaryMetrics progressive;  // of the score just before learning
  WindowedMetrics windows;    // served, by decision time
};

class Trainer {
 public:
  // Opens the trainer as last committed under `prefix` (fresh when there is nothing) and publishes
  // the models last committed, or each learner's prior as step 0, to deployment().
  // REQUIRES: `task` outlives the trainer. DataLoss when stored state does not parse.
  static absl::StatusOr<std::unique_ptr<Trainer>> Open(const TaskSpec& task,
                                                       const std::string& config_digest,
                                                       const StateStore& state, std::string prefix);

  // Number of the examples channel folded last; 0 before the first.
  uint64_t folded() const { return folded_; }
  // Folds record `number` of the examples channel (a serialized v1::ExampleRecord). A publish cut
  // publishes a model of every learner. DataLoss when it does not parse. REQUIRES: number ==
  // folded() + 1.
  absl::Status Fold(uint64_t number, absl::string_view record);

  // Event time at which the publish policy wants its next cut, or kEndOfTime while nothing is new.
  int64_t NextCutMs() const;

  // Makes what a cut has published the models that serve, and part of the next commit. Returns it.
  std::vector<PublishedModel> DeployPublished();
  // Drops what a cut has published: it was deployed before.
  void ForgetPublished() { published_.clear(); }
  Snapshot<Deployment>& deployment() { return deployment_; }

  // Adds the models deployed since the last call; with `whole`, also learners and metrics.
  enum class Scope { kModels, kWhole };
  void AddCommit(Scope scope, StateBatch* batch);

  const TaskSpec& task() const { return task_; }
  // Decisions made, and decisions that will have no label, are no part of the examples log: the
  // caller keeps those since the last commit of Scope::kWhole and counts them again after a
  // restart.
  void CountDecision(int64_t decision_ms);
  void CountUnlabelled(int64_t decision_ms);
  // Metrics of every learner, in configuration order.
  std::vector<LearnerReport> Reports() const;
  uint64_t examples() const { return examples_; }
  uint64_t skipped() const { return skipped_; }
  uint64_t models_published() const { return next_model_ - 1; }
  // Bytes of the learner's model as last deployed; for digests.
  std::string DeployedModelBytes(int learner) const;

 private:
  struct LearnerState {
    std::unique_ptr<Learner> learner;
    LearnerMetrics metrics;
    uint64_t published_step = 0;
    std::string deployed_record;  // committed with the next commit when dirty
    bool deployed_dirty = false;
  };

  Trainer(const TaskSpec& task, std::string config_digest, std::string prefix);
  absl::Status MakeLearners();
  absl::Status Load(const StateStore& state);
  absl::Status LearnExample(const v1::Example& example);
  void Cut(int64_t time_ms);
  // Puts a model into next_.
  void Deploy(int learner, const v1::ModelRecord& record, std::shared_ptr<const Model> model);
  void PublishDeployment();
  std::string WholeKey() const;
  std::string ModelKey(int learner) const;

  const TaskSpec& task_;
  const std::string config_digest_;
  const std::string prefix_;
  std::vector<LearnerState> states_;
  uint64_t folded_ = 0;
  uint64_t examples_ = 0;
  uint64_t skipped_ = 0;
  uint64_t next_model_ = 1;
  uint64_t cut_from_ = 1;            // first example number not in any published model
  uint64_t new_examples_ = 0;        // since the last cut
  int64_t last_cut_ms_ = INT64_MIN;  // event time; INT64_MIN before the first
  int64_t oldest_new_ms_ = 0;        // label time of the oldest example not yet published
  int64_t newest_label_ms_ = INT64_MIN;
  int64_t due_since_ms_ = 0;   // label time at which min_examples was reached
  std::vector<Value> inputs_;  // scratch
  v1::ExampleRecord record_;   // scratch
  std::vector<PublishedModel> published_;
  Deployment next_;  // what deployment_ holds, editable
  Snapshot<Deployment> deployment_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_TRAINER_H_
