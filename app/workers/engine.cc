#include "app/workers/engine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/workers/topics.h"
#include "core/check.h"
#include "core/log_line.h"
#include "core/status_macros.h"
#include "stream/dead_letter.h"

namespace millrace {
namespace {

constexpr absl::Duration kIdleWait = absl::Milliseconds(20);
constexpr absl::Duration kRequestPatience = absl::Seconds(5);
constexpr int kRejectLinesPerSecond = 1;

}  // namespace

struct Engine::PendingRequest {
  int task = 0;
  DecisionRequest request;
  absl::StatusOr<DecisionAnswer> answer = absl::UnavailableError("the engine has stopped");
  absl::Mutex mutex;
  bool done ABSL_GUARDED_BY(mutex) = false;
};

Engine::Engine(const Dependencies& dependencies, Mode mode)
    : deps_(dependencies),
      project_(*dependencies.project),
      mode_(mode),
      reject_log_(kRejectLinesPerSecond, *dependencies.clock),
      freshness_(*dependencies.project, dependencies.registry,
                 [store = dependencies.store](int32_t view) { return store->Updates(view); }),
      misrouted_log_(1, absl::Minutes(1), *dependencies.clock),
      ids_(project_.sources),
      available_from_(project_, *dependencies.store),
      tombstones_(project_, *dependencies.store),
      shard_in_flight_(dependencies.project->state.shards, false) {}

Engine::~Engine() = default;

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(const Dependencies& dependencies, Mode mode) {
  auto engine = std::unique_ptr<Engine>(new Engine(dependencies, mode));
  RETURN_IF_ERROR(engine->OpenTasks());
  RETURN_IF_ERROR(engine->OpenInputs());
  return engine;
}

absl::Status Engine::OpenTasks() {
  triggered_.resize(project_.sources.size());
  labels_.resize(project_.sources.size());
  holdbacks_.resize(project_.tasks.size());
  for (int t = 0; t < static_cast<int>(project_.tasks.size()); ++t) {
    const TaskSpec& spec = project_.tasks[t];
    ASSIGN_OR_RETURN(
        std::unique_ptr<TaskWorker> worker,
        TaskWorker::Open(project_, t,
                         {deps_.store, deps_.outbox, deps_.log, deps_.clock, deps_.state}));
    tasks_.push_back(std::move(worker));
    std::vector<bool>& sources = task_sources_.emplace_back(project_.sources.size(), false);
    std::vector<bool>& triggers = trigger_sources_.emplace_back(project_.sources.size(), false);
    const auto mark = [this](int32_t source, std::vector<bool>* marked) {
      for (const int32_t s : project_.TopicSources(source)) (*marked)[s] = true;
    };
    for (const TaskFeatureRead& read : spec.reads) MarkSourcesOf(read.view, &sources);
    for (const LabelSource& label : spec.label.sources) mark(label.source, &sources);
    if (spec.trigger_source) {
      mark(*spec.trigger_source, &sources);
      mark(*spec.trigger_source, &triggers);
    }
    if (spec.trigger_source) triggered_[*spec.trigger_source].push_back(t);
    for (int l = 0; l < static_cast<int>(spec.label.sources.size()); ++l) {
      labels_[spec.label.sources[l].source].emplace_back(t, l);
    }
  }
  return absl::OkStatus();
}

void Engine::MarkSourcesOf(int32_t view, std::vector<bool>* sources) const {
  for (const ViewInput& input : project_.views[view]->inputs) {
    for (const int32_t source : project_.TopicSources(input.source)) (*sources)[source] = true;
  }
}

absl::Status Engine::RejectRecord(int dead_letters, int32_t source, const Record& record,
                                  const Rejection& rejection) {
  if (const std::optional<int64_t> left_out = reject_log_.Admit()) {
    LogLine(LogLevel::kWarn, "record_rejected")
        .With("topic", project_.sources[source].topic)
        .With("partition", record.partition)
        .With("offset", record.offset)
        .With("reason", RejectCodeName(rejection.code))
        .With("lines_left_out", *left_out);
  }
  const bool dead_letter = project_.sources[source].on_error == OnError::kDeadLetter;
  CountRejected(source, rejection.code, dead_letter);
  if (!dead_letter) return absl::OkStatus();
  const DeadLetter letter(project_.sources[source].topic, record, rejection);
  deps_.outbox->Emit(dead_letters, OwnedRecord(letter.record()));
  return absl::OkStatus();
}

void Engine::CountRejected(int32_t source, RejectCode reason, bool dead_letter) {
  if (deps_.registry == nullptr) return;
  const Labels labels = {{"topic", project_.sources[source].topic},
                         {"reason", std::string(RejectCodeName(reason))}};
  deps_.registry
      ->GetCounter("millrace_decode_errors_total", "Records that were not taken, by reason", labels)
      .Add();
  if (!dead_letter) return;
  deps_.registry
      ->GetCounter("millrace_dlq_records_total", "Records written to dead letters, by reason",
                   labels)
      .Add();
}

absl::Status Engine::Run() {
  const absl::Status looped = Loop();
  absl::Status committed = deps_.committer->Drain();
  if (looped.ok() && committed.ok() && !redoing_) {
    committed = CommitNow(Trainer::Scope::kWhole, project_.state.shards);
  }
  absl::Status drained = deps_.committer->Drain();
  if (looped.ok() && committed.ok() && drained.ok() && !redoing_) {
    // What the last commit shipped is forgotten, or the next process would ship it again.
    Commit shipped;
    deps_.outbox->AddCommit(&shipped.batch, &shipped.ship);
    drained = deps_.committer->Submit(std::move(shipped));
    if (drained.ok()) drained = deps_.committer->Drain();
  }
  TakeCommittedShards();
  std::vector<std::shared_ptr<PendingRequest>> left;
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
    left.swap(requests_);
  }
  for (const auto& request : left) {
    absl::MutexLock lock(&request->mutex);
    request->done = true;
  }
  for (const auto& done : std::exchange(on_commit_, {})) done(absl::UnavailableError("stopped"));
  positions_->Close();
  RefreshStatus(/*now=*/true);
  RETURN_IF_ERROR(looped);
  RETURN_IF_ERROR(committed);
  return drained;
}

