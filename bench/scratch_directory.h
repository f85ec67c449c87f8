// A directory for a benchmark's files, gone with the object. Owned by one thread.

#ifndef MILLRACE_BENCH_SCRATCH_DIRECTORY_H_
#define MILLRACE_BENCH_SCRATCH_DIRECTORY_H_

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/check.h"

namespace millrace {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string path = std::filesystem::temp_directory_path() / "feature_engine.XXXXXX";
    CHECK(mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }
  // Of all files in it.
  int64_t Bytes() const {
    int64_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
      if (entry.is_regular_file()) bytes += static_cast<int64_t>(entry.file_size());
    }
    return bytes;
  }

 private:
  std::string path_;
};

}  // namespace millrace

#endif  // MILLRACE_BENCH_SCRATCH_DIRECTORY_H_
