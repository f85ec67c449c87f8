// MakeDirectories: a place for a database, with an error that says what is in the way.

#ifndef MILLRACE_CORE_DIRECTORIES_H_
#define MILLRACE_CORE_DIRECTORIES_H_

#include <string>

#include "absl/status/status.h"

namespace millrace {

// Makes the directory and its parents where they are not there, and checks that files can be made
// in it. PermissionDenied when that is not allowed; Unavailable for anything else in the way (a
// file, a full disk). The message names the path. Thread-safe.
absl::Status MakeDirectories(const std::string& path);

}  // namespace millrace

#endif  // MILLRACE_CORE_DIRECTORIES_H_
