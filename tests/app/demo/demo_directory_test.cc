#include "app/demo/demo_directory.h"

#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/lock_holder_process.h"
#include "tests/core/test_directory.h"

namespace millrace {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

void Write(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "text";
}

TEST(DemoDirectory, IsEmptiedOfRunsAndKeepsItsClaim) {
  const TestDirectory directory;
  const fs::path data = directory.path() / "data";
  const auto claimed = DemoDirectory::Claim(directory.path());
  ASSERT_TRUE(claimed.ok()) << claimed.status();
  EXPECT_EQ(claimed->UnfinishedRun(), "");
  EXPECT_TRUE(claimed->MarkStarted("month=1\n").ok());
  Write(data / "log" / "000001.sst");
  EXPECT_EQ(claimed->UnfinishedRun(), "month=1\n");
  EXPECT_TRUE(claimed->Empty().ok());
  EXPECT_EQ(claimed->UnfinishedRun(), "");
  EXPECT_FALSE(fs::exists(data / "log"));
  EXPECT_TRUE(fs::exists(data / "made-by-the-demo"));
}

TEST(DemoDirectory, OfSomethingElseIsLeftAlone) {
  const TestDirectory directory;
  const fs::path file = directory.path() / "data" / "mine";
  Write(file);
  const absl::Status refused = DemoDirectory::Claim(directory.path()).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("was not made by the demo"));
  EXPECT_TRUE(fs::exists(file));
  EXPECT_FALSE(fs::exists(directory.path() / "data" / "made-by-the-demo"));
}

TEST(DemoDirectory, KeepsALogThatAnotherProcessReads) {
  const TestDirectory directory;
  const fs::path lock = directory.path() / "data" / "log" / "LOCK";
  const auto claimed = DemoDirectory::Claim(directory.path());
  ASSERT_TRUE(claimed.ok()) << claimed.status();
  fs::create_directories(lock.parent_path());
  const LockHolderProcess reader(lock.string());
  const absl::Status refused = claimed->Empty();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("data/log is in use by another process"));
  EXPECT_TRUE(fs::exists(lock));
}

TEST(DemoDirectory, SaysWhatItCannotDelete) {
  const TestDirectory directory;
  const auto claimed = DemoDirectory::Claim(directory.path());
  ASSERT_TRUE(claimed.ok()) << claimed.status();
  // A run file that is a folder with something in it cannot be removed as a file.
  Write(directory.path() / "data" / "run" / "file");
  const absl::Status failed = claimed->Empty();
  EXPECT_EQ(failed.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(failed.message()), HasSubstr("cannot delete"));
}

}  // namespace
}  // namespace millrace
