// FileLock: a file that one process at a time holds; what lies beside it is that process's own. The
// lock ends with the process, however that ends.
//
// These are POSIX record locks, as RocksDB takes them on its LOCK: closing any descriptor of the
// file ends a lock that the same process has on it, so nothing else may open the file meanwhile.

#ifndef MILLRACE_CORE_FILE_LOCK_H_
#define MILLRACE_CORE_FILE_LOCK_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace millrace {

// Thread-compatible.
class FileLock {
 public:
  // Takes the lock of the file, which is made when it is not there; does not wait. Aborted when
  // another process holds it ("PATH is in use by another process (pid 7)"), PermissionDenied,
  // Unavailable for anything else in the way. REQUIRES: this process does not hold it.
  static absl::StatusOr<std::unique_ptr<FileLock>> Take(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  const int descriptor_;
};

// Who holds the lock of a file, for messages: "another process (pid 7)", without the number where
// the system does not tell it. Absent when nobody does, or the file cannot be looked at.
// REQUIRES: this process does not hold it. Thread-safe.
std::optional<std::string> LockHolder(const std::string& path);

}  // namespace millrace

#endif  // MILLRACE_CORE_FILE_LOCK_H_
