// TaskWorker: one task in event time: decisions wait until the inputs have progressed, are scored,
// wait for their labels, become examples, and teach the learners. Emits predictions, examples and
// models through the outbox.
//
// Owned by the engine's thread; deployment() and Status() may be read by any.

#ifndef MILLRACE_APP_WORKERS_TASK_WORKER_H_
#define MILLRACE_APP_WORKERS_TASK_WORKER_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "app/project.h"
#include "app/workers/learner_report.h"
#include "app/workers/task_state.h"
#include "app/workers/trainer.h"
#include "core/clock.h"
#include "featurestore/online_store.h"
#include "serving/scorer.h"
#include "stream/event.h"
#include "stream/label_join.h"
#include "stream/log.h"
#include "stream/outbox.h"
#include "stream/state_store.h"

namespace millrace {

// The terms of the conservation laws (docs/concepts.md):
// decisions = pending + duplicate + settled + dropped; settled = examples = learned + skipped.
struct TaskCounts {
  JoinCounts join;
  uint64_t pending = 0;
  uint64_t waiting = 0;       // decisions whose inputs have not progressed yet
  uint64_t rejected_ids = 0;  // trigger or label records without an id
  uint64_t too_large = 0;     // decisions not recorded: the log does not take them
  uint64_t timed_out = 0;     // decided when align_timeout had passed
  uint64_t examples = 0;
  uint64_t skipped = 0;
  uint64_t models_published = 0;
};

// A decision made on a request with an id: as it was served.
struct DecisionRequest {
  std::string id;  // encoded (EncodeId)
  int64_t at_ms = 0;
  std::string prediction;  // MakePrediction's message, serialized
};
struct DecisionAnswer {
  bool duplicate = false;
  std::string prediction;  // serialized: of the first decision with this id
};

class TaskWorker {
 public:
  struct Environment {
    OnlineStore* store;
    Outbox* outbox;
    Log* log;
    Clock* clock;
    const StateStore* state;
  };
  // Opens the task as last committed; folds what the examples log holds beyond the trainer's last
  // commit. REQUIRES: what an earlier process left in the outbox is shipped; task and environment
  // outlive the worker.
  static absl::StatusOr<std::unique_ptr<TaskWorker>> Open(const Project& project, int task,
                                                          Environment environment);

  // A record of the trigger's source: a decision at its event time, if `where` holds.
  void OnTrigger(const Event& event);
  // A record of a label source (index into LabelSpec::sources).
  absl::Status OnLabel(int label_source, const Event& event);

  // No further record or request with event time < progress will come: does everything due before,
  // in event-time order; at equal times settlements, learning, publish cut, decisions.
  // `decisions_ms` promises only that no further decision comes with T < decisions_ms: what labels
  // without a decision wait for. The former may go back from call to call.
  absl::Status Advance(int64_t progress_ms, int64_t decisions_ms);
  absl::Status Advance(int64_t progress_ms) { return Advance(progress_ms, progress_ms); }
  // Live: decides what has waited for longer than align_timeout, and publishes what has been
  // learned for longer than publish.max_delay, although event time has not come so far. Call it
  // regularly.
  absl::Status ReleaseOverdue();

  // Records a decision. The answer holds once the next commit is durable. FailedPrecondition for an
  // id whose decision is so old that its answer is not kept any more.
  absl::StatusOr<DecisionAnswer> RecordDecision(const DecisionRequest& request);

  void AddCommit(Trainer::Scope scope, StateBatch* batch);

  // Event time at which the first decision that waits, or is open, is due; kEndOfTime without any.
  int64_t NextDueMs() const { return std::min(join_->NextDueMs(), state_.waiting.NextMs()); }
  TaskCounts counts() const;
  // Metrics of every learner, in configuration order.
  std::vector<LearnerReport> Reports() const;
  Trainer& trainer() { return *trainer_; }
  const TaskSpec& task() const { return task_; }
  const Scorer& scorer() const { return *scorer_; }
  std::optional<int64_t> newest_decision_ms() const { return state_.newest_decision_ms; }

 private:
  TaskWorker(const Project& project, int task, Environment environment);
  absl::Status Load();
  absl::Status FoldExamplesLog();
  size_t MaxPredictionBytes() const;
  void Emit(absl::string_view id, int64_t at_ms, std::string prediction);
  absl::Status LearnSettled();
  absl::Status FoldExample(std::string record, int64_t timestamp_ms);
  // A publish cut, dated when it was due. REQUIRES: something is new.
  absl::Status Publish();
  absl::Status PublishOverdue(int64_t now_ns);
  enum class Inputs { kProgressed, kTimedOut };
  absl::Status Decide(const WaitingDecision& decision, Inputs inputs);

  const Project& project_;
  const TaskSpec& task_;
  const Environment env_;
  const std::string key_;  // of this task in the state store
  std::unique_ptr<LabelJoin> join_;
  std::unique_ptr<Trainer> trainer_;
  std::optional<Scorer> scorer_;
  int predictions_channel_ = 0;
  int examples_channel_ = 0;
  int models_channel_ = 0;
  TaskState state_;
  // Live: since when, at the latest, some example is in no model.
  std::optional<int64_t> unpublished_since_ns_;
  DecisionRow row_;  // scratch
  std::string scratch_;
  std::vector<Value> field_views_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_TASK_WORKER_H_
