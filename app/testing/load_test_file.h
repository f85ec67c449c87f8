// LoadTestFile: a test file → a TestFile, or everything that is wrong with it or its configuration,
// as compilers print it. Thread-safe; reads files, which may block.

#ifndef MILLRACE_APP_TESTING_LOAD_TEST_FILE_H_
#define MILLRACE_APP_TESTING_LOAD_TEST_FILE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/config/diagnostics.h"
#include "app/testing/test_file.h"

namespace millrace {

struct LoadTestFileOptions {
  std::string path;
  std::optional<std::string> text;  // in place of what `path` holds
  // For ${NAME} in the configuration.
  std::map<std::string, std::string> environment;
};

struct LoadTestFileResult {
  std::optional<TestFile> file;  // absent iff there is an error
  std::vector<Diagnostic> diagnostics;
};

LoadTestFileResult LoadTestFile(const LoadTestFileOptions& options);

}  // namespace millrace

#endif  // MILLRACE_APP_TESTING_LOAD_TEST_FILE_H_
