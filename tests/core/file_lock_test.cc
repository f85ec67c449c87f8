#include "core/file_lock.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/lock_holder_process.h"
#include "tests/core/test_directory.h"

namespace millrace {
namespace {

using ::testing::EndsWith;
using ::testing::Optional;

TEST(FileLock, IsRefusedWithTheHoldersNumberUntilThatProcessEnds) {
  const TestDirectory directory;
  const std::string path = (directory.path() / "lock").string();
  LockHolderProcess holder(path);
  const std::string who = absl::StrCat("another process (pid ", holder.pid(), ")");
  EXPECT_THAT(LockHolder(path), Optional(who));
  const absl::Status refused = FileLock::Take(path).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(refused.message()), EndsWith(absl::StrCat("/lock is in use by ", who)));
  holder.Kill();
  EXPECT_EQ(LockHolder(path), std::nullopt);
  EXPECT_TRUE(FileLock::Take(path).ok());
}

TEST(FileLock, IsFreeAgainOnceDestroyed) {
  const TestDirectory directory;
  const std::string path = (directory.path() / "lock").string();
  EXPECT_TRUE(FileLock::Take(path).ok());
  const LockHolderProcess holder(path);
  EXPECT_NE(LockHolder(path), std::nullopt);
}

TEST(FileLock, SaysWhatIsInTheWay) {
  const TestDirectory directory;
  const absl::Status absent = FileLock::Take((directory.path() / "no" / "lock").string()).status();
  EXPECT_EQ(absent.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(absent.message()), EndsWith("/no/lock: No such file or directory"));
  EXPECT_EQ(LockHolder((directory.path() / "no").string()), std::nullopt);
}

}  // namespace
}  // namespace millrace
