// The part of a task that serving needs to score: app's TaskSpec → serving's ScoringPlan.

#ifndef MILLRACE_APP_WORKERS_SCORING_PLAN_H_
#define MILLRACE_APP_WORKERS_SCORING_PLAN_H_

#include <memory>

#include "app/project.h"
#include "serving/scoring_plan.h"

namespace millrace {

std::shared_ptr<const ScoringPlan> MakeScoringPlan(const TaskSpec& task);

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_SCORING_PLAN_H_
