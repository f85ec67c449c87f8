#include "core/directories.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace millrace {

absl::Status MakeDirectories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  absl::string_view what = "cannot make the directory ";
  if (!error && !std::filesystem::is_directory(path, error) && !error) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (!error && faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    error = std::error_code(errno, std::generic_category());
    what = "cannot write in the directory ";
  }
  if (!error) return absl::OkStatus();
  const std::string text = absl::StrCat(what, path, ": ", error.message());
  return error == std::errc::permission_denied || error == std::errc::read_only_file_system
             ? absl::PermissionDeniedError(text)
             : absl::UnavailableError(text);
}

}  // namespace millrace
