#include "app/config/text_file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

absl::Status Unreadable() {
  return absl::PermissionDeniedError(
      absl::StrCat("the file cannot be read: ", std::generic_category().message(errno)));
}

}  // namespace

absl::Status CheckReadable(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) {
    return absl::NotFoundError("the file does not exist");
  }
  if (std::filesystem::is_directory(path, error)) {
    return absl::InvalidArgumentError("this is a directory, not a file");
  }
  errno = 0;
  const std::ifstream in(path, std::ios::binary);
  return in.is_open() ? absl::OkStatus() : Unreadable();
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path, size_t max_bytes) {
  if (absl::Status readable = CheckReadable(path); !readable.ok()) return readable;
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text;
  constexpr size_t kChunkBytes = 64 << 10;
  while (in && text.size() < max_bytes) {
    const size_t size = text.size();
    text.resize(size + std::min(kChunkBytes, max_bytes - size));
    in.read(text.data() + size, static_cast<std::streamsize>(text.size() - size));
    text.resize(size + static_cast<size_t>(in.gcount()));
  }
  if (in.bad() || !in.is_open()) return Unreadable();
  return text;
}

}  // namespace millrace
