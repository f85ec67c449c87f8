// MemoryLog: a Log in memory, for tests and for `millrace test`. What was appended stays as long as
// the object; retention is not enforced. Thread-safe.

#ifndef MILLRACE_STREAM_MEMORY_LOG_H_
#define MILLRACE_STREAM_MEMORY_LOG_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "core/clock.h"
#include "stream/log.h"

namespace millrace {

struct MemoryLogOptions {
  // Of key, value and headers together; larger records are refused.
  size_t max_record_bytes = 16 << 20;
  Clock* clock = &Clock::Real();
  // Of a record with a timestamp: kTimestamp lets a test say when each record was appended.
  enum class AppendTime { kClock, kTimestamp } append_time = AppendTime::kClock;
};

class MemoryLog final : public Log {
 public:
  explicit MemoryLog(const MemoryLogOptions& options = {}) : options_(options) {}
  MemoryLog(const MemoryLog&) = delete;
  MemoryLog& operator=(const MemoryLog&) = delete;

  absl::StatusOr<std::vector<TopicInfo>> Topics() override;
  absl::Status CreateTopic(absl::string_view topic, const TopicOptions& options) override;
  absl::Status DeleteTopic(absl::string_view topic) override;
  absl::StatusOr<std::vector<AppendPosition>> Append(
      std::span<const AppendRecord> records) override;
  absl::StatusOr<bool> IsCompacted(absl::string_view topic) override;
  size_t max_record_bytes() const override { return options_.max_record_bytes; }
  absl::StatusOr<OffsetRange> Offsets(const TopicPartition& input) override;
  absl::StatusOr<int64_t> OffsetAtTime(const TopicPartition& input, int64_t timestamp_ms) override;
  absl::Status Ping() override { return absl::OkStatus(); }  // it is in this process
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(std::vector<ReadFrom> inputs) override;

 private:
  class Reader;
  // Its records lie in a batch of its own each, so that readers may share nothing but the lock.
  struct Partition {
    std::vector<std::unique_ptr<RecordBatch>> records;  // by offset
    bool deleted = false;
    int64_t end() const { return static_cast<int64_t>(records.size()); }
  };
  struct Topic {
    TopicOptions options;
    std::vector<std::shared_ptr<Partition>> partitions;
    uint64_t spread = 0;  // of records without a key
  };

  absl::StatusOr<Topic*> FindTopic(absl::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::shared_ptr<Partition>> FindPartition(const TopicPartition& input)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckSize(const AppendRecord& record, size_t number) const;

  const MemoryLogOptions options_;
  absl::Mutex mutex_;
  std::map<std::string, Topic> topics_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_MEMORY_LOG_H_
