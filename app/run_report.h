// RunReport: the totals of a finished simulation (`demo --exit`, `serve --until-caught-up`), as one
// JSON object; its keys are a contract (docs/reference/cli.md).

#ifndef MILLRACE_APP_RUN_REPORT_H_
#define MILLRACE_APP_RUN_REPORT_H_

#include <string>

#include "absl/status/statusor.h"
#include "app/node.h"

namespace millrace {

// REQUIRES: the node's engine has ended.
absl::StatusOr<std::string> RunReportJson(Node& node, double seconds);

// The same for people.
std::string RunReportText(Node& node, double seconds);

}  // namespace millrace

#endif  // MILLRACE_APP_RUN_REPORT_H_
