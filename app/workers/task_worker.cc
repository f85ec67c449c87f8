#include "app/workers/task_worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/workers/examples_recovery.h"
#include "app/workers/scoring_plan.h"
#include "app/workers/task_records.h"
#include "app/workers/topics.h"
#include "core/coding.h"
#include "core/log_line.h"
#include "core/status_macros.h"
#include "schemas/prediction.pb.h"
#include "stream/progress.h"
#include "stream/state_keys.h"
#include "stream/window.h"

namespace millrace {
namespace {

std::string TaskKey(char prefix, absl::string_view task) {
  std::string key(1, prefix);
  PutLengthPrefixed(&key, task);
  return key;
}

int64_t HourOf(int64_t time_ms) { return FloorTo(time_ms, 3'600'000); }

}  // namespace

TaskWorker::TaskWorker(const Project& project, int task, Environment environment)
    : project_(project),
      task_(project.tasks[task]),
      env_(environment),
      key_(TaskKey(kTaskPrefix, task_.name)) {}

absl::StatusOr<std::unique_ptr<TaskWorker>> TaskWorker::Open(const Project& project, int task,
                                                             Environment environment) {
  auto worker = std::unique_ptr<TaskWorker>(new TaskWorker(project, task, environment));
  RETURN_IF_ERROR(worker->Load());
  RETURN_IF_ERROR(worker->FoldExamplesLog());
  return worker;
}

absl::Status TaskWorker::Load() {
  predictions_channel_ = TaskChannel(project_, "predictions", task_.name, *env_.outbox);
  examples_channel_ = TaskChannel(project_, "examples", task_.name, *env_.outbox);
  models_channel_ = TaskChannel(project_, "models", task_.name, *env_.outbox);

  LabelRule rule{task_.label.aggregation, task_.label.within_ms, task_.label.empty,
                 !task_.trigger_source.has_value()};
  ASSIGN_OR_RETURN(join_, LabelJoin::Open(*env_.state, TaskKey(kJoinPrefix, task_.name), rule));
  ASSIGN_OR_RETURN(trainer_, Trainer::Open(task_, project_.MeaningDigest(), *env_.state,
                                           TaskKey(kTrainerPrefix, task_.name)));
  ASSIGN_OR_RETURN(scorer_, Scorer::Make(MakeScoringPlan(task_), *env_.store));

  std::string stored;
  const absl::Status found = env_.state->Get(key_, &stored);
  if (absl::IsNotFound(found)) return absl::OkStatus();
  RETURN_IF_ERROR(found);
  ASSIGN_OR_RETURN(state_, DecodeTaskState(stored, task_.name, env_.clock->MonotonicNanos()));
  for (const auto& [hour, counts] : state_.uncommitted) {
    for (uint64_t n = 0; n < counts.decided; ++n) trainer_->CountDecision(hour);
    for (uint64_t n = 0; n < counts.dropped; ++n) trainer_->CountUnlabelled(hour);
  }
  return absl::OkStatus();
}

absl::Status TaskWorker::FoldExamplesLog() {
  const TopicPartition topic{project_.OwnTopic(absl::StrCat("examples.", task_.name)), 0};
  return FoldExamples(*env_.log, topic, env_.outbox->Origin(examples_channel_),
                      env_.outbox->LastNumber(examples_channel_), trainer_.get());
}

void TaskWorker::OnTrigger(const Event& event) {
  if (task_.trigger_where) {
    const Value holds = task_.trigger_where->Evaluate(event.fields, &scratch_);
    if (holds.is_null() || !holds.bool_value()) return;
  }
  WaitingDecision waiting;
  if (task_.id_slot < 0) {
    const SourceSpec& source = project_.sources[event.source];
    std::string assigned = absl::StrCat(source.topic.empty() ? source.name : source.topic, "/",
                                        event.partition, "/", event.offset);
    // One record may be several decisions.
    if (event.item > 0) absl::StrAppend(&assigned, "/", event.item);
    waiting.id = EncodeId(Value::String(assigned));
  } else {
    const Value id = event.fields[task_.id_slot];
    if (id.is_null()) {
      ++state_.rejected_ids;
      return;
    }
    waiting.id = EncodeId(id);
  }
  waiting.order = {event.event_time_ms, event.source, event.partition, event.offset};
  for (const Value& field : event.fields) waiting.fields.emplace_back(field);
  state_.waiting.Add(std::move(waiting), env_.clock->MonotonicNanos());
}

absl::Status TaskWorker::OnLabel(int label_source, const Event& event) {
  const LabelSource& source = task_.label.sources[label_source];
  const Value id = event.fields[source.id_field];
  if (id.is_null()) {
    ++state_.rejected_ids;
    return absl::OkStatus();
  }
  const Value value =
      source.value ? source.value->Evaluate(event.fields, &scratch_) : Value::Bool(true);
  join_->Label(EncodeId(id), event.event_time_ms, value);
  // At once: a commit that knows the decision as settled must have its example too.
  return LearnSettled();
}

absl::Status TaskWorker::Advance(int64_t progress_ms, int64_t decisions_ms) {
  RETURN_IF_ERROR(LearnSettled());
  while (true) {
    const int64_t next =
        std::min({join_->NextDueMs(), trainer_->NextCutMs(), state_.waiting.NextMs()});
    if (next >= progress_ms) break;
    if (join_->NextDueMs() <= next) {
      join_->AdvanceLabels(next + 1);
      RETURN_IF_ERROR(LearnSettled());
    }
    if (trainer_->NextCutMs() <= next) {
      RETURN_IF_ERROR(Publish());
    }
    while (state_.waiting.NextMs() <= next) {
      RETURN_IF_ERROR(Decide(state_.waiting.TakeFirst(), Inputs::kProgressed));
    }
  }
  join_->AdvanceDecisions(decisions_ms);
  return LearnSettled();
}

absl::Status TaskWorker::Publish() {
  v1::ExampleRecord cut;
  cut.mutable_publish_cut()->set_time(trainer_->NextCutMs());
  RETURN_IF_ERROR(FoldExample(cut.SerializeAsString(), cut.publish_cut().time()));
  for (PublishedModel& model : trainer_->DeployPublished()) {
    RETURN_IF_ERROR(env_.outbox->EmitNumbered(
        models_channel_, model.number,
        {task_.learners[model.learner].name, std::move(model.record), {}, {}}));
  }
  unpublished_since_ns_.reset();
  return absl::OkStatus();
}

absl::Status TaskWorker::PublishOverdue(int64_t now_ns) {
  if (trainer_->NextCutMs() == kEndOfTime) return absl::OkStatus();
  if (!unpublished_since_ns_) unpublished_since_ns_ = now_ns;
  const int64_t max_delay_ns = task_.publish_max_delay_ms * 1'000'000;
  return now_ns - *unpublished_since_ns_ > max_delay_ns ? Publish() : absl::OkStatus();
}

absl::Status TaskWorker::ReleaseOverdue() {
  const int64_t now_ns = env_.clock->MonotonicNanos();
  const int64_t timeout_ns = task_.align_timeout_ms * 1'000'000;
  for (const WaitingDecision& overdue : state_.waiting.TakeAddedBefore(now_ns - timeout_ns)) {
    ++state_.timed_out;
    RETURN_IF_ERROR(Decide(overdue, Inputs::kTimedOut));
  }
  RETURN_IF_ERROR(LearnSettled());
  return PublishOverdue(now_ns);
}

absl::Status TaskWorker::Decide(const WaitingDecision& decision, Inputs inputs) {
  const int64_t at_ms = decision.order.event_time_ms;
  field_views_.clear();
  for (const OwnedValue& field : decision.fields) field_views_.push_back(field.view());
  // A late decision may lie before what the views keep: it is made with what there is.
  RETURN_IF_ERROR(scorer_->Assemble(field_views_, at_ms, &row_, Scorer::TooOld::kTruncate));
  const std::shared_ptr<const Deployment> deployment = trainer_->deployment().Read();
  scorer_->Score(*deployment, &row_);
  v1::Prediction prediction = MakePrediction(task_.name, decision.id, row_, *deployment);
  prediction.set_timed_out(inputs == Inputs::kTimedOut);
  std::string body = prediction.SerializeAsString();
  if (body.size() > MaxPredictionBytes()) {
    ++state_.too_large;
    LogLine(LogLevel::kWarn, "decision_too_large")
        .With("task", task_.name)
        .With("offset", decision.order.offset)
        .With("bytes", body.size());
  } else if (join_->Decide(decision.id, at_ms, body)) {
    Emit(decision.id, at_ms, std::move(body));
  }
  return absl::OkStatus();
}

void TaskWorker::Emit(absl::string_view id, int64_t at_ms, std::string prediction) {
  state_.newest_decision_ms = std::max(state_.newest_decision_ms.value_or(at_ms), at_ms);
  trainer_->CountDecision(at_ms);
  ++state_.uncommitted[HourOf(at_ms)].decided;
  env_.outbox->Emit(predictions_channel_, {std::string(id), std::move(prediction), {}, at_ms});
}

// An example repeats its prediction, so both fit into the log with room to spare.
size_t TaskWorker::MaxPredictionBytes() const { return env_.log->max_record_bytes() / 4; }

absl::StatusOr<DecisionAnswer> TaskWorker::RecordDecision(const DecisionRequest& request) {
  if (request.prediction.size() > MaxPredictionBytes()) {
    return absl::InvalidArgumentError(absl::StrCat("the inputs of this decision have ",
                                                   request.prediction.size(), " bytes, at most ",
                                                   MaxPredictionBytes(), " are recorded"));
  }
  if (join_->Decide(request.id, request.at_ms, request.prediction)) {
    Emit(request.id, request.at_ms, request.prediction);
    RETURN_IF_ERROR(LearnSettled());
    return DecisionAnswer{false, request.prediction};
  }
  const std::string* body = join_->FindBody(request.id);
  if (body == nullptr) {
    return absl::FailedPreconditionError("this id was decided before and its answer is not kept");
  }
  return DecisionAnswer{true, *body};
}

absl::Status TaskWorker::LearnSettled() {
  for (const Settlement& settlement : join_->TakeSettlements()) {
    RETURN_IF_ERROR(FoldExample(MakeExampleRecord(settlement), settlement.label_time_ms));
  }
  for (const int64_t decision_ms : join_->TakeDropped()) {
    trainer_->CountUnlabelled(decision_ms);
    ++state_.uncommitted[HourOf(decision_ms)].dropped;
  }
  return absl::OkStatus();
}

absl::Status TaskWorker::FoldExample(std::string record, int64_t timestamp_ms) {
  const uint64_t n = trainer_->folded() + 1;
  RETURN_IF_ERROR(trainer_->Fold(n, record));
  return env_.outbox->EmitNumbered(examples_channel_, n,
                                   {std::nullopt, std::move(record), {}, timestamp_ms});
}

void TaskWorker::AddCommit(Trainer::Scope scope, StateBatch* batch) {
  join_->AddCommit(batch);
  trainer_->AddCommit(scope, batch);
  if (scope == Trainer::Scope::kWhole) state_.uncommitted.clear();
  batch->Put(key_, EncodeTaskState(state_));
}

std::vector<LearnerReport> TaskWorker::Reports() const { return trainer_->Reports(); }

TaskCounts TaskWorker::counts() const {
  return {.join = join_->counts(),
          .pending = join_->pending(),
          .waiting = state_.waiting.size(),
          .rejected_ids = state_.rejected_ids,
          .too_large = state_.too_large,
          .timed_out = state_.timed_out,
          .examples = trainer_->examples(),
          .skipped = trainer_->skipped(),
          .models_published = trainer_->models_published()};
}

}  // namespace millrace
