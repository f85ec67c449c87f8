#include "app/demo/demo_directory.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/directories.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

namespace fs = std::filesystem;

// Says whose the folder is, and is what one process at a time has locked.
constexpr const char* kOwnerFile = "made-by-the-demo";
constexpr const char* kOwnerText =
    "This directory belongs to `millrace demo flights`, which empties it.\n";

absl::Status WriteFile(const fs::path& path, absl::string_view text) {
  std::ofstream file(path);
  file << text;
  file.close();
  return file ? absl::OkStatus()
              : absl::UnavailableError(absl::StrCat("cannot write ", path.string()));
}

absl::Status Failed(absl::string_view what, const fs::path& path, const std::error_code& error) {
  return absl::UnavailableError(absl::StrCat(what, " ", path.string(), ": ", error.message()));
}

// A folder that a demo made, or that nobody uses.
absl::Status CheckIsOfDemos(const fs::path& data) {
  std::error_code error;
  const bool used = fs::exists(data, error) && !fs::is_empty(data, error);
  if (error) return Failed("cannot look into", data, error);
  if (!used || fs::exists(data / kOwnerFile, error)) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      data.string(),
      " was not made by the demo and is left alone; choose another directory with -C"));
}

// A server, or a command that reads the log, may have one of them open without being a demo.
absl::Status CheckNotOpened(const fs::path& data) {
  for (const char* database : {"log", "state"}) {
    const fs::path path = data / database;
    const std::optional<std::string> holder = LockHolder((path / "LOCK").string());
    if (holder) return absl::AbortedError(absl::StrCat(path.string(), " is in use by ", *holder));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DemoDirectory> DemoDirectory::Claim(const fs::path& directory) {
  const fs::path data = directory / "data";
  RETURN_IF_ERROR(CheckIsOfDemos(data));
  RETURN_IF_ERROR(MakeDirectories(data.string()));
  const fs::path owner = data / kOwnerFile;
  std::error_code error;
  if (!fs::exists(owner, error)) RETURN_IF_ERROR(WriteFile(owner, kOwnerText));
  ASSIGN_OR_RETURN(std::unique_ptr<FileLock> lock, FileLock::Take(owner.string()));
  return DemoDirectory(data, std::move(lock));
}

std::string DemoDirectory::UnfinishedRun() const {
  std::ifstream file(RunFile());
  return std::string(std::istreambuf_iterator<char>(file), {});
}

absl::Status DemoDirectory::Empty() const {
  RETURN_IF_ERROR(CheckNotOpened(data_));
  // First, so that what a death on the way leaves is not taken for a run to go on with.
  RETURN_IF_ERROR(MarkFinished());
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator it(data_, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    if (it->path().filename() != kOwnerFile) found.push_back(it->path());
  }
  if (error) return Failed("cannot look into", data_, error);
  for (const fs::path& path : found) {
    fs::remove_all(path, error);
    if (error) return Failed("cannot delete", path, error);
  }
  return absl::OkStatus();
}

absl::Status DemoDirectory::MarkStarted(absl::string_view run) const {
  return WriteFile(RunFile(), run);
}

absl::Status DemoDirectory::MarkFinished() const {
  std::error_code error;
  fs::remove(RunFile(), error);
  return error ? Failed("cannot delete", RunFile(), error) : absl::OkStatus();
}

}  // namespace millrace
