// RunReport: the totals of a finished simulation (`demo --exit`, `serve --until-caught-up`), as one
// JSON object; its keys are a contract (docs/reference/cli.md).

#ifndef MILLRACE_APP_RUN_REPORT_H_
#define MILLRACE_APP_RUN_REPORT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "app/node.h"

namespace millrace {

// Records read so far. REQUIRES: the node's engine is not running.
uint64_t RecordsRead(const Node& node);

// What one process did of a run.
struct RunPart {
  double seconds = 0;
  uint64_t records_before = 0;  // read by earlier processes, whose run it resumed
};

// REQUIRES: the node's engine has ended.
absl::StatusOr<std::string> RunReportJson(Node& node, const RunPart& part);

// The same for people.
std::string RunReportText(Node& node, const RunPart& part);

}  // namespace millrace

#endif  // MILLRACE_APP_RUN_REPORT_H_
