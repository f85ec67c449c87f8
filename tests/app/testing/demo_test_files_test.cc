// The demo's own test files hold.

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "tests/app/testing/test_file_run.h"

namespace millrace {
namespace {

TEST(DemoTestFiles, Hold) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(MILLRACE_SOURCE_DIR "/demos/flights/tests")) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    const TestFileRun run = RunLoaded({.path = entry.path().string()});
    EXPECT_TRUE(run.ok) << run.text;
  }
  EXPECT_GE(files, 2);
}

}  // namespace
}  // namespace millrace
