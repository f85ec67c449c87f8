#include "core/directories.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/test_directory.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

constexpr uid_t kNobody = 65534;

// While it lives the rights of files hold for this process, also if it is root's.
class WithoutPrivileges {
 public:
  WithoutPrivileges() : user_(geteuid()) {
    if (user_ == 0) {
      EXPECT_EQ(seteuid(kNobody), 0);
    }
  }
  ~WithoutPrivileges() {
    if (user_ == 0) {
      EXPECT_EQ(seteuid(user_), 0);
    }
  }

 private:
  const uid_t user_;
};

TEST(MakeDirectories, MakesParentsAndTakesWhatIsThere) {
  const TestDirectory directory;
  const std::filesystem::path path = directory.path() / "a" / "b" / "c";
  EXPECT_TRUE(MakeDirectories(path.string()).ok());
  EXPECT_TRUE(std::filesystem::is_directory(path));
  EXPECT_TRUE(MakeDirectories(path.string()).ok());
}

TEST(MakeDirectories, SaysThatItMayNot) {
  const TestDirectory directory;
  using std::filesystem::perms;
  std::filesystem::permissions(directory.path(), perms::owner_read | perms::owner_exec |
                                                     perms::others_read | perms::others_exec);
  absl::Status made, found;
  {
    const WithoutPrivileges nobody;
    made = MakeDirectories((directory.path() / "data" / "log").string());
    found = MakeDirectories(directory.path().string());
  }
  std::filesystem::permissions(directory.path(), perms::owner_all);
  EXPECT_EQ(made.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(made.message()), HasSubstr("data/log: Permission denied"));
  EXPECT_EQ(found.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(found.message()), HasSubstr("cannot write in the directory"));
}

TEST(MakeDirectories, SaysThatAFileIsInTheWay) {
  const TestDirectory directory;
  const std::filesystem::path path = directory.path() / "data";
  std::ofstream(path) << "text";
  for (const auto& wanted : {path, path / "log"}) {
    const absl::Status status = MakeDirectories(wanted.string());
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("Not a directory"));
  }
}

}  // namespace
}  // namespace millrace
