// Log: a set of topics, each of one or more partitions, each an ordered sequence of records that
// are named by their offset. The port behind which the embedded log and Kafka stand; both pass the
// suite of tests/contract/log_contract.h.
//
// A Log is thread-safe. A LogReader is owned by one thread (Wake may be called from any).

#ifndef MILLRACE_STREAM_LOG_H_
#define MILLRACE_STREAM_LOG_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "stream/record_batch.h"

namespace millrace {

struct TopicPartition {
  std::string topic;
  int32_t partition = 0;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

// A record to append. The views are read before Append returns and not kept.
struct AppendRecord {
  absl::string_view topic;
  // Absent: by murmur2 of the key as Java producers do; without a key, spread evenly.
  std::optional<int32_t> partition;
  std::optional<absl::string_view> key;
  std::optional<absl::string_view> value;  // absent: a tombstone
  std::span<const Header> headers;
  // Milliseconds since the epoch. Absent: the log's own time. A topic whose timestamps are
  // append times (TimestampType::kLogAppend) ignores it.
  std::optional<int64_t> timestamp_ms;
};

struct AppendPosition {
  int32_t partition = 0;
  int64_t offset = 0;
};

struct OffsetRange {
  int64_t begin = 0;  // the oldest record kept
  int64_t end = 0;    // one past the newest that readers may see (high watermark)
};

struct TopicInfo {
  std::string name;
  int32_t partitions = 0;
};

struct TopicOptions {
  int32_t partitions = 1;
  // Records older than this may be deleted, by append time; infinite keeps them all.
  absl::Duration retain_for = absl::InfiniteDuration();
  // The oldest records may be deleted when a partition is larger; 0 is no bound.
  int64_t retain_bytes = 0;
  // Only the newest record of each key need be kept.
  bool compacted = false;
};

// What a reader reads: a partition from an offset on.
struct ReadFrom {
  TopicPartition input;
  int64_t offset = 0;
};

// Reads several partitions, each at its own pace, without threads of the caller's.
class LogReader {
 public:
  virtual ~LogReader() = default;

  // Appends to *batch the next records of input `index` (in the order given to OpenReader), at
  // most about max_bytes of them but at least one if there is any, and moves on past them.
  // Returns how many; 0 means that none is there now. Never blocks on new data.
  // Errors: OutOfRange when the next offset is no longer, or not yet, in the log (the message names
  // the range); NotFound when the topic is gone; DataLoss when stored bytes are damaged;
  // Unavailable when the log cannot be reached (trying again later is right).
  virtual absl::StatusOr<int> Read(size_t index, size_t max_bytes, RecordBatch* batch) = 0;

  // The offset Read(index) returns next.
  virtual int64_t NextOffset(size_t index) const = 0;

  // One past the newest record of the input that the log has told us of; no less than NextOffset.
  virtual int64_t EndOffset(size_t index) const = 0;

  // True when everything appended to the input so far, as far as the log has told us, was read.
  virtual bool AtEnd(size_t index) const = 0;

  // Blocks until some input may have records, Wake was called or `timeout` has passed.
  virtual void Wait(absl::Duration timeout) = 0;

  // Ends a Wait in progress, or the next one. Thread-safe.
  virtual void Wake() = 0;
};

class Log {
 public:
  virtual ~Log() = default;

  virtual absl::StatusOr<std::vector<TopicInfo>> Topics() = 0;

  // Creates the topic if it does not exist. FailedPrecondition when it exists with another number
  // of partitions.
  virtual absl::Status CreateTopic(absl::string_view topic, const TopicOptions& options) = 0;

  // Deletes the topic and all its records; returns when it is gone. NotFound.
  virtual absl::Status DeleteTopic(absl::string_view topic) = 0;

  // Whether only the newest record of each key need be kept (TopicOptions::compacted). NotFound.
  virtual absl::StatusOr<bool> IsCompacted(absl::string_view topic) = 0;

  // Appends all records, keeping the order of those of one partition, and returns their positions
  // once they are durable. Concurrent calls share their disk writes. On an error some of the
  // records may have been appended. Errors: NotFound (no such topic), InvalidArgument (no such
  // partition, or a record too large: the message says which and the limit), ResourceExhausted
  // (no room), Unavailable.
  virtual absl::StatusOr<std::vector<AppendPosition>> Append(
      std::span<const AppendRecord> records) = 0;

  // The most bytes of key, value and headers together that Append takes in one record.
  virtual size_t max_record_bytes() const = 0;

  virtual absl::StatusOr<OffsetRange> Offsets(const TopicPartition& input) = 0;

  // The first offset whose record has timestamp >= timestamp_ms; the end if there is none.
  virtual absl::StatusOr<int64_t> OffsetAtTime(const TopicPartition& input,
                                               int64_t timestamp_ms) = 0;

  // Asks the log for a sign of life, and waits a few seconds for it. Unavailable when there is
  // none: nothing is known then of what was appended.
  virtual absl::Status Ping() = 0;

  // REQUIRES: the log outlives the reader. Errors: NotFound, OutOfRange as LogReader::Read.
  virtual absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(std::vector<ReadFrom> inputs) = 0;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_LOG_H_
