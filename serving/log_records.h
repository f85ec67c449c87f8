// LogRecords: appends and reads the records of a Log on behalf of callers outside the process.
// Topics that are Millrace's own may be read but not written. Thread-safe.

#ifndef MILLRACE_SERVING_LOG_RECORDS_H_
#define MILLRACE_SERVING_LOG_RECORDS_H_

#include <string>
#include <vector>

#include "core/clock.h"
#include "serving/service.h"
#include "stream/log.h"

namespace millrace {

struct LogRecordsOptions {
  // Topics with this prefix ("millrace.flights.") are refused to writers; empty: none.
  std::string own_prefix;
  size_t max_records = 1000;        // of one append
  size_t max_read_bytes = 1 << 20;  // of one read, about
};

class LogRecords final : public RecordService {
 public:
  // REQUIRES: log and clock outlive this.
  LogRecords(Log& log, Clock& clock, LogRecordsOptions options);

  absl::StatusOr<std::vector<AppendPosition>> Append(
      absl::string_view topic, const std::vector<NewRecord>& records) override;
  absl::StatusOr<ReadRecordsResponse> Read(const ReadRecordsRequest& request) override;
  absl::StatusOr<std::vector<TopicInfo>> Topics() override;

 private:
  // What is not there as an ApiError with a suggestion: the topic, or of it the partition (the
  // largest asked for, -1 for none); other statuses as they are.
  absl::Status Explain(const absl::Status& status, absl::string_view topic, int32_t partition);

  Log& log_;
  Clock& clock_;
  LogRecordsOptions options_;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_LOG_RECORDS_H_
