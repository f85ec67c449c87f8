// BatchStore: the RocksDB database of an embedded log: batches by (topic, partition, base offset),
// topics, the beginning of each partition and the epoch. Keys and values are described in
// docs/formats/embedded-log.md. Knows nothing of what is visible to readers.
//
// Thread-safe, except Write, which one thread at a time may call.

#ifndef MILLRACE_STREAM_EMBEDDED_BATCH_STORE_H_
#define MILLRACE_STREAM_EMBEDDED_BATCH_STORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "stream/embedded/embedded_log.h"
#include "stream/embedded/log_database.h"
#include "stream/embedded/partition.h"
#include "stream/embedded/stored_batch.h"

namespace rocksdb {
class Iterator;
class Slice;
}  // namespace rocksdb

namespace millrace {

class LogBegins;

struct StoredTopic {
  std::string name;
  uint32_t id = 0;
  TopicOptions options;
};

// The key of a batch: sorted by topic, partition and offset.
std::string BatchKey(uint32_t topic_id, int32_t partition, int64_t base_offset);

// Walks over the stored batches of one partition from its beginning as it was when the iterator was
// made. Thread-compatible; sees what was stored before it was made.
class BatchIterator {
 public:
  BatchIterator(LogDatabase::Lease db, const Partition& partition);
  ~BatchIterator();

  // Goes to the batch that holds `offset` and checks that it does. Errors: DataLoss naming topic,
  // partition and offset when there is none or it is damaged.
  absl::Status Seek(int64_t offset);
  // Goes to the newest batch; false when there is none.
  absl::StatusOr<bool> SeekToLast();
  // Goes to the batch behind the current one, which must begin where that ends. Errors as Seek.
  absl::Status Next();

  // REQUIRES: the last move succeeded. bytes() lives until the next move.
  const BatchInfo& info() const { return info_; }
  absl::string_view bytes() const;

  // Goes to the first batch in [begin, end) for which `holds`; false when there is none. Once true,
  // `holds` must stay true for later batches. Cost: a seek per halving.
  absl::StatusOr<bool> SeekToFirst(int64_t begin, int64_t end,
                                   absl::FunctionRef<bool(const BatchInfo&)> holds);

 private:
  absl::Status Load();
  absl::Status Damaged(int64_t offset, absl::string_view what) const;

  const LogDatabase::Lease db_;
  const Partition& partition_;
  std::string lower_bound_;
  std::string upper_bound_;
  std::unique_ptr<rocksdb::Slice> lower_;  // RocksDB keeps pointers to them
  std::unique_ptr<rocksdb::Slice> upper_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  BatchInfo info_;
};

class BatchStore {
 public:
  // Errors as EmbeddedLog::Open.
  static absl::StatusOr<std::unique_ptr<BatchStore>> Open(const EmbeddedLogOptions& options);
  ~BatchStore();

  uint64_t epoch() const { return epoch_.load(); }
  absl::Status SetEpoch(uint64_t epoch);

  absl::StatusOr<std::vector<StoredTopic>> Topics() const;
  absl::Status AddTopic(const StoredTopic& topic);
  // Forgets the topic and lets go of its batches, also of those that a concurrent Write adds.
  absl::Status RemoveTopic(const StoredTopic& topic);
  // Larger than the id of any topic there is or was.
  absl::StatusOr<uint32_t> NextTopicId() const;
  // The first offset kept of a partition; 0 when nothing was deleted.
  absl::StatusOr<int64_t> Begin(uint32_t topic_id, int32_t partition) const;
  // Lets go of the batches before `begin`, which is the base offset of a batch or the end.
  absl::Status DeleteBefore(const Partition& partition, int64_t begin);

  // Stores the staged batches of the partitions in one atomic write with the durability of the
  // options. After an error nothing of them will ever be seen, and a later call may succeed.
  // Errors: ResourceExhausted, Unavailable, DataLoss.
  absl::Status Write(std::span<Partition* const> partitions);
  absl::Status Sync();

  // Keeps the database open while it lives: see LogDatabase::Lease.
  absl::StatusOr<std::unique_ptr<BatchIterator>> Batches(const Partition& partition) const;

 private:
  BatchStore(const EmbeddedLogOptions& options, std::shared_ptr<LogBegins> begins,
             std::unique_ptr<LogDatabase> db);
  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const;
  absl::Status ReadIdentity();
  absl::Status ReadRemovedTopics();
  void DropBatches(uint32_t topic_id, int32_t partitions);
  absl::Status PutSynced(absl::string_view key, absl::string_view value);
  absl::Status DeleteFiles(const std::string& first, const std::string& limit);

  const EmbeddedLogOptions options_;
  const std::shared_ptr<LogBegins> begins_;
  const std::unique_ptr<LogDatabase> db_;
  std::atomic<uint64_t> epoch_{0};

  // Only Write's.
  // Keys of a failed write: should the database find them in its write-ahead log after a crash,
  // they must not lie among later batches. The next write deletes them.
  std::set<std::string> failed_keys_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EMBEDDED_BATCH_STORE_H_
