#include "core/file_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

// For reading and writing the file as a whole.
struct flock WholeFile() {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

std::optional<std::string> HolderOf(int descriptor) {
  struct flock lock = WholeFile();
  if (fcntl(descriptor, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return lock.l_pid > 0 ? absl::StrCat("another process (pid ", lock.l_pid, ")")
                        : "another process";
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Take(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    const std::error_code error(errno, std::generic_category());
    const std::string text = absl::StrCat("cannot open ", path, ": ", error.message());
    return error == std::errc::permission_denied ? absl::PermissionDeniedError(text)
                                                 : absl::UnavailableError(text);
  }
  struct flock lock = WholeFile();
  if (fcntl(descriptor, F_SETLK, &lock) == 0) {
    return std::unique_ptr<FileLock>(new FileLock(descriptor));
  }
  const std::error_code error(errno, std::generic_category());
  const std::optional<std::string> holder = HolderOf(descriptor);
  close(descriptor);
  if (error == std::errc::resource_unavailable_try_again || error == std::errc::permission_denied) {
    return absl::AbortedError(
        absl::StrCat(path, " is in use by ", holder.value_or("another process")));
  }
  return absl::UnavailableError(absl::StrCat("cannot lock ", path, ": ", error.message()));
}

FileLock::~FileLock() { close(descriptor_); }

std::optional<std::string> LockHolder(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::optional<std::string> holder = HolderOf(descriptor);
  close(descriptor);
  return holder;
}

}  // namespace millrace
