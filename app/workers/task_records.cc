#include "app/workers/task_records.h"

#include "app/workers/inputs_codec.h"
#include "core/coding.h"
#include "core/value_coding.h"

namespace millrace {
namespace {

constexpr uint32_t kConfigGeneration = 1;  // until live changes raise it

void SetLabel(const Value& label, v1::LabelValue* out) {
  switch (label.type()) {
    case Type::kBool: out->set_bool_value(label.bool_value()); break;
    case Type::kDouble: out->set_double_value(label.double_value()); break;
    case Type::kString:
    case Type::kBytes:
      out->set_string_value(label.string_value().data(), label.string_value().size());
      break;
    default: out->set_int_value(label.int_value()); break;
  }
}

// The length-delimited field 1 of a message.
void PutFirstField(std::string* out, absl::string_view bytes) {
  constexpr char kTag = (1 << 3) | 2;
  out->push_back(kTag);
  PutLengthPrefixed(out, bytes);
}

}  // namespace

std::string EncodeId(const Value& id) {
  std::string out;
  PutValue(&out, id);
  return out;
}

v1::Prediction MakePrediction(absl::string_view task, absl::string_view id, const DecisionRow& row,
                              const Deployment& deployment) {
  v1::Prediction prediction;
  prediction.set_task(task.data(), task.size());
  prediction.set_id(id.data(), id.size());
  prediction.set_decision_time(row.at_ms);
  EncodeInputs(row.inputs, row.input_statuses, prediction.mutable_inputs());
  for (size_t i = 0; i < deployment.models.size(); ++i) {
    const DeployedModel& model = deployment.models[i];
    v1::LearnerScore* score = prediction.add_scores();
    score->set_learner(model.learner);
    score->set_score(row.scores[i]);
    score->set_generation(model.generation);
    score->set_step(model.step);
  }
  prediction.set_champion(deployment.champion_model().learner);
  prediction.set_config_generation(kConfigGeneration);
  return prediction;
}

std::string MakeExampleRecord(const Settlement& settlement) {
  v1::Example rest;  // all fields but the first, which is the prediction
  SetLabel(settlement.label.view(), rest.mutable_label());
  rest.set_label_time(settlement.label_time_ms);
  rest.set_weight(1.0);
  std::string example;
  PutFirstField(&example, settlement.body);
  rest.AppendToString(&example);
  std::string record;
  PutFirstField(&record, example);
  return record;
}

}  // namespace millrace
