// Records of a log under test, owned, and how tests write and read them.

#ifndef MILLRACE_TESTS_CONTRACT_LOG_RECORDS_H_
#define MILLRACE_TESTS_CONTRACT_LOG_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "stream/log.h"

namespace millrace {

// A record with its own bytes, as strings that compare and print.
struct SeenRecord {
  int64_t offset = 0;
  int64_t timestamp_ms = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Reads input `index` until `count` records came, an error, or the end of patience
// (DeadlineExceeded). A log may deliver late (a network), so nothing here takes "none now" for
// "none". Blocks.
absl::StatusOr<std::vector<SeenRecord>> ReadOn(LogReader& reader, size_t index, size_t count,
                                               absl::Duration patience, size_t max_bytes = 1 << 20);

// The same by a reader of its own, which begins at `offset`.
absl::StatusOr<std::vector<SeenRecord>> ReadPartition(Log& log, const std::string& topic,
                                                      int32_t partition, size_t count,
                                                      absl::Duration patience, int64_t offset = 0);

// Appends the values "from", "from + 1", … to one partition.
absl::Status AppendNumbers(Log& log, const std::string& topic, int32_t partition, int from,
                           int count);

// Fails the test unless `seen` are `count` records from `first_offset` on, each with its offset as
// its value.
void ExpectNumbers(const absl::StatusOr<std::vector<SeenRecord>>& seen, int64_t first_offset,
                   int count);

}  // namespace millrace

#endif  // MILLRACE_TESTS_CONTRACT_LOG_RECORDS_H_
