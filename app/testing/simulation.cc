#include "app/testing/simulation.h"

#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "app/workers/source_decoder.h"
#include "app/workers/task_records.h"
#include "app/workers/topics.h"
#include "core/random.h"
#include "core/status_macros.h"
#include "schemas/prediction.pb.h"
#include "stream/dead_letter.h"
#include "stream/progress.h"

namespace millrace {
namespace {

// An event with its own bytes.
struct HeldEvent {
  Event event;
  std::vector<OwnedValue> fields;
  std::string key;
};

}  // namespace

Simulation::Simulation(const Project& project, const SimulationOptions& options)
    : project_(project),
      options_(options),
      log_({.clock = &clock_, .append_time = MemoryLogOptions::AppendTime::kTimestamp}),
      labels_(project.sources.size()),
      duplicates_(project.sources.size(), 0) {
  for (size_t t = 0; t < project_.tasks.size(); ++t) {
    const std::vector<LabelSource>& sources = project_.tasks[t].label.sources;
    for (size_t l = 0; l < sources.size(); ++l) {
      labels_[static_cast<size_t>(sources[l].source)].emplace_back(t, l);
    }
  }
}

absl::StatusOr<std::unique_ptr<Simulation>> Simulation::Open(const Project& project,
                                                             const SimulationOptions& options) {
  auto simulation = std::unique_ptr<Simulation>(new Simulation(project, options));
  RETURN_IF_ERROR(CreateTopics(project, simulation->log_));
  RETURN_IF_ERROR(simulation->OpenState());
  return simulation;
}

absl::Status Simulation::OpenState() {
  ASSIGN_OR_RETURN(store_,
                   OnlineStore::Open(state_, project_.views, {.shards = project_.state.shards}));
  if (options_.available_from_ms) {
    for (size_t v = 0; v < project_.views.size(); ++v) {
      store_->SetAvailableFrom(static_cast<int32_t>(v), *options_.available_from_ms);
    }
  }
  ASSIGN_OR_RETURN(outbox_, Outbox::Open(state_));
  RETURN_IF_ERROR(OpenChannels(project_, log_, *outbox_));
  RETURN_IF_ERROR(outbox_->Ship(log_, outbox_->TakeUnshipped()));
  for (size_t t = 0; t < project_.tasks.size(); ++t) {
    ASSIGN_OR_RETURN(std::unique_ptr<TaskWorker> worker,
                     TaskWorker::Open(project_, static_cast<int>(t),
                                      {store_.get(), outbox_.get(), &log_, &clock_, &state_}));
    tasks_.push_back(std::move(worker));
  }
  return OpenInputs();
}

absl::Status Simulation::OpenInputs() {
  std::vector<ReadFrom> reads;
  ids_ = std::make_unique<SourceIds>(project_.sources);
  tombstones_ = std::make_unique<Tombstones>(project_, *store_);
  RETURN_IF_ERROR(ids_->Load(state_));
  for (size_t s = 0; s < project_.sources.size(); ++s) {
    const auto source = static_cast<int32_t>(s);
    const SourceSpec& spec = project_.sources[s];
    if (!spec.bases.empty()) continue;
    for (int32_t p = 0; p < project_.log.partitions; ++p) {
      InputPosition position;
      std::string stored;
      const absl::Status found = state_.Get(InputPosition::Key(spec, p), &stored);
      if (found.ok()) {
        ASSIGN_OR_RETURN(position, InputPosition::Decode(stored));
      } else if (!absl::IsNotFound(found)) {
        return found;
      }
      const int64_t from = position.next_offset;
      SourceInput::Parts parts;
      parts.decoder = MakeDecoder(spec);
      parts.ids = ids_->of(source);
      if (spec.partitioned_by) parts.partitions = project_.log.partitions;
      if (!spec.lookups.empty()) {
        parts.lookups = std::make_unique<SourceLookups>(spec, p, *store_);
        RETURN_IF_ERROR(parts.lookups->Load(state_));
      }
      parts.on_reject = [this, source](const Record& record, const Rejection& rejection) {
        return RejectRecord(source, record, rejection);
      };
      inputs_.push_back(std::make_unique<SourceInput>(project_.sources, source, p,
                                                      std::move(position), from, std::move(parts)));
      reads.push_back({{spec.topic, p}, from});
    }
  }
  ASSIGN_OR_RETURN(reader_, log_.OpenReader(std::move(reads)));
  return absl::OkStatus();
}

int64_t Simulation::OffsetOf(int32_t source, int32_t partition, int64_t log_offset) const {
  return offsets_.at({source, partition})[static_cast<size_t>(log_offset)];
}

absl::Status Simulation::RejectRecord(int32_t source, Record record, const Rejection& rejection) {
  const SourceSpec& spec = project_.sources[static_cast<size_t>(source)];
  if (spec.on_error != OnError::kDeadLetter) return absl::OkStatus();
  record.offset = OffsetOf(source, record.partition, record.offset);
  const DeadLetter letter(spec.topic, record, rejection);
  outbox_->Emit(DeadLetterChannel(project_, spec, *outbox_), OwnedRecord(letter.record()));
  return absl::OkStatus();
}

absl::Status Simulation::Add(const TestRecord& record) {
  if (!seen_.emplace(record.source, record.partition, record.offset).second) {
    ++duplicates_[static_cast<size_t>(record.source)];
    return absl::OkStatus();
  }
  std::vector<Header> headers;
  for (const auto& [name, value] : record.headers) headers.push_back({name, value});
  AppendRecord append;
  append.topic = project_.sources[static_cast<size_t>(record.source)].topic;
  append.partition = record.partition;
  if (record.key) append.key = *record.key;
  if (record.value) append.value = *record.value;
  append.headers = headers;
  append.timestamp_ms = record.appended_ms;
  RETURN_IF_ERROR(log_.Append(std::span(&append, 1)).status());
  offsets_[{record.source, record.partition}].push_back(record.offset);
  return absl::OkStatus();
}

absl::StatusOr<SourceInput*> Simulation::EarliestHead() {
  SourceInput* earliest = nullptr;
  const auto order = [this](const SourceInput& input) {
    EventOrder order = input.head();
    order.offset = OffsetOf(order.source, order.partition, order.offset);
    return order;
  };
  for (size_t i = 0; i < inputs_.size(); ++i) {
    ASSIGN_OR_RETURN(const bool head, inputs_[i]->Peek(*reader_, i));
    if (head && (earliest == nullptr || order(*inputs_[i]) < order(*earliest))) {
      earliest = inputs_[i].get();
    }
  }
  return earliest;
}

absl::Status Simulation::Process(SourceInput& input) {
  const EventOrder head = input.head();
  const int64_t offset = OffsetOf(head.source, head.partition, head.offset);
  RETURN_IF_ERROR(input.Take([&](const Event& event) {
    time_ms_ = std::max(time_ms_, head.event_time_ms);
    RETURN_IF_ERROR(RunTasks(head.event_time_ms));
    Event placed = event;
    placed.offset = offset;
    return Apply(placed);
  }));
  time_ms_ = std::max({time_ms_, head.event_time_ms, input.position().newest_event_ms});
  if (options_.position_marks) {
    for (const auto& [source, partition] : input.events().places()) {
      store_->AdvanceInput(source, partition, offset + 1);
    }
  }
  return absl::OkStatus();
}

absl::Status Simulation::ApplyToStore(const Event& event) {
  return event.change == Change::kDelete ? tombstones_->Apply(event) : store_->Apply(event);
}

absl::Status Simulation::Apply(const Event& event) {
  RETURN_IF_ERROR(ApplyToStore(event));
  if (event.change != Change::kInsert) return absl::OkStatus();
  for (const auto& task : tasks_) {
    if (task->task().trigger_source == event.source) task->OnTrigger(event);
  }
  for (const auto& [task, label] : labels_[static_cast<size_t>(event.source)]) {
    RETURN_IF_ERROR(tasks_[static_cast<size_t>(task)]->OnLabel(label, event));
  }
  return absl::OkStatus();
}

absl::Status Simulation::ProcessAll() {
  if (options_.shuffle_seed) return ProcessShuffled();
  while (true) {
    ASSIGN_OR_RETURN(SourceInput* const input, EarliestHead());
    if (input == nullptr) return absl::OkStatus();
    RETURN_IF_ERROR(Process(*input));
    if (options_.restart) RETURN_IF_ERROR(Reopen());
  }
}

// Records are judged and counted in the order of their log, as lateness is a function of it; then
// the store gets them in another.
absl::Status Simulation::ProcessShuffled() {
  std::vector<std::vector<HeldEvent>> held;  // by record: its events come in their order
  while (true) {
    ASSIGN_OR_RETURN(SourceInput* const input, EarliestHead());
    if (input == nullptr) break;
    std::vector<HeldEvent>& record = held.emplace_back();
    RETURN_IF_ERROR(input->Take([&](const Event& event) {
      HeldEvent& kept = record.emplace_back();
      kept.event = event;
      kept.event.offset = OffsetOf(input->source(), input->partition(), event.offset);
      for (const Value& field : event.fields) kept.fields.emplace_back(field);
      kept.key = std::string(event.key);
      return absl::OkStatus();
    }));
    time_ms_ = std::max(time_ms_, input->position().newest_event_ms);
  }
  Random(*options_.shuffle_seed).Shuffle(std::span(held));
  std::vector<Value> views;
  for (std::vector<HeldEvent>& record : held) {
    for (HeldEvent& event : record) {
      views.clear();
      for (const OwnedValue& field : event.fields) views.push_back(field.view());
      event.event.fields = views;
      event.event.key = event.key;
      RETURN_IF_ERROR(ApplyToStore(event.event));
    }
  }
  return absl::OkStatus();
}

absl::Status Simulation::RunTasks(int64_t progress_ms) {
  progress_ms_ = std::max(progress_ms_, progress_ms);
  for (const auto& task : tasks_) RETURN_IF_ERROR(task->Advance(progress_ms_, progress_ms_));
  return absl::OkStatus();
}

absl::Status Simulation::Settle() {
  RETURN_IF_ERROR(ProcessAll());
  if (time_ms_ != INT64_MIN) RETURN_IF_ERROR(RunTasks(time_ms_ + 1));
  return Commit();
}

absl::Status Simulation::Advance(int64_t to_ms) {
  RETURN_IF_ERROR(ProcessAll());
  time_ms_ = std::max(time_ms_, to_ms);
  RETURN_IF_ERROR(RunTasks(to_ms));
  return options_.restart ? Reopen() : Commit();
}

absl::StatusOr<RecordedDecision> Simulation::RecordDecision(int task, const OwnedValue& id,
                                                            const DecisionRow& row,
                                                            const Deployment& deployment) {
  TaskWorker& worker = *tasks_[static_cast<size_t>(task)];
  DecisionRequest decision;
  decision.id = EncodeId(id.view());
  decision.at_ms = row.at_ms;
  decision.prediction =
      MakePrediction(worker.task().name, decision.id, row, deployment).SerializeAsString();
  ASSIGN_OR_RETURN(const DecisionAnswer answer, worker.RecordDecision(decision));
  RecordedDecision recorded{id, std::nullopt};
  if (answer.duplicate && !recorded.first.emplace().ParseFromString(answer.prediction)) {
    return absl::DataLossError("the stored answer to this id does not parse");
  }
  return recorded;
}

absl::StatusOr<ScoreResponse> Simulation::Request(const TestRequest& request) {
  RETURN_IF_ERROR(ProcessAll());
  time_ms_ = std::max(time_ms_, request.at_ms);
  RETURN_IF_ERROR(RunTasks(request.at_ms + 1));
  TaskWorker& worker = *tasks_[static_cast<size_t>(request.task)];
  const TaskSpec& task = worker.task();
  ScoredTask scored;
  scored.scorer = &worker.scorer();
  scored.deployment = &worker.trainer().deployment();
  scored.record = [this, &request](const OwnedValue& id, const DecisionRow& row,
                                   const Deployment& deployment) {
    return RecordDecision(request.task, id, row, deployment);
  };
  RequestScorer scorer({{task.name, scored}}, {.now_ms = [&request] { return request.at_ms; }});
  ScoreRequest score;
  score.task = task.name;
  score.at_ms = request.at_ms;
  ScoreRow& row = score.rows.emplace_back();
  for (const auto& [name, value] : request.fields) row.fields.push_back({name, value});
  // Elsewhere the id is only the test's name for the answer.
  if (request.has_id && !task.trigger_source) row.id = request.id_value;
  ASSIGN_OR_RETURN(ScoreResponse response, scorer.Score(score));
  RETURN_IF_ERROR(options_.restart ? Reopen() : Commit());
  return response;
}

absl::Status Simulation::Commit() {
  StateBatch batch;
  for (int32_t shard = 0; shard < project_.state.shards; ++shard) {
    RETURN_IF_ERROR(store_->AddCommit(shard, &batch));
  }
  for (const auto& task : tasks_) task->AddCommit(Trainer::Scope::kWhole, &batch);
  for (const auto& input : inputs_) {
    batch.Put(InputPosition::Key(input->spec(), input->partition()), input->position().Encode());
    if (SourceLookups* lookups = input->lookups()) {
      lookups->AddCommit(input->position().next_offset, &batch);
    }
  }
  AddIdsCommit(&batch);
  std::vector<OutboxEntry> ship;
  outbox_->AddCommit(&batch, &ship);
  const absl::Status committed = state_.Commit(batch);
  for (int32_t shard = 0; shard < project_.state.shards; ++shard) {
    store_->Committed(shard, committed.ok());
  }
  RETURN_IF_ERROR(committed);
  return outbox_->Ship(log_, ship);
}

void Simulation::AddIdsCommit(StateBatch* batch) {
  std::vector<SourceIds::PartitionTime> times;
  for (const auto& input : inputs_) {
    const int64_t newest_ms = input->position().newest_event_ms;
    if (newest_ms != kNoTime) times.push_back({input->source(), newest_ms});
  }
  ids_->AddCommit(times, batch);
}

absl::Status Simulation::Reopen() {
  RETURN_IF_ERROR(Commit());
  reader_.reset();
  inputs_.clear();
  tombstones_.reset();
  ids_.reset();
  tasks_.clear();
  outbox_.reset();
  store_.reset();
  return OpenState();
}

TestCounts Simulation::counts(int32_t source) const {
  TestCounts sum;
  for (const auto& input : inputs_) {
    const InputPosition& position = input->position();
    if (input->source() == source) sum.records += position.counts;
    const std::vector<int32_t>& reached = input->events().reached();
    for (size_t r = 0; r < reached.size(); ++r) {
      if (reached[r] == source) sum.events += position.events[r];
    }
  }
  // Of a derived source the rows that reach it are its records.
  if (!project_.sources[static_cast<size_t>(source)].bases.empty()) {
    sum.records.read = sum.events.inserted + sum.events.retracted + sum.events.filtered;
    sum.records.applied = sum.records.read;
  }
  sum.records.read += duplicates_[static_cast<size_t>(source)];
  sum.records.duplicate += duplicates_[static_cast<size_t>(source)];
  return sum;
}

absl::Status Simulation::Visit(const std::string& topic,
                               absl::FunctionRef<void(const Record&)> visit) {
  ASSIGN_OR_RETURN(const auto reader, log_.OpenReader({{{topic, 0}, 0}}));
  RecordBatch batch;
  while (true) {
    batch.Clear();
    ASSIGN_OR_RETURN(const int read, reader->Read(0, 1 << 20, &batch));
    if (read == 0) return absl::OkStatus();
    for (const Record& record : batch.records()) visit(record);
  }
}

}  // namespace millrace
