// What a RocksDB status means as an absl::Status.

#ifndef MILLRACE_STREAM_EMBEDDED_ROCKS_STATUS_H_
#define MILLRACE_STREAM_EMBEDDED_ROCKS_STATUS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/status.h"

namespace millrace {

// Full disk: ResourceExhausted. Damaged bytes: DataLoss. Failed or interrupted input and output:
// Unavailable. The rest is a wrong use of the database: Internal.
inline absl::Status FromRocks(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat("embedded log: ", status.ToString());
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kSpaceLimit) {
    return absl::ResourceExhaustedError(message);
  }
  if (status.IsCorruption()) return absl::DataLossError(message);
  if (status.IsNotFound()) return absl::NotFoundError(message);
  if (status.IsIOError() || status.IsBusy() || status.IsTryAgain() || status.IsTimedOut() ||
      status.IsIncomplete() || status.IsShutdownInProgress()) {
    return absl::UnavailableError(message);
  }
  return absl::InternalError(message);
}

}  // namespace millrace

#endif  // MILLRACE_STREAM_EMBEDDED_ROCKS_STATUS_H_
