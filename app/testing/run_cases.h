// RunCase: one case of a test file, run on fresh state: as written, and then in other ways that
// must give the same answers. Pure but for CPU time; thread-safe.

#ifndef MILLRACE_APP_TESTING_RUN_CASES_H_
#define MILLRACE_APP_TESTING_RUN_CASES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "app/testing/check_expectation.h"
#include "app/testing/test_file.h"

namespace millrace {

struct CaseResult {
  std::string name;
  int line = 0;
  bool ok = true;
  // When it is not: which way of running it was the first to differ ("" as written), and how.
  std::string variant;
  std::vector<Difference> differences;
  std::string error;  // why it could not be run to its end
  int runs = 0;       // ways in which it was run
};

struct FileResult {
  std::string path;
  bool ok = true;
  std::vector<CaseResult> cases;
};

CaseResult RunCase(const TestFile& file, const TestCase& test);

// All cases; or, where the file expects an error, whether the configuration was refused with it.
FileResult RunFile(const TestFile& file);

}  // namespace millrace

#endif  // MILLRACE_APP_TESTING_RUN_CASES_H_
