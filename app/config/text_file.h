// Files that a user names: their text, or why there is none. Thread-safe.

#ifndef MILLRACE_APP_CONFIG_TEXT_FILE_H_
#define MILLRACE_APP_CONFIG_TEXT_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace millrace {

// NotFound ("the file does not exist"), InvalidArgument ("this is a directory, not a file"),
// PermissionDenied ("the file cannot be read: …").
absl::Status CheckReadable(const std::string& path);

// At most `max_bytes` of the file. Errors as of CheckReadable.
absl::StatusOr<std::string> ReadTextFile(const std::string& path, size_t max_bytes = SIZE_MAX);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_TEXT_FILE_H_
