// What metrics of a learner say, as members of a JSON object: in the status and in a run's report.

#ifndef MILLRACE_APP_BINARY_REPORT_JSON_H_
#define MILLRACE_APP_BINARY_REPORT_JSON_H_

#include "learners/metrics/score_sums.h"
#include "serving/json.h"

namespace millrace {

// auc, logloss, ne, calibration, accuracy; null where there is none. REQUIRES: an object is open.
void WriteMetrics(const BinaryReport& report, JsonWriter& json);

}  // namespace millrace

#endif  // MILLRACE_APP_BINARY_REPORT_JSON_H_
