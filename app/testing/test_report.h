// Test results as text for people and as JSON. Pure; thread-safe.

#ifndef MILLRACE_APP_TESTING_TEST_REPORT_H_
#define MILLRACE_APP_TESTING_TEST_REPORT_H_

#include <string>
#include <vector>

#include "app/testing/run_cases.h"

namespace millrace {

// A line for each case, "ok    name" or "FAIL  name", and below the latter what differs and where.
std::string FileResultText(const FileResult& file);

// "12 passed, 1 failed in 2 files"; `broken` files could not be read.
std::string SummaryText(const std::vector<FileResult>& files, size_t broken);

// One object: {"ok", "passed", "failed", "broken_files", "files": [{"path", "ok", "cases": […]}]}.
std::string ResultsJson(const std::vector<FileResult>& files,
                        const std::vector<std::string>& broken);

}  // namespace millrace

#endif  // MILLRACE_APP_TESTING_TEST_REPORT_H_
