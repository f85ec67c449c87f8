// Gives back the space of deleted batches: when RocksDB compacts files, batches before the
// beginning of their partition are left out. They are unreadable already, so no tombstones are
// needed and no reader ever has to pass over them.

#ifndef MILLRACE_STREAM_EMBEDDED_RETENTION_FILTER_H_
#define MILLRACE_STREAM_EMBEDDED_RETENTION_FILTER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "rocksdb/compaction_filter.h"

namespace millrace {

// The beginning of each partition of which something was deleted. Thread-safe.
class LogBegins {
 public:
  // By the first kPartitionPrefixBytes of a batch's key.
  using ByPrefix = absl::flat_hash_map<std::string, int64_t>;

  void Set(const std::string& prefix, int64_t begin);
  ByPrefix Copy() const;

 private:
  mutable absl::Mutex mutex_;
  ByPrefix begins_ ABSL_GUARDED_BY(mutex_);
};

// Makes, for each compaction, a filter with the beginnings of that moment.
std::shared_ptr<rocksdb::CompactionFilterFactory> MakeRetentionFilterFactory(
    std::shared_ptr<const LogBegins> begins);

// 'b', topic (4 bytes), partition (4 bytes); the base offset (8 bytes) follows.
inline constexpr size_t kPartitionPrefixBytes = 9;

}  // namespace millrace

#endif  // MILLRACE_STREAM_EMBEDDED_RETENTION_FILTER_H_
