// LockHolderProcess: another process that holds the lock of a file until it is killed.

#ifndef MILLRACE_TESTS_CORE_LOCK_HOLDER_PROCESS_H_
#define MILLRACE_TESTS_CORE_LOCK_HOLDER_PROCESS_H_

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "core/file_lock.h"
#include "gtest/gtest.h"

namespace millrace {

// Owned by one thread.
class LockHolderProcess {
 public:
  // Returns once the lock is taken.
  explicit LockHolderProcess(const std::string& path) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    pid_ = fork();
    if (pid_ == 0) {
      const absl::StatusOr<std::unique_ptr<FileLock>> lock = FileLock::Take(path);
      const char taken = lock.ok() ? 'y' : 'n';
      if (write(ready[1], &taken, 1) == 1) pause();
      _exit(1);
    }
    char taken = 0;
    EXPECT_EQ(read(ready[0], &taken, 1), 1);
    EXPECT_EQ(taken, 'y');
    close(ready[0]);
    close(ready[1]);
  }
  ~LockHolderProcess() { Kill(); }
  LockHolderProcess(const LockHolderProcess&) = delete;
  LockHolderProcess& operator=(const LockHolderProcess&) = delete;

  pid_t pid() const { return pid_; }
  void Kill() {
    if (pid_ == 0) return;
    EXPECT_EQ(kill(pid_, SIGKILL), 0);
    EXPECT_EQ(waitpid(pid_, nullptr, 0), pid_);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_CORE_LOCK_HOLDER_PROCESS_H_
