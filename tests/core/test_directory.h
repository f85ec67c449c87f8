// A directory of the running test's own: empty at first, gone with the object.

#ifndef MILLRACE_TESTS_CORE_TEST_DIRECTORY_H_
#define MILLRACE_TESTS_CORE_TEST_DIRECTORY_H_

#include <unistd.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace millrace {

// Owned by one thread.
class TestDirectory {
 public:
  TestDirectory()
      : path_(std::filesystem::path(testing::TempDir()) /
              absl::StrCat(testing::UnitTest::GetInstance()->current_test_info()->name(), ".",
                           getpid())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_CORE_TEST_DIRECTORY_H_
