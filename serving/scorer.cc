#include "serving/scorer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "core/status_macros.h"
#include "serving/kept_time.h"

namespace millrace {
namespace {

bool InRange(int index, size_t size) { return index >= 0 && static_cast<size_t>(index) < size; }

absl::Status CheckRead(const ScoringRead& read, const ScoringPlan& plan,
                       const std::vector<std::shared_ptr<const ViewSpec>>& views) {
  if (!InRange(read.view, views.size())) return absl::InvalidArgumentError("no such view");
  const ViewSpec& view = *views[static_cast<size_t>(read.view)];
  if (read.key_slots.size() != view.key_names.size()) {
    return absl::InvalidArgumentError(absl::StrCat("view \"", view.name,
                                                   "\": ", read.key_slots.size(), " key slots of ",
                                                   view.key_names.size()));
  }
  if (read.features.size() != read.slots.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("view \"", view.name, "\": features and slots differ in number"));
  }
  for (const int slot : read.key_slots) {
    // A key comes from a field: features are not there yet.
    if (!InRange(slot, static_cast<size_t>(plan.field_count))) {
      return absl::InvalidArgumentError(absl::StrCat("view \"", view.name, "\": no such key slot"));
    }
  }
  if (!read.request_slots.empty() && read.request_slots.size() != view.request.fields.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("view \"", view.name, "\": ", read.request_slots.size(), " request slots of ",
                     view.request.fields.size()));
  }
  for (const int slot : read.request_slots) {
    if (slot >= plan.field_count) {
      return absl::InvalidArgumentError(
          absl::StrCat("view \"", view.name, "\": no such request slot"));
    }
  }
  for (size_t i = 0; i < read.slots.size(); ++i) {
    if (!InRange(read.features[i], view.features.size()) ||
        !InRange(read.slots[i], plan.slots.size())) {
      return absl::InvalidArgumentError(
          absl::StrCat("view \"", view.name, "\": no such feature or slot"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPlan(const ScoringPlan& plan, const OnlineStore& store) {
  if (plan.field_count < 0 || static_cast<size_t>(plan.field_count) > plan.slots.size() ||
      !InRange(plan.at_slot, plan.slots.size())) {
    return absl::InvalidArgumentError("fields or time do not fit the slots");
  }
  for (const ScoringRead& read : plan.reads) {
    RETURN_IF_ERROR(CheckRead(read, plan, store.views()));
  }
  for (const ScoringInput& input : plan.inputs) {
    if (input.expression == nullptr && !InRange(input.slot, plan.slots.size())) {
      return absl::InvalidArgumentError(
          absl::StrCat("input \"", input.name, "\": neither slot nor expression"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Scorer> Scorer::Make(std::shared_ptr<const ScoringPlan> plan,
                                    const OnlineStore& store) {
  if (absl::Status status = CheckPlan(*plan, store); !status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("task \"", plan->task, "\": ", status.message()));
  }
  return Scorer(std::move(plan), store);
}

Scorer::Scorer(std::shared_ptr<const ScoringPlan> plan, const OnlineStore& store)
    : plan_(std::move(plan)), store_(&store) {
  slot_feature_.assign(plan_->slots.size(), -1);
  for (const ScoringRead& read : plan_->reads) {
    const ViewSpec& view = *store_->views()[static_cast<size_t>(read.view)];
    for (size_t i = 0; i < read.features.size(); ++i) {
      slot_feature_[static_cast<size_t>(read.slots[i])] = static_cast<int>(feature_names_.size());
      feature_names_.push_back(
          absl::StrCat(view.name, ".", view.features[static_cast<size_t>(read.features[i])].name));
    }
  }
}

absl::Status Scorer::Assemble(std::span<const Value> fields, int64_t at_ms, DecisionRow* row,
                              TooOld too_old) const {
  const ScoringPlan& plan = *plan_;
  CHECK(fields.size() == static_cast<size_t>(plan.field_count));
  row->at_ms = at_ms;
  row->slots.assign(plan.slots.size(), Value::Null());
  std::copy(fields.begin(), fields.end(), row->slots.begin());
  row->slots[static_cast<size_t>(plan.at_slot)] = Value::Timestamp(at_ms);
  if (row->features.size() != feature_names_.size()) row->features.resize(feature_names_.size());

  size_t next = 0;
  for (const ScoringRead& read : plan.reads) {
    row->key.clear();
    for (const int slot : read.key_slots) row->key.push_back(row->slots[static_cast<size_t>(slot)]);
    const std::span<FeatureValue> values(row->features.data() + next, read.features.size());
    ReadOptions options;
    row->request.clear();
    for (const int slot : read.request_slots) {
      row->request.push_back(slot < 0 ? Value::Null() : row->slots[static_cast<size_t>(slot)]);
    }
    options.request = row->request;
    const absl::Status status =
        store_->Read(read.view, row->key, at_ms, read.features, options, values);
    if (!status.ok() && !(absl::IsOutOfRange(status) && too_old == TooOld::kTruncate)) {
      return ExplainRead(status, *store_, read.view, at_ms);
    }
    const ViewSpec& view = *store_->views()[static_cast<size_t>(read.view)];
    for (size_t i = 0; i < values.size(); ++i) {
      const FeatureValue& feature = values[i];
      if (feature.status != FeatureStatus::kWarming || view.while_warming == WhileWarming::kUse) {
        row->slots[static_cast<size_t>(read.slots[i])] = feature.value.view();
      }
    }
    next += read.features.size();
  }
  FillInputs(row);
  return absl::OkStatus();
}

void Scorer::FillInputs(DecisionRow* row) const {
  const ScoringPlan& plan = *plan_;
  row->inputs.resize(plan.inputs.size());
  row->input_statuses.resize(plan.inputs.size());
  row->scratch.resize(plan.inputs.size());
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    const ScoringInput& input = plan.inputs[i];
    if (input.expression != nullptr) {
      row->inputs[i] = input.expression->Evaluate(row->slots, &row->scratch[i]);
      row->input_statuses[i] =
          row->inputs[i].is_null() ? FeatureStatus::kNull : FeatureStatus::kPresent;
      continue;
    }
    const auto slot = static_cast<size_t>(input.slot);
    row->inputs[i] = row->slots[slot];
    const int feature = slot_feature_[slot];
    row->input_statuses[i] = feature >= 0 ? row->features[static_cast<size_t>(feature)].status
                             : row->inputs[i].is_null() ? FeatureStatus::kMissing
                                                        : FeatureStatus::kPresent;
  }
}

void Scorer::Score(const Deployment& deployment, DecisionRow* row) const {
  row->scores.resize(deployment.models.size());
  for (size_t i = 0; i < deployment.models.size(); ++i) {
    row->scores[i] = deployment.models[i].model->Score(row->inputs);
  }
}

}  // namespace millrace
