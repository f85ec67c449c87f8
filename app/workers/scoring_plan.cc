#include "app/workers/scoring_plan.h"

namespace millrace {

std::shared_ptr<const ScoringPlan> MakeScoringPlan(const TaskSpec& task) {
  auto plan = std::make_shared<ScoringPlan>();
  plan->task = task.name;
  plan->slots = task.slots;
  plan->field_count = static_cast<int>(task.request.fields.size());
  plan->at_slot = task.at_slot;
  plan->id_slot = task.id_slot;
  plan->records_requests = !task.trigger_source.has_value();
  for (const TaskFeatureRead& read : task.reads) {
    plan->reads.push_back(
        {read.view, read.key_slots, read.features, read.slots, read.request_slots});
  }
  for (const TaskInput& input : task.inputs) {
    plan->inputs.push_back({input.name, input.type, input.slot, input.expression});
  }
  return plan;
}

}  // namespace millrace
