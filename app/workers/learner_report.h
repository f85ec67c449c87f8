// What is told of a learner: its metrics over everything and over the newest mature day.

#ifndef MILLRACE_APP_WORKERS_LEARNER_REPORT_H_
#define MILLRACE_APP_WORKERS_LEARNER_REPORT_H_

#include <string>

#include "learners/metrics/score_sums.h"
#include "learners/metrics/windowed_metrics.h"

namespace millrace {

struct LearnerReport {
  std::string name;
  std::string type;
  uint64_t step = 0;         // examples learned
  BinaryReport served;       // of the scores given at decision time
  BinaryReport progressive;  // of the scores just before learning
  WindowReport day;          // served, over 24 h of decision time
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_LEARNER_REPORT_H_
