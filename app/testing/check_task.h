// The part of checking that concerns tasks: predictions, examples, counts and models, as they stand
// in the logs of a simulation. Thread-compatible.

#ifndef MILLRACE_APP_TESTING_CHECK_TASK_H_
#define MILLRACE_APP_TESTING_CHECK_TASK_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "app/testing/simulation.h"
#include "app/testing/test_file.h"
#include "core/value.h"
#include "featurestore/online_store.h"

namespace millrace {

// Where to tell what came, beside what was expected.
struct TaskCheckSink {
  std::function<void(const Expected&, const Value&)> value;
  std::function<void(const Expected&, const std::string&)> text;
  std::function<void(const Expected&, FeatureStatus)> status;
  // Name, expected, actual: of what is certainly different.
  std::function<void(const std::string&, std::string, std::string)> differ;
};

// Errors: DataLoss when a log does not parse.
absl::Status CheckPrediction(const PredictionExpectation& expected, Simulation& simulation,
                             const TaskCheckSink& sink);
absl::Status CheckExample(const ExampleExpectation& expected, Simulation& simulation,
                          const TaskCheckSink& sink);
absl::Status CheckDecisions(const DecisionsExpectation& expected, Simulation& simulation,
                            const TaskCheckSink& sink);
absl::Status CheckPublished(const PublishedExpectation& expected, Simulation& simulation,
                            const TaskCheckSink& sink);

}  // namespace millrace

#endif  // MILLRACE_APP_TESTING_CHECK_TASK_H_
