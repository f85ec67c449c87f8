#include "serving/request_scorer.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "serving/errors.h"
#include "serving/typed_value.h"

namespace millrace {
namespace {

absl::Status Error(ErrorCode code, std::string field, std::string detail,
                   std::string did_you_mean = "") {
  ApiError error;
  error.code = code;
  error.detail = std::move(detail);
  error.field = std::move(field);
  error.did_you_mean = std::move(did_you_mean);
  return error.ToStatus();
}

// The fields of one decision, typed, in the order of the plan's slots.
struct TypedFields {
  std::vector<OwnedValue> owned;
  std::vector<Value> views;
};

absl::Status SetField(const ScoringPlan& plan, const std::string& name, const Value& value,
                      size_t row, TypedFields* fields) {
  const auto count = static_cast<size_t>(plan.field_count);
  for (size_t i = 0; i < count; ++i) {
    if (plan.slots[i].name != name) continue;
    std::optional<OwnedValue> typed = FitValue(value, plan.slots[i].type);
    if (!typed) {
      return Error(ErrorCode::kBadField, absl::StrCat("request[", row, "].", name),
                   absl::StrCat("'", name, "' is ", TypeName(plan.slots[i].type), ", not ",
                                TypeName(value.type())));
    }
    fields->owned[i] = *std::move(typed);
    return absl::OkStatus();
  }
  std::vector<std::string> known;
  for (size_t i = 0; i < count; ++i) known.push_back(plan.slots[i].name);
  return Error(ErrorCode::kBadField, absl::StrCat("request[", row, "].", name),
               absl::StrCat("task '", plan.task, "' has no field '", name, "'"),
               ClosestName(name, known));
}

// The decision's id, typed as its field if it has one; absent when the row carries none.
absl::StatusOr<std::optional<OwnedValue>> FillId(const ScoringPlan& plan, const ScoreRow& given,
                                                 size_t row, TypedFields* fields) {
  if (plan.id_slot < 0 || plan.id_slot >= plan.field_count) return given.id;
  OwnedValue& field = fields->owned[static_cast<size_t>(plan.id_slot)];
  if (given.id && field.is_null()) {
    RETURN_IF_ERROR(SetField(plan, plan.slots[static_cast<size_t>(plan.id_slot)].name,
                             given.id->view(), row, fields));
  }
  if (field.is_null()) return std::optional<OwnedValue>();
  return std::optional<OwnedValue>(field);
}

bool CarriesId(const ScoringPlan& plan, const ScoreRow& row) {
  if (row.id) return true;
  if (plan.id_slot < 0) return false;
  const std::string& name = plan.slots[static_cast<size_t>(plan.id_slot)].name;
  for (const NamedValue& field : row.fields) {
    if (field.name == name) return true;
  }
  return false;
}

}  // namespace

RequestScorer::RequestScorer(std::map<std::string, ScoredTask> tasks, RequestScorerOptions options)
    : tasks_(std::move(tasks)), options_(std::move(options)) {}

bool RequestScorer::MayBlock(const ScoreRequest& request) const {
  const auto task = tasks_.find(request.task);
  if (task == tasks_.end()) return false;
  const ScoringPlan& plan = task->second.scorer->plan();
  if (!plan.records_requests || task->second.record == nullptr) return false;
  for (const ScoreRow& row : request.rows) {
    if (CarriesId(plan, row)) return true;
  }
  return false;
}

absl::StatusOr<RequestScorer::Chosen> RequestScorer::Choose(const ScoreRequest& request) const {
  std::string learner;
  auto task = tasks_.find(request.task);
  if (task == tasks_.end()) {
    const size_t dot = request.task.rfind('.');
    if (dot != std::string::npos) {
      task = tasks_.find(request.task.substr(0, dot));
      learner = request.task.substr(dot + 1);
    }
  }
  if (task == tasks_.end()) {
    std::vector<std::string> known;
    for (const auto& [name, unused] : tasks_) known.push_back(name);
    return Error(ErrorCode::kUnknownTask, "task",
                 absl::StrCat("there is no task '", request.task, "'"),
                 ClosestName(request.task, known));
  }
  Chosen chosen;
  chosen.task = &task->second;
  chosen.deployment = chosen.task->deployment->Read();
  if (chosen.deployment == nullptr) {
    return Error(ErrorCode::kUnavailable, "",
                 absl::StrCat("task '", task->first, "' has no model yet"));
  }
  chosen.model = learner.empty() ? chosen.deployment->champion : chosen.deployment->Find(learner);
  if (chosen.model < 0) {
    std::vector<std::string> known;
    for (const DeployedModel& model : chosen.deployment->models) known.push_back(model.learner);
    const std::string close = ClosestName(learner, known);
    return Error(ErrorCode::kUnknownTask, "task",
                 absl::StrCat("task '", task->first, "' has no learner '", learner, "'"),
                 close.empty() ? close : absl::StrCat(task->first, ".", close));
  }
  return chosen;
}

absl::StatusOr<RowScore> RequestScorer::ScoreOne(const ScoreRequest& request, size_t row_index,
                                                 const Chosen& chosen, int64_t at_ms,
                                                 DecisionRow* row) const {
  const Scorer& scorer = *chosen.task->scorer;
  const ScoringPlan& plan = scorer.plan();
  const ScoreRow& given = request.rows[row_index];
  TypedFields fields;
  fields.owned.resize(static_cast<size_t>(plan.field_count));
  for (const NamedValue& field : given.fields) {
    RETURN_IF_ERROR(SetField(plan, field.name, field.value.view(), row_index, &fields));
  }
  ASSIGN_OR_RETURN(const std::optional<OwnedValue> id, FillId(plan, given, row_index, &fields));
  for (const OwnedValue& value : fields.owned) fields.views.push_back(value.view());
  RETURN_IF_ERROR(scorer.Assemble(fields.views, at_ms, row));
  scorer.Score(*chosen.deployment, row);

  RowScore answer;
  answer.value = row->scores[static_cast<size_t>(chosen.model)];
  for (size_t i = 0; i < row->features.size(); ++i) {
    answer.features.push_back({scorer.feature_names()[i], row->features[i]});
  }
  if (request.explain) {
    const Model& model = *chosen.deployment->models[static_cast<size_t>(chosen.model)].model;
    for (const Contribution& part : model.Explain(row->inputs)) {
      answer.explain.push_back({part.input, part.value});
    }
  }
  if (id && plan.records_requests && chosen.task->record != nullptr) {
    ASSIGN_OR_RETURN(RecordedDecision recorded, chosen.task->record(*id, *row, *chosen.deployment));
    answer.prediction_id = std::move(recorded.id);
    if (recorded.earlier_score) answer.value = *recorded.earlier_score;
  }
  return answer;
}

absl::StatusOr<ScoreResponse> RequestScorer::Score(const ScoreRequest& request) {
  if (request.rows.size() > options_.max_rows) {
    return Error(ErrorCode::kBadField, "request",
                 absl::StrCat(request.rows.size(), " rows, at most ", options_.max_rows));
  }
  ASSIGN_OR_RETURN(const Chosen chosen, Choose(request));
  const int64_t now_ms = options_.now_ms();
  const int64_t at_ms = request.at_ms.value_or(now_ms);
  const DeployedModel& model = chosen.deployment->models[static_cast<size_t>(chosen.model)];

  ScoreResponse response;
  response.model.name = absl::StrCat(chosen.deployment->task, ".", model.learner);
  if (chosen.model == chosen.deployment->champion) response.model.alias = "champion";
  response.model.generation = model.generation;
  response.model.step = model.step;
  if (model.cut_time_ms) response.model.age_ms = now_ms - *model.cut_time_ms;
  if (model.newest_label_time_ms) {
    response.model.staleness_ms = now_ms - *model.newest_label_time_ms;
  }
  if (request.max_staleness_ms &&
      (!response.model.staleness_ms || *response.model.staleness_ms > *request.max_staleness_ms)) {
    return Error(ErrorCode::kTooOld, "max_staleness_ms",
                 response.model.staleness_ms
                     ? absl::StrCat("the newest label of ", response.model.name, " is ",
                                    *response.model.staleness_ms, " ms old, at most ",
                                    *request.max_staleness_ms, " was asked for")
                     : absl::StrCat(response.model.name, " has learned no label yet"));
  }
  DecisionRow row;
  response.scores.reserve(request.rows.size());
  for (size_t i = 0; i < request.rows.size(); ++i) {
    ASSIGN_OR_RETURN(RowScore score, ScoreOne(request, i, chosen, at_ms, &row));
    response.scores.push_back(std::move(score));
  }
  return response;
}

}  // namespace millrace
