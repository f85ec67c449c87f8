// LogDatabase: the RocksDB database of an embedded log, its tuning, and how it lives through a full
// disk. Below the reserve of room it refuses writes by itself. After a write that failed RocksDB
// takes no more; the database is then closed and opened again, as soon as a probe shows that the
// disk takes bytes. RocksDB's own ways to resume are not used: a disk that is still full while
// they run leaves the database read-only for good.
//
// Thread-safe.

#ifndef MILLRACE_STREAM_EMBEDDED_LOG_DATABASE_H_
#define MILLRACE_STREAM_EMBEDDED_LOG_DATABASE_H_

#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "rocksdb/db.h"
#include "stream/embedded/embedded_log.h"

namespace millrace {

class LogBegins;

class LogDatabase {
 public:
  // Errors as EmbeddedLog::Open.
  static absl::StatusOr<std::unique_ptr<LogDatabase>> Open(const EmbeddedLogOptions& options,
                                                           std::shared_ptr<LogBegins> begins);

  // The database, which stays open while the lease lives. A thread holds one at most, for a short
  // time, and neither writes nor syncs meanwhile.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    rocksdb::DB* operator->() const { return &db_; }
    rocksdb::DB& operator*() const { return db_; }

   private:
    friend class LogDatabase;
    Lease(absl::Mutex* mutex, rocksdb::DB& db) : mutex_(mutex), db_(db) {}

    absl::Mutex* mutex_;  // held for reading; null once moved from
    rocksdb::DB& db_;
  };
  // Errors: Unavailable or ResourceExhausted while the database could not be opened again.
  absl::StatusOr<Lease> Use() const;

  // ResourceExhausted while the disk has less room than the reserve and `bytes`. Looks at the disk
  // once a megabyte.
  absl::Status CheckRoom(uint64_t bytes);
  // Writes atomically; with `sync`, down to the device. After an error what was written may or may
  // not be found later; a later call may succeed. Errors: ResourceExhausted, Unavailable, DataLoss.
  absl::Status Write(rocksdb::WriteBatch* batch, bool sync);
  // Syncs what was written. Errors: ResourceExhausted, Unavailable.
  absl::Status Sync();

 private:
  LogDatabase(const EmbeddedLogOptions& options, std::shared_ptr<LogBegins> begins);
  absl::Status OpenLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The remembered error, unless the disk takes bytes again and the database could be opened.
  absl::Status ReopenIfFailed();
  absl::Status ProbeDisk() const;
  absl::Status Failure() const;
  // Remembers an error of a write, and returns it.
  absl::Status Noted(absl::Status written);
  rocksdb::Env& env() const;

  const EmbeddedLogOptions options_;
  const std::shared_ptr<LogBegins> begins_;

  // Exclusive only while the database is closed and opened.
  mutable absl::Mutex mutex_;
  std::unique_ptr<rocksdb::DB> db_ ABSL_GUARDED_BY(mutex_);  // null when opening again failed

  absl::Mutex recovery_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);  // one recovers, others wait for it
  int64_t next_probe_nanos_ ABSL_GUARDED_BY(recovery_mutex_) = 0;
  mutable absl::Mutex failure_mutex_ ABSL_ACQUIRED_AFTER(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(failure_mutex_);  // of the last write
  uint64_t bytes_until_room_check_ ABSL_GUARDED_BY(failure_mutex_) = 0;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EMBEDDED_LOG_DATABASE_H_
