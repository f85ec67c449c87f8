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
      return RequestFault(ErrorCode::kBadField, absl::StrCat("request[", row, "].", name),
                          absl::StrCat("'", name, "' ", Misfit(value, plan.slots[i].type)));
    }
    fields->owned[i] = *std::move(typed);
    return absl::OkStatus();
  }
  std::vector<std::string> known;
  for (size_t i = 0; i < count; ++i) known.push_back(plan.slots[i].name);
  return RequestFault(ErrorCode::kBadField, absl::StrCat("request[", row, "].", name),
                      absl::StrCat("task '", plan.task, "' has no field '", name, "'"),
                      ClosestName(name, known));
}

// The decision's id, typed as its field if it has one; absent when the row carries none.
absl::StatusOr<std::optional<OwnedValue>> FillId(const ScoringPlan& plan, const ScoreRow& given,
                                                 size_t row, TypedFields* fields) {
  if (plan.id_slot < 0 || plan.id_slot >= plan.field_count) return given.id;
  OwnedValue& field = fields->owned[static_cast<size_t>(plan.id_slot)];
  // Where nothing is recorded the id means nothing, whatever its type.
  if (given.id && plan.records_requests && field.is_null()) {
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

RequestScorer::RequestScorer(ScoredTasks tasks, RequestScorerOptions options)
    : tasks_(std::move(tasks)), options_(std::move(options)) {}

// "task" or "task.learner": the task and the learner, which is empty in the first form.
std::pair<const ScoredTask*, absl::string_view> RequestScorer::Find(absl::string_view name) const {
  const auto whole = tasks_.find(name);
  if (whole != tasks_.end()) return {&whole->second, ""};
  const size_t dot = name.rfind('.');
  if (dot == absl::string_view::npos) return {nullptr, ""};
  const auto task = tasks_.find(name.substr(0, dot));
  if (task == tasks_.end()) return {nullptr, ""};
  return {&task->second, name.substr(dot + 1)};
}

bool RequestScorer::MayBlock(const ScoreRequest& request) const {
  const ScoredTask* const task = Find(request.task).first;
  if (task == nullptr) return false;
  const ScoringPlan& plan = task->scorer->plan();
  if (!plan.records_requests || task->record == nullptr) return false;
  for (const ScoreRow& row : request.rows) {
    if (CarriesId(plan, row)) return true;
  }
  return false;
}

absl::StatusOr<RequestScorer::Chosen> RequestScorer::Choose(const ScoreRequest& request) const {
  const auto [task, learner] = Find(request.task);
  if (task == nullptr) {
    std::vector<std::string> known;
    for (const auto& [name, unused] : tasks_) known.push_back(name);
    return RequestFault(ErrorCode::kUnknownTask, "task",
                        absl::StrCat("there is no task '", request.task, "'"),
                        ClosestName(request.task, known));
  }
  Chosen chosen;
  chosen.task = task;
  chosen.deployment = chosen.task->deployment->Read();
  if (chosen.deployment == nullptr) {
    return RequestFault(ErrorCode::kUnavailable, "",
                        absl::StrCat("task '", task->scorer->plan().task, "' has no model yet"));
  }
  chosen.model =
      learner.empty() ? chosen.deployment->champion : chosen.deployment->Find(std::string(learner));
  if (chosen.model < 0) {
    std::vector<std::string> known;
    for (const DeployedModel& model : chosen.deployment->models) known.push_back(model.learner);
    const std::string close = ClosestName(learner, known);
    return RequestFault(
        ErrorCode::kUnknownTask, "task",
        absl::StrCat("task '", chosen.deployment->task, "' has no learner '", learner, "'"),
        close.empty() ? close : absl::StrCat(chosen.deployment->task, ".", close));
  }
  return chosen;
}

// One row, assembled and scored; nothing is recorded before all rows of a request are.
struct RequestScorer::Prepared {
  TypedFields fields;
  std::optional<OwnedValue> id;  // to be recorded under
  DecisionRow row;
};

absl::Status RequestScorer::CheckRecordedTime(const ScoreRequest& request, int64_t now_ms) const {
  if (!request.at_ms || !MayBlock(request)) return absl::OkStatus();
  if (*request.at_ms >= now_ms - options_.max_past_ms &&
      *request.at_ms <= now_ms + options_.max_ahead_ms) {
    return absl::OkStatus();
  }
  return RequestFault(
      ErrorCode::kBadField, "at",
      absl::StrCat("a decision that is recorded is one of now, at most ",
                   options_.max_past_ms / 60'000, " min ago or ", options_.max_ahead_ms / 1000,
                   " s ahead; leave out the id to ask about ", "another time"));
}

absl::Status RequestScorer::Prepare(const ScoreRequest& request, size_t row_index,
                                    const Chosen& chosen, int64_t at_ms, Prepared* row) const {
  const Scorer& scorer = *chosen.task->scorer;
  const ScoringPlan& plan = scorer.plan();
  const ScoreRow& given = request.rows[row_index];
  row->fields.owned.resize(static_cast<size_t>(plan.field_count));
  for (const NamedValue& field : given.fields) {
    RETURN_IF_ERROR(SetField(plan, field.name, field.value.view(), row_index, &row->fields));
  }
  ASSIGN_OR_RETURN(row->id, FillId(plan, given, row_index, &row->fields));
  if (!plan.records_requests || chosen.task->record == nullptr) row->id.reset();
  for (const OwnedValue& value : row->fields.owned) row->fields.views.push_back(value.view());
  RETURN_IF_ERROR(scorer.Assemble(row->fields.views, at_ms, &row->row));
  scorer.Score(*chosen.deployment, &row->row);
  return absl::OkStatus();
}

absl::StatusOr<RowScore> RequestScorer::Answer(const ScoreRequest& request, const Chosen& chosen,
                                               const Prepared& row) const {
  const DeployedModel& model = chosen.deployment->models[static_cast<size_t>(chosen.model)];
  RowScore answer;
  if (row.id) {
    ASSIGN_OR_RETURN(RecordedDecision recorded,
                     chosen.task->record(*row.id, row.row, *chosen.deployment));
    answer.prediction_id = std::move(recorded.id);
    if (recorded.first) {
      // The first answer stands. Its features and its explanation are not those of now.
      answer.status = "duplicate";
      for (const v1::LearnerScore& score : recorded.first->scores()) {
        if (score.learner() != model.learner) continue;
        answer.value = score.score();
        answer.answered_by = absl::StrCat(score.generation(), ".", score.step());
      }
      return answer;
    }
  }
  answer.value = row.row.scores[static_cast<size_t>(chosen.model)];
  for (size_t i = 0; i < row.row.features.size(); ++i) {
    answer.features.push_back({chosen.task->scorer->feature_names()[i], row.row.features[i]});
  }
  if (request.explain) {
    for (const Contribution& part : model.model->Explain(row.row.inputs)) {
      answer.explain.push_back({part.input, part.value});
    }
  }
  return answer;
}

absl::StatusOr<ScoreResponse> RequestScorer::Score(const ScoreRequest& request) {
  if (request.rows.size() > options_.max_rows) {
    return RequestFault(ErrorCode::kBadField, "request",
                        absl::StrCat(request.rows.size(), " rows, at most ", options_.max_rows));
  }
  ASSIGN_OR_RETURN(const Chosen chosen, Choose(request));
  const int64_t now_ms = options_.now_ms();
  const int64_t at_ms = request.at_ms.value_or(now_ms);
  RETURN_IF_ERROR(CheckRecordedTime(request, now_ms));
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
    return RequestFault(ErrorCode::kTooOld, "max_staleness_ms",
                        response.model.staleness_ms
                            ? absl::StrCat("the newest label of ", response.model.name, " is ",
                                           *response.model.staleness_ms, " ms old, at most ",
                                           *request.max_staleness_ms, " was asked for")
                            : absl::StrCat(response.model.name, " has learned no label yet"));
  }
  std::vector<Prepared> rows(request.rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    RETURN_IF_ERROR(Prepare(request, i, chosen, at_ms, &rows[i]));
  }
  response.scores.reserve(rows.size());
  for (const Prepared& row : rows) {
    ASSIGN_OR_RETURN(RowScore score, Answer(request, chosen, row));
    response.scores.push_back(std::move(score));
  }
  return response;
}

}  // namespace millrace
