// EmbeddedLog: a durable Log in a directory of this machine, kept in RocksDB, for one process.
//
// Records are stored in batches (docs/formats/embedded-log.md). Concurrent Append calls are joined
// into one write. The newest batches stay in memory, so that readers near the end touch no disk.
//
// - Record::timestamp_ms is the producer's when it gave one (kCreate), else the time of the append
//   (kLogAppend). Record::append_ms is always the time of the append by options.clock, made never
//   to fall within a partition.
// - Topics with TopicOptions::compacted keep every record; only retain_for and retain_bytes delete.
// - Retention deletes whole batches from the front, so up to a batch more than asked for stays.
// - Topic names are 1 to 249 of [A-Za-z0-9._-], as in Kafka.
//
// Thread-safe. Readers are owned by one thread each and must be gone before the log.

#ifndef MILLRACE_STREAM_EMBEDDED_EMBEDDED_LOG_H_
#define MILLRACE_STREAM_EMBEDDED_EMBEDDED_LOG_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/clock.h"
#include "stream/log.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace millrace {

class BatchStore;
class GroupCommit;
class TopicTable;

// What an acknowledged record survives.
enum class Durability {
  kProcess,    // the end of the process, however it comes
  kPowerLoss,  // also the end of the machine: synced before it is acknowledged
};

struct EmbeddedLogOptions {
  std::string path;  // a directory; made if it does not exist, with its parents
  Durability durability = Durability::kProcess;
  // Key, value and headers of one record, with a few bytes for their lengths.
  size_t max_record_bytes = 16 << 20;
  // Appends are refused (ResourceExhausted) while the disk has less room than this, so that what
  // was accepted can still be flushed.
  uint64_t reserve_bytes = uint64_t{256} << 20;
  // Newest batches kept in memory, over all partitions.
  int64_t tail_bytes = 32 << 20;
  // Blocks read from disk kept in memory.
  int64_t block_cache_bytes = 32 << 20;
  // Written batches are collected in up to four buffers of this size before they become files.
  size_t write_buffer_bytes = 64 << 20;
  Clock* clock = &Clock::Real();  // outlives the log
  rocksdb::Env* env = nullptr;    // the file system; null is the machine's. Outlives the log
};

class EmbeddedLog final : public Log {
 public:
  // Opens or creates the log. Errors: Aborted (another process has the path open),
  // FailedPrecondition (a newer version wrote it), DataLoss (the newest batch of a partition is
  // damaged), ResourceExhausted (no room), Unavailable (the directory cannot be used).
  static absl::StatusOr<std::unique_ptr<EmbeddedLog>> Open(const EmbeddedLogOptions& options);
  ~EmbeddedLog() override;

  // Names this log as long as nothing acknowledged was lost from it. A log made later in the same
  // place has another epoch.
  uint64_t epoch() const;
  // Gives the log a new, larger epoch, durably: to be called when what others remember of this log
  // is no longer in it.
  absl::Status BumpEpoch();

  // Returns when everything acknowledged so far would survive the end of the machine.
  absl::Status Sync();

  // Deletes what the retention of each topic lets go. Cheap when there is nothing to delete; to be
  // called every few seconds or minutes. The space is given back as whole files, later.
  absl::Status EnforceRetention();

  absl::StatusOr<std::vector<TopicInfo>> Topics() override;
  // Also InvalidArgument for a name or number of partitions that no topic can have. The options of
  // a topic that exists stay as they are.
  absl::Status CreateTopic(absl::string_view topic, const TopicOptions& options) override;
  // Blocks until the deletion is durable. The space is given back as with EnforceRetention.
  absl::Status DeleteTopic(absl::string_view topic) override;
  // All records are checked before the first is appended. A call is joined with those of other
  // threads; it blocks until its records are stored.
  absl::StatusOr<std::vector<AppendPosition>> Append(
      std::span<const AppendRecord> records) override;
  size_t max_record_bytes() const override;
  absl::StatusOr<OffsetRange> Offsets(const TopicPartition& input) override;
  absl::StatusOr<bool> IsCompacted(absl::string_view topic) override;
  absl::StatusOr<int64_t> OffsetAtTime(const TopicPartition& input, int64_t timestamp_ms) override;
  absl::Status Ping() override { return absl::OkStatus(); }  // it is in this process
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(std::vector<ReadFrom> inputs) override;

 private:
  EmbeddedLog(const EmbeddedLogOptions& options, std::unique_ptr<BatchStore> store);

  const EmbeddedLogOptions options_;
  std::unique_ptr<BatchStore> store_;
  std::unique_ptr<TopicTable> topics_;
  std::unique_ptr<GroupCommit> committer_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EMBEDDED_EMBEDDED_LOG_H_
