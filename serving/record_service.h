// RecordService: the port of appending and reading records (see serving/service.h). Thread-safe.

#ifndef MILLRACE_SERVING_RECORD_SERVICE_H_
#define MILLRACE_SERVING_RECORD_SERVICE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "stream/log.h"

namespace millrace {

struct NewRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;  // absent: a tombstone
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<int64_t> timestamp_ms;
  std::optional<int32_t> partition;
};

struct ReadRecordsRequest {
  std::string topic;
  int32_t partition = 0;
  std::optional<int64_t> offset;  // absent: the oldest record kept
  int limit = 100;                // records, 1 … kMaxReadRecords
  absl::Duration wait;            // how long to wait for a first record
};
inline constexpr int kMaxReadRecords = 1000;
inline constexpr absl::Duration kMaxReadWait = absl::Seconds(25);

struct ReadRecordsResponse {
  RecordBatch records;
  OffsetRange range;
  int64_t next_offset = 0;  // where to read on
};

class RecordService {
 public:
  virtual ~RecordService() = default;
  // Durable on return; positions parallel to `records`. Blocks. Errors: NotFound (topic),
  // PermissionDenied (one of Millrace's own topics), InvalidArgument, ResourceExhausted,
  // Unavailable.
  virtual absl::StatusOr<std::vector<AppendPosition>> Append(
      absl::string_view topic, const std::vector<NewRecord>& records) = 0;
  // Blocks up to `wait` when there is nothing to read. Errors: NotFound, OutOfRange.
  virtual absl::StatusOr<ReadRecordsResponse> Read(const ReadRecordsRequest& request) = 0;
  virtual absl::StatusOr<std::vector<TopicInfo>> Topics() = 0;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_RECORD_SERVICE_H_
