#include "app/workers/trainer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/workers/inputs_codec.h"
#include "core/check.h"
#include "core/coding.h"
#include "core/hashing.h"
#include "core/status_macros.h"
#include "stream/progress.h"

namespace millrace {
namespace {

constexpr uint32_t kGeneration = 1;  // of every learner, until live changes raise it
constexpr uint32_t kModelFormat = 1;

double LabelNumber(const v1::LabelValue& label) {
  switch (label.kind_case()) {
    case v1::LabelValue::kBoolValue: return label.bool_value() ? 1.0 : 0.0;
    case v1::LabelValue::kIntValue: return static_cast<double>(label.int_value());
    default: return label.double_value();
  }
}

}  // namespace

Trainer::Trainer(const TaskSpec& task, std::string config_digest, std::string prefix)
    : task_(task), config_digest_(std::move(config_digest)), prefix_(std::move(prefix)) {}

absl::StatusOr<std::unique_ptr<Trainer>> Trainer::Open(const TaskSpec& task,
                                                       const std::string& config_digest,
                                                       const StateStore& state,
                                                       std::string prefix) {
  auto trainer = std::unique_ptr<Trainer>(new Trainer(task, config_digest, std::move(prefix)));
  RETURN_IF_ERROR(trainer->MakeLearners());
  RETURN_IF_ERROR(trainer->Load(state));
  return trainer;
}

absl::Status Trainer::MakeLearners() {
  const std::vector<InputField> inputs = task_.InputFields();
  next_.task = task_.name;
  next_.champion = task_.champion;
  for (size_t i = 0; i < task_.learners.size(); ++i) {
    const TaskLearner& spec = task_.learners[i];
    LearnerState& state = states_.emplace_back();
    ASSIGN_OR_RETURN(state.learner, spec.type->make(spec.options, inputs));
    const bool champion = static_cast<int>(i) == task_.champion;
    next_.models.push_back({.learner = spec.name,
                            .role = champion ? LearnerRole::kChampion : LearnerRole::kShadow,
                            .generation = kGeneration,
                            .step = 0,
                            .model = state.learner->Publish()});
  }
  PublishDeployment();
  return absl::OkStatus();
}

std::string Trainer::WholeKey() const { return prefix_ + "s"; }

std::string Trainer::ModelKey(int learner) const {
  return absl::StrCat(prefix_, "m", task_.learners[learner].name);
}

absl::Status Trainer::Load(const StateStore& state) {
  for (int i = 0; i < static_cast<int>(states_.size()); ++i) {
    std::string record;
    const absl::Status found = state.Get(ModelKey(i), &record);
    if (absl::IsNotFound(found)) continue;
    RETURN_IF_ERROR(found);
    v1::ModelRecord parsed;
    if (!parsed.ParseFromString(record) || parsed.learner() != task_.learners[i].name ||
        Crc32c(parsed.model()) != parsed.crc32c()) {
      return absl::DataLossError(absl::StrCat("model ", task_.name, ".", task_.learners[i].name,
                                              " is damaged: its checksum differs"));
    }
    ASSIGN_OR_RETURN(std::shared_ptr<const Model> model,
                     task_.learners[i].type->load_model(parsed.model()));
    Deploy(i, parsed, std::move(model));
    states_[i].deployed_record = std::move(record);
  }
  PublishDeployment();
  std::string stored;
  const absl::Status found = state.Get(WholeKey(), &stored);
  if (absl::IsNotFound(found)) return absl::OkStatus();
  RETURN_IF_ERROR(found);
  absl::string_view in = stored;
  bool good = GetVarint(&in, &folded_) && GetVarint(&in, &examples_) && GetVarint(&in, &skipped_) &&
              GetVarint(&in, &next_model_) && GetVarint(&in, &cut_from_) &&
              GetVarint(&in, &new_examples_) && GetSignedVarint(&in, &last_cut_ms_) &&
              GetSignedVarint(&in, &oldest_new_ms_) && GetSignedVarint(&in, &newest_label_ms_) &&
              GetSignedVarint(&in, &due_since_ms_);
  for (LearnerState& learner : states_) {
    absl::string_view weights, served, progressive, windows;
    good = good && GetVarint(&in, &learner.published_step) && GetLengthPrefixed(&in, &weights) &&
           GetLengthPrefixed(&in, &served) && GetLengthPrefixed(&in, &progressive) &&
           GetLengthPrefixed(&in, &windows);
    if (!good) break;
    RETURN_IF_ERROR(learner.learner->Load(weights));
    ASSIGN_OR_RETURN(learner.metrics.served, BinaryMetrics::Load(served));
    ASSIGN_OR_RETURN(learner.metrics.progressive, BinaryMetrics::Load(progressive));
    RETURN_IF_ERROR(learner.metrics.windows.Load(windows));
  }
  if (!good) {
    return absl::DataLossError(absl::StrCat("task ", task_.name, ": stored learners do not parse"));
  }
  return absl::OkStatus();
}

absl::Status Trainer::Fold(uint64_t number, absl::string_view record) {
  CHECK(number == folded_ + 1);
  if (!record_.ParseFromArray(record.data(), static_cast<int>(record.size()))) {
    return absl::DataLossError(
        absl::StrCat("task ", task_.name, ": example ", number, " does not parse"));
  }
  folded_ = number;
  switch (record_.kind_case()) {
    case v1::ExampleRecord::kExample: return LearnExample(record_.example());
    case v1::ExampleRecord::kPublishCut: Cut(record_.publish_cut().time()); return absl::OkStatus();
    case v1::ExampleRecord::KIND_NOT_SET: break;
  }
  return absl::DataLossError(absl::StrCat("task ", task_.name, ": example ", number, " is empty"));
}

absl::Status Trainer::LearnExample(const v1::Example& example) {
  const v1::Prediction& prediction = example.prediction();
  if (!DecodeInputs(prediction.inputs(), &inputs_) || inputs_.size() != task_.inputs.size() ||
      prediction.scores_size() != static_cast<int>(states_.size())) {
    return absl::DataLossError(absl::StrCat(
        "task ", task_.name, ": an example does not fit the task's inputs and learners"));
  }
  const double label = LabelNumber(example.label());
  ++examples_;
  bool skipped = true;
  for (size_t i = 0; i < states_.size(); ++i) {
    LearnerState& state = states_[i];
    const LearnResult result = state.learner->Learn(inputs_, label, example.weight());
    const double served = prediction.scores(static_cast<int>(i)).score();
    state.metrics.served.Add(served, label > 0.5);
    state.metrics.progressive.Add(result.score, label > 0.5);
    state.metrics.windows.AddOutcome(prediction.decision_time(), served, label > 0.5);
    skipped = skipped && result.skipped;
  }
  if (skipped) ++skipped_;
  if (new_examples_++ == 0) oldest_new_ms_ = example.label_time();
  if (new_examples_ == task_.publish_min_examples) due_since_ms_ = example.label_time();
  newest_label_ms_ = std::max(newest_label_ms_, example.label_time());
  return absl::OkStatus();
}

int64_t Trainer::NextCutMs() const {
  if (new_examples_ == 0) return kEndOfTime;
  const int64_t latest = oldest_new_ms_ + task_.publish_max_delay_ms;
  if (new_examples_ < task_.publish_min_examples) return latest;
  const int64_t by_period = last_cut_ms_ == INT64_MIN
                                ? due_since_ms_
                                : std::max(due_since_ms_, last_cut_ms_ + task_.publish_every_ms);
  return std::min(by_period, latest);
}

void Trainer::Cut(int64_t time_ms) {
  for (int i = 0; i < static_cast<int>(states_.size()); ++i) {
    LearnerState& state = states_[i];
    v1::ModelRecord record;
    record.set_task(task_.name);
    record.set_learner(task_.learners[i].name);
    record.set_type(task_.learners[i].type->name);
    record.set_generation(kGeneration);
    record.set_step(state.learner->Step());
    record.set_cut_time(time_ms);
    record.set_newest_label_time(newest_label_ms_);
    record.set_examples_from(cut_from_);
    record.set_examples_to(folded_);  // the cut itself is not an example
    record.set_parent_step(state.published_step);
    record.set_config_generation(kGeneration);
    record.set_config_digest(config_digest_);
    std::shared_ptr<const Model> model = state.learner->Publish();
    model->Save(record.mutable_model());
    record.set_crc32c(Crc32c(record.model()));
    record.set_format(kModelFormat);
    state.published_step = state.learner->Step();
    published_.push_back({i, next_model_++, record.SerializeAsString(), model});
    Deploy(i, record, std::move(model));
  }
  last_cut_ms_ = time_ms;
  cut_from_ = folded_ + 1;
  new_examples_ = 0;
}

void Trainer::Deploy(int learner, const v1::ModelRecord& record,
                     std::shared_ptr<const Model> model) {
  DeployedModel& deployed = next_.models[learner];
  deployed.generation = record.generation();
  deployed.step = record.step();
  deployed.model = std::move(model);
  deployed.cut_time_ms = record.cut_time();
  deployed.newest_label_time_ms = record.newest_label_time();
}

std::vector<PublishedModel> Trainer::DeployPublished() {
  for (const PublishedModel& model : published_) {
    states_[model.learner].deployed_record = model.record;
    states_[model.learner].deployed_dirty = true;
  }
  PublishDeployment();
  return std::exchange(published_, {});
}

void Trainer::PublishDeployment() {
  deployment_.Publish(std::make_shared<const Deployment>(next_));
}

void Trainer::AddCommit(Scope scope, StateBatch* batch) {
  for (int i = 0; i < static_cast<int>(states_.size()); ++i) {
    if (!states_[i].deployed_dirty) continue;
    batch->Put(ModelKey(i), states_[i].deployed_record);
    states_[i].deployed_dirty = false;
  }
  if (scope != Scope::kWhole) return;
  std::string out, part;
  PutVarint(&out, folded_);
  PutVarint(&out, examples_);
  PutVarint(&out, skipped_);
  PutVarint(&out, next_model_);
  PutVarint(&out, cut_from_);
  PutVarint(&out, new_examples_);
  PutSignedVarint(&out, last_cut_ms_);
  PutSignedVarint(&out, oldest_new_ms_);
  PutSignedVarint(&out, newest_label_ms_);
  PutSignedVarint(&out, due_since_ms_);
  const auto put_part = [&](const auto& saved) {
    part.clear();
    saved.Save(&part);
    PutLengthPrefixed(&out, part);
  };
  for (const LearnerState& state : states_) {
    PutVarint(&out, state.published_step);
    put_part(*state.learner);
    put_part(state.metrics.served);
    put_part(state.metrics.progressive);
    put_part(state.metrics.windows);
  }
  batch->Put(WholeKey(), std::move(out));
}

void Trainer::CountDecision(int64_t decision_ms) {
  for (LearnerState& state : states_) state.metrics.windows.AddDecision(decision_ms);
}

void Trainer::CountUnlabelled(int64_t decision_ms) {
  for (LearnerState& state : states_) state.metrics.windows.AddUnlabelled(decision_ms);
}

std::vector<LearnerReport> Trainer::Reports() const {
  constexpr int64_t kDayMs = 86'400'000;
  std::vector<LearnerReport> reports;
  for (size_t i = 0; i < states_.size(); ++i) {
    const LearnerMetrics& metrics = states_[i].metrics;
    reports.push_back({task_.learners[i].name, task_.learners[i].type->name,
                       states_[i].learner->Step(), metrics.served.Report(),
                       metrics.progressive.Report(), metrics.windows.Query(kDayMs)});
  }
  return reports;
}

std::string Trainer::DeployedModelBytes(int learner) const {
  std::string bytes;
  next_.models[learner].model->Save(&bytes);
  return bytes;
}

}  // namespace millrace
