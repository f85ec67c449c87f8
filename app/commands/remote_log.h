// RemoteLog: the log of a running Millrace, over its HTTP API. What that lacks is refused
// (FailedPrecondition): a server makes and deletes its topics itself. OffsetAtTime reads the
// partition from its beginning.
//
// Owned by one thread, with its readers.

#ifndef MILLRACE_APP_COMMANDS_REMOTE_LOG_H_
#define MILLRACE_APP_COMMANDS_REMOTE_LOG_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "app/commands/api_client.h"
#include "stream/log.h"

namespace millrace {

class RemoteLog final : public Log {
 public:
  // REQUIRES: `api` outlives the log.
  explicit RemoteLog(ApiClient& api) : api_(api) {}

  absl::StatusOr<std::vector<TopicInfo>> Topics() override;
  absl::Status CreateTopic(absl::string_view topic, const TopicOptions& options) override;
  absl::Status DeleteTopic(absl::string_view topic) override;
  // In requests of bounded size. Also InvalidArgument for keys and headers that are not UTF-8 and
  // for headers of one name, which JSON cannot hold.
  absl::StatusOr<std::vector<AppendPosition>> Append(
      std::span<const AppendRecord> records) override;
  // As an embedded log, which a request has room for; the server's log may take less.
  size_t max_record_bytes() const override { return kMaxRecordBytes; }
  absl::StatusOr<OffsetRange> Offsets(const TopicPartition& input) override;
  absl::StatusOr<bool> IsCompacted(absl::string_view topic) override;
  absl::StatusOr<int64_t> OffsetAtTime(const TopicPartition& input, int64_t timestamp_ms) override;
  absl::Status Ping() override;
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(std::vector<ReadFrom> inputs) override;

  // One answer of GET /api/v1/records.
  struct Page {
    RecordBatch records;
    OffsetRange range;
    int64_t next_offset = 0;
  };
  // Reads from `offset`, or from the beginning when that is negative.
  absl::StatusOr<Page> ReadPage(const TopicPartition& input, int64_t offset, int limit,
                                absl::Duration wait);

 private:
  static constexpr size_t kMaxRecordBytes = 16 << 20;

  ApiClient& api_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_COMMANDS_REMOTE_LOG_H_