absl::Status Engine::Loop() {
  last_commit_ns_ = last_whole_ns_ = deps_.clock->MonotonicNanos();
  RefreshStatus(/*now=*/true);
  while (!stop_.load(std::memory_order_relaxed)) {
    if (redoing_) {
      ASSIGN_OR_RETURN(redoing_, Redo());
      TellPositions();
      if (redoing_) reader_->Wait(kIdleWait);
      continue;
    }
    RETURN_IF_ERROR(TakeRequests());
    ASSIGN_OR_RETURN(const Found found, mode_ == Mode::kLive ? LiveTurn() : SimulationTurn());
    TellPositions();
    if (found == Found::kEnd) return absl::OkStatus();
    RETURN_IF_ERROR(MaybeCommit());
    // At once when the work is done: whoever asks then wants to see it.
    RefreshStatus(/*now=*/found == Found::kNothing && last_found_ == Found::kWork);
    last_found_ = found;
    if (found == Found::kNothing) reader_->Wait(kIdleWait);
  }
  return absl::OkStatus();
}

// Gives shards what the committed positions have and they have not, in the order of the first time
// as far as time decides it; true while some is left.
absl::StatusOr<bool> Engine::Redo() {
  while (true) {
    SourceInput* earliest = nullptr;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      SourceInput& input = *inputs_[i];
      if (!input.redoing()) continue;
      ASSIGN_OR_RETURN(const bool head, Peek(i));
      if (!head && input.redoing()) return true;
      if (!head || !input.head_is_redo()) continue;
      if (earliest == nullptr || input.head() < earliest->head()) earliest = &input;
    }
    if (earliest == nullptr) return false;
    RETURN_IF_ERROR(earliest->Take([this](const Event& event) { return ApplyToStore(event); }));
  }
}

absl::Status Engine::Process(SourceInput& input) {
  const uint64_t misrouted = input.position().counts.misrouted;
  RETURN_IF_ERROR(input.Take([this](const Event& event) { return Apply(event); }));
  available_from_.Applied(input.source(), input.position().oldest_event_ms);
  if (input.position().counts.misrouted == misrouted) return absl::OkStatus();
  if (const std::optional<int64_t> left_out = misrouted_log_.Admit()) {
    LogLine(LogLevel::kWarn, "record_in_another_partition_than_its_key")
        .With("topic", input.spec().topic)
        .With("partition", input.partition())
        .With("partitioned_by", input.spec().partitioned_by->entity)
        .With("lines_left_out", *left_out);
  }
  return absl::OkStatus();
}

absl::Status Engine::ApplyToStore(const Event& event) {
  return event.change == Change::kDelete ? tombstones_.Apply(event) : deps_.store->Apply(event);
}

absl::Status Engine::Apply(const Event& event) {
  RETURN_IF_ERROR(ApplyToStore(event));
  freshness_.Applied(event);
  // What was decided or learned from a record stays so when the record is taken back.
  if (event.change != Change::kInsert) return absl::OkStatus();
  for (const int task : triggered_[event.source]) tasks_[task]->OnTrigger(event);
  for (const auto& [task, label] : labels_[event.source]) {
    RETURN_IF_ERROR(tasks_[task]->OnLabel(label, event));
  }
  return absl::OkStatus();
}

absl::Status Engine::TakeRequests() {
  std::vector<std::shared_ptr<PendingRequest>> requests;
  {
    absl::MutexLock lock(&mutex_);
    requests.swap(requests_);
  }
  if (requests.empty()) return absl::OkStatus();
  for (const std::shared_ptr<PendingRequest>& pending : requests) {
    pending->answer = tasks_[pending->task]->RecordDecision(pending->request);
    on_commit_.push_back([pending](const absl::Status& committed) {
      absl::MutexLock lock(&pending->mutex);
      if (!committed.ok() && pending->answer.ok()) pending->answer = committed;
      pending->done = true;
    });
  }
  return CommitNow(Trainer::Scope::kModels, 0);
}

void Engine::Stop() {
  stop_.store(true);
  deps_.committer->StopRetrying();  // or the loop may wait for a log that is away
  reader_->Wake();
}

void Engine::SetFrontier(Frontier frontier, AtEnd at_end) {
  {
    absl::MutexLock lock(&mutex_);
    frontier_ = std::move(frontier);
    at_end_ = at_end;
  }
  reader_->Wake();
}

absl::StatusOr<DecisionAnswer> Engine::RecordDecision(int task, DecisionRequest request) {
  auto pending = std::make_shared<PendingRequest>();
  pending->task = task;
  pending->request = std::move(request);
  {
    absl::MutexLock lock(&mutex_);
    if (ended_) return absl::UnavailableError("the engine has stopped");
    requests_.push_back(pending);
  }
  reader_->Wake();
  absl::MutexLock lock(&pending->mutex);
  if (!pending->mutex.AwaitWithTimeout(absl::Condition(&pending->done), kRequestPatience)) {
    return absl::DeadlineExceededError(
        "the decision was not made durable in time; the same id may be sent again");
  }
  return std::move(pending->answer);
}

}  // namespace millrace
