#include "app/testing/check_task.h"

#include <map>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "app/workers/inputs_codec.h"
#include "core/status_macros.h"
#include "schemas/prediction.pb.h"

namespace millrace {
namespace {

const TaskSpec& TaskOf(int task, const Simulation& simulation) {
  return simulation.project().tasks[static_cast<size_t>(task)];
}

// The last message of the topic for which `keep` holds.
template <typename Message, typename Keep>
absl::StatusOr<std::optional<Message>> FindLast(absl::string_view kind, int task, Keep keep,
                                                Simulation& simulation) {
  std::optional<Message> found;
  bool parsed = true;
  const std::string topic =
      simulation.project().OwnTopic(absl::StrCat(kind, ".", TaskOf(task, simulation).name));
  RETURN_IF_ERROR(simulation.Visit(topic, [&](const Record& record) {
    Message message;
    if (!record.value ||
        !message.ParseFromArray(record.value->data(), static_cast<int>(record.value->size()))) {
      parsed = false;
    } else if (keep(message)) {
      found = std::move(message);
    }
  }));
  if (!parsed) return absl::DataLossError(absl::StrCat("topic ", topic, " does not parse"));
  return found;
}

absl::StatusOr<std::optional<v1::Prediction>> FindPrediction(int task, const std::string& id,
                                                             Simulation& simulation) {
  return FindLast<v1::Prediction>(
      "predictions", task, [&id](const v1::Prediction& p) { return p.id() == id; }, simulation);
}

Value LabelOf(const v1::LabelValue& label) {
  switch (label.kind_case()) {
    case v1::LabelValue::kBoolValue: return Value::Bool(label.bool_value());
    case v1::LabelValue::kIntValue: return Value::Int(label.int_value());
    case v1::LabelValue::kDoubleValue: return Value::Double(label.double_value());
    case v1::LabelValue::kStringValue: return Value::String(label.string_value());
    case v1::LabelValue::KIND_NOT_SET: break;
  }
  return Value::Null();
}

std::map<std::string, uint64_t> TermsOf(const TaskCounts& counts) {
  const JoinCounts& join = counts.join;
  return {{"decisions", join.decisions},
          {"duplicate", join.duplicate},
          {"settled", join.settled},
          {"dropped", join.dropped},
          {"pending", counts.pending},
          {"waiting", counts.waiting},
          {"examples", counts.examples},
          {"learned", counts.examples - counts.skipped},
          {"skipped", counts.skipped},
          {"labels", join.labels},
          {"joined", join.joined},
          {"ignored", join.ignored},
          {"parked", join.labels - join.joined - join.ignored - join.Unmatched()},
          {"unmatched", join.Unmatched()},
          {"no_decision", join.no_decision},
          {"before_decision", join.before_decision},
          {"too_late", join.too_late},
          {"repeated", join.repeated},
          {"rejected", counts.rejected_ids},
          {"too_large", counts.too_large},
          {"timed_out", counts.timed_out},
          {"published", counts.models_published}};
}

}  // namespace

absl::Status CheckPrediction(const PredictionExpectation& expected, Simulation& simulation,
                             const TaskCheckSink& sink) {
  ASSIGN_OR_RETURN(const std::optional<v1::Prediction> prediction,
                   FindPrediction(expected.task, expected.id, simulation));
  if (!prediction) {
    sink.differ("prediction", "one", "none");
    return absl::OkStatus();
  }
  std::vector<Value> inputs;
  const std::string& statuses = prediction->inputs().statuses();
  if (!DecodeInputs(prediction->inputs(), &inputs) || statuses.size() != inputs.size()) {
    return absl::DataLossError("the inputs of a prediction do not parse");
  }
  double score = 0;
  std::string version;
  for (const v1::LearnerScore& s : prediction->scores()) {
    if (s.learner() != prediction->champion()) continue;
    score = s.score();
    version = absl::StrCat(s.generation(), ".", s.step());
  }
  for (const Expected& field : expected.fields) {
    if (field.name == "learner") sink.text(field, prediction->champion());
    if (field.name == "version") sink.text(field, version);
    if (field.name == "score") sink.value(field, Value::Double(score));
  }
  for (const auto& [index, input] : expected.inputs) {
    sink.value(input, inputs[static_cast<size_t>(index)]);
  }
  for (const auto& [index, status] : expected.statuses) {
    sink.status(status, static_cast<FeatureStatus>(statuses[static_cast<size_t>(index)]));
  }
  return absl::OkStatus();
}

absl::Status CheckExample(const ExampleExpectation& expected, Simulation& simulation,
                          const TaskCheckSink& sink) {
  const auto has_id = [&](const v1::ExampleRecord& record) {
    return record.has_example() && record.example().prediction().id() == expected.id;
  };
  ASSIGN_OR_RETURN(const std::optional<v1::ExampleRecord> record,
                   FindLast<v1::ExampleRecord>("examples", expected.task, has_id, simulation));
  ASSIGN_OR_RETURN(const std::optional<v1::Prediction> prediction,
                   FindPrediction(expected.task, expected.id, simulation));
  if (!prediction) {
    sink.differ("example", "one", "none: there is no such decision");
    return absl::OkStatus();
  }
  const int64_t due_ms =
      prediction->decision_time() + TaskOf(expected.task, simulation).label.within_ms;
  const std::string state = record                              ? "settled"
                            : simulation.progress_ms() > due_ms ? "dropped"
                                                                : "pending";
  for (const Expected& field : expected.fields) {
    if (field.name == "state") {
      sink.text(field, state);
    } else if (!record) {
      sink.value(field, Value::Null());
    } else if (field.name == "label") {
      sink.value(field, LabelOf(record->example().label()));
    } else if (field.name == "revision") {
      sink.value(field, Value::Int(record->example().revision()));
    } else if (field.name == "weight") {
      sink.value(field, Value::Double(record->example().weight()));
    } else if (field.name == "label_time") {
      sink.value(field, Value::Timestamp(record->example().label_time()));
    }
  }
  if (expected.fields.empty() && !record) {
    sink.differ("example", "one", absl::StrCat("none: ", state));
  }
  return absl::OkStatus();
}

absl::Status CheckDecisions(const DecisionsExpectation& expected, Simulation& simulation,
                            const TaskCheckSink& sink) {
  const std::map<std::string, uint64_t> terms = TermsOf(simulation.task(expected.task).counts());
  for (const Expected& count : expected.counts) {
    sink.value(count, Value::Int(static_cast<int64_t>(terms.at(count.name))));
  }
  return absl::OkStatus();
}

absl::Status CheckPublished(const PublishedExpectation& expected, Simulation& simulation,
                            const TaskCheckSink& sink) {
  int64_t times = 0;
  const auto count = [&](const v1::ModelRecord& model) {
    times += expected.learner.empty() || model.learner() == expected.learner ? 1 : 0;
    return false;
  };
  RETURN_IF_ERROR(FindLast<v1::ModelRecord>("models", expected.task, count, simulation).status());
  const auto differ = [&](absl::string_view bound, int64_t wanted) {
    sink.differ("models", absl::StrCat(bound, wanted), absl::StrCat(times));
  };
  if (expected.at_least && times < *expected.at_least) differ("at least ", *expected.at_least);
  if (expected.at_most && times > *expected.at_most) differ("at most ", *expected.at_most);
  if (expected.times && times != *expected.times) differ("", *expected.times);
  return absl::OkStatus();
}

}  // namespace millrace
