// A task "delayed" over two views: fields origin (string), number (int), distance (double); inputs
// late (feature), sum (expression over features), distance, origin.

#ifndef MILLRACE_TESTS_SERVING_SCORING_FIXTURE_H_
#define MILLRACE_TESTS_SERVING_SCORING_FIXTURE_H_

#include <memory>

#include "core/check.h"
#include "serving/scoring_plan.h"
#include "tests/serving/fake_online_store.h"

namespace millrace {

inline std::vector<std::shared_ptr<const ViewSpec>> ScoringViews() {
  return {MakeView("out", {{"origin", Type::kString}},
                   {{"late", Type::kDouble}, {"left", Type::kDouble}}),
          MakeView("route", {{"origin", Type::kString}, {"number", Type::kInt}},
                   {{"due", Type::kDouble}})};
}

inline std::shared_ptr<ScoringPlan> MakeScoringPlan() {
  auto plan = std::make_shared<ScoringPlan>();
  plan->task = "delayed";
  plan->slots = {{"origin", Type::kString},   {"number", Type::kInt},
                 {"distance", Type::kDouble}, {"at", Type::kTimestamp},
                 {"out.late", Type::kDouble}, {"out.left", Type::kDouble},
                 {"route.due", Type::kDouble}};
  plan->field_count = 3;
  plan->at_slot = 3;
  plan->reads = {{.view = 0, .key_slots = {0}, .features = {0, 1}, .slots = {4, 5}},
                 {.view = 1, .key_slots = {0, 1}, .features = {0}, .slots = {6}}};
  auto sum = Expression::Compile("route.due - out.left", plan->slots);
  CHECK(sum.ok());
  plan->inputs = {{"late", Type::kDouble, 4, nullptr},
                  {"sum", Type::kDouble, -1, *sum},
                  {"distance", Type::kDouble, 2, nullptr},
                  {"origin", Type::kString, 0, nullptr}};
  return plan;
}

}  // namespace millrace

#endif  // MILLRACE_TESTS_SERVING_SCORING_FIXTURE_H_
