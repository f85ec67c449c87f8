// DemoDirectory: where a demo keeps its log and its state, the folder `data` of a directory, and
// which run they are of. Whoever has claimed it is the only process that does, until destruction.
// Owned by one thread.

#ifndef MILLRACE_APP_DEMO_DEMO_DIRECTORY_H_
#define MILLRACE_APP_DEMO_DEMO_DIRECTORY_H_

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/file_lock.h"

namespace millrace {

class DemoDirectory {
 public:
  // Deletes nothing. PermissionDenied when `data` holds what no demo made, which stays as it is;
  // Aborted when another process has claimed it. REQUIRES: the directory exists.
  static absl::StatusOr<DemoDirectory> Claim(const std::filesystem::path& directory);

  // The name of the run that began here and did not finish; empty when there is none.
  std::string UnfinishedRun() const;
  // Deletes what an earlier run left. Aborted, and nothing is deleted, while another process has
  // the log or the state open.
  absl::Status Empty() const;

  // A run of this name has begun: what is here is its own from now on.
  absl::Status MarkStarted(absl::string_view run) const;
  // It has come to its end.
  absl::Status MarkFinished() const;

 private:
  DemoDirectory(std::filesystem::path data, std::unique_ptr<FileLock> lock)
      : data_(std::move(data)), lock_(std::move(lock)) {}

  std::filesystem::path RunFile() const { return data_ / "run"; }

  std::filesystem::path data_;
  std::unique_ptr<FileLock> lock_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_DEMO_DEMO_DIRECTORY_H_
