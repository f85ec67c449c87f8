// TopicTable: the topics of an embedded log with their partitions. Thread-safe. A deleted topic is
// no longer found, but its object stays as long as the table, for those who hold a pointer.

#ifndef MILLRACE_STREAM_EMBEDDED_TOPIC_TABLE_H_
#define MILLRACE_STREAM_EMBEDDED_TOPIC_TABLE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "stream/embedded/batch_store.h"
#include "stream/embedded/partition.h"
#include "stream/log.h"

namespace millrace {

struct Topic {
  StoredTopic stored;
  std::vector<std::unique_ptr<Partition>> partitions;
  // Counts records without key and partition, which go round.
  std::atomic<uint32_t> spread{0};
};

class TopicTable {
 public:
  // REQUIRES: the store outlives the table.
  explicit TopicTable(BatchStore& store) : store_(store) {}

  // Takes over the topics in the store. REQUIRES: the table is new.
  absl::Status Recover();
  // As Log::CreateTopic.
  absl::Status Create(absl::string_view name, const TopicOptions& options);
  // As Log::DeleteTopic.
  absl::Status Delete(absl::string_view name);

  // NotFound when there is no such topic. Pointers live as long as the table.
  absl::StatusOr<Topic*> Find(absl::string_view name) const;
  // Also InvalidArgument when it has no such partition.
  absl::StatusOr<Partition*> Find(const TopicPartition& input) const;
  // By name.
  std::vector<Topic*> All() const;

 private:
  absl::Status RecoverTopic(const StoredTopic& stored);

  BatchStore& store_;
  mutable absl::Mutex mutex_;
  std::map<std::string, std::unique_ptr<Topic>, std::less<>> topics_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Topic>> deleted_ ABSL_GUARDED_BY(mutex_);
  uint32_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
};

// InvalidArgument unless the topic has the partition.
absl::Status CheckPartition(const Topic& topic, int32_t partition);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EMBEDDED_TOPIC_TABLE_H_
