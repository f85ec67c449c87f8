#include "stream/embedded/log_database.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/directories.h"
#include "core/file_lock.h"
#include "core/status_macros.h"
#include "rocksdb/cache.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/listener.h"
#include "rocksdb/table.h"
#include "rocksdb/write_batch.h"
#include "stream/embedded/retention_filter.h"
#include "stream/embedded/rocks_status.h"
#include "stream/embedded/stored_batch.h"

namespace millrace {
namespace {

// How many bytes may be written between two looks at the room on the disk.
constexpr uint64_t kRoomCheckBytes = 1 << 20;
// What a disk must take before it is trusted again, and how often it is asked.
constexpr size_t kProbeBytes = 1 << 20;
constexpr absl::Duration kProbeInterval = absl::Milliseconds(200);

class NoResume final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

rocksdb::Options RocksOptions(const EmbeddedLogOptions& options,
                              const std::shared_ptr<LogBegins>& begins) {
  rocksdb::Options rocks;
  if (options.env != nullptr) rocks.env = options.env;
  rocks.listeners.push_back(std::make_shared<NoResume>());
  rocks.max_bgerror_resume_count = 0;
  rocks.create_if_missing = true;
  rocks.max_background_jobs = 2;
  rocks.info_log_level = rocksdb::WARN_LEVEL;
  rocks.keep_log_file_num = 4;
  rocks.max_log_file_size = 4 << 20;
  rocks.max_open_files = 512;
  rocks.bytes_per_sync = 1 << 20;
  rocks.wal_bytes_per_sync = 512 << 10;
  rocks.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  rocks.track_and_verify_wals_in_manifest = true;
  // One thread writes; what it writes is a few large values.
  rocks.allow_concurrent_memtable_write = false;
  rocks.write_buffer_size = options.write_buffer_bytes;
  rocks.max_write_buffer_number = 4;
  rocks.target_file_size_base = options.write_buffer_bytes;
  rocks.max_bytes_for_level_base = 4 * options.write_buffer_bytes;
  // The same at all levels, so that files move down without being written again.
  rocks.compression = rocksdb::kLZ4Compression;
  rocks.compaction_filter_factory = MakeRetentionFilterFactory(begins);
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;
  table.block_size = kBatchTargetBytes;
  table.block_cache = rocksdb::NewLRUCache(static_cast<size_t>(options.block_cache_bytes));
  rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return rocks;
}

absl::Status OpenError(const std::string& path, const rocksdb::Status& status) {
  const std::string said = status.ToString();
  if (status.IsIOError() && absl::StrContains(said, "/LOCK")) {
    // A lock of this very process is not looked at, which would end it.
    const std::optional<std::string> holder =
        absl::StrContains(said, "current process") ? std::nullopt : LockHolder(path + "/LOCK");
    return absl::AbortedError(absl::StrCat("the embedded log in ", path, " is in use by ",
                                           holder.value_or("another process")));
  }
  const absl::Status meaning = FromRocks(status);
  return absl::Status(meaning.code(), absl::StrCat(path, ": ", meaning.message()));
}

}  // namespace

LogDatabase::Lease::Lease(Lease&& other) noexcept
    : mutex_(std::exchange(other.mutex_, nullptr)), db_(other.db_) {}

LogDatabase::Lease::~Lease() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  if (mutex_ != nullptr) mutex_->ReaderUnlock();
}

LogDatabase::LogDatabase(const EmbeddedLogOptions& options, std::shared_ptr<LogBegins> begins)
    : options_(options), begins_(std::move(begins)) {}

absl::StatusOr<std::unique_ptr<LogDatabase>> LogDatabase::Open(const EmbeddedLogOptions& options,
                                                               std::shared_ptr<LogBegins> begins) {
  std::unique_ptr<LogDatabase> database(new LogDatabase(options, std::move(begins)));
  if (options.env == nullptr) RETURN_IF_ERROR(MakeDirectories(options.path));
  absl::MutexLock lock(&database->mutex_);
  RETURN_IF_ERROR(database->OpenLocked());
  return database;
}

absl::Status LogDatabase::OpenLocked() {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(RocksOptions(options_, begins_), options_.path, &db);
  if (!opened.ok()) return OpenError(options_.path, opened);
  db_.reset(db);
  return absl::OkStatus();
}

rocksdb::Env& LogDatabase::env() const {
  return options_.env != nullptr ? *options_.env : *rocksdb::Env::Default();
}

absl::StatusOr<LogDatabase::Lease> LogDatabase::Use() const ABSL_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.ReaderLock();
  if (db_ != nullptr) return Lease(&mutex_, *db_);
  mutex_.ReaderUnlock();
  return Failure();
}

absl::Status LogDatabase::Write(rocksdb::WriteBatch* batch, bool sync) {
  RETURN_IF_ERROR(ReopenIfFailed());
  rocksdb::WriteOptions options;
  options.sync = sync;
  ASSIGN_OR_RETURN(const Lease db, Use());
  return Noted(FromRocks(db->Write(options, batch)));
}

absl::Status LogDatabase::Sync() {
  RETURN_IF_ERROR(ReopenIfFailed());
  ASSIGN_OR_RETURN(const Lease db, Use());
  return Noted(FromRocks(db->SyncWAL()));
}

absl::Status LogDatabase::Noted(absl::Status written) {
  if (written.ok()) return written;
  absl::MutexLock lock(&failure_mutex_);
  failure_ = written;
  bytes_until_room_check_ = 0;
  return written;
}

absl::Status LogDatabase::Failure() const {
  absl::MutexLock lock(&failure_mutex_);
  return failure_;
}

absl::Status LogDatabase::ReopenIfFailed() {
  if (Failure().ok()) return absl::OkStatus();
  absl::MutexLock recovery(&recovery_mutex_);
  const absl::Status failure = Failure();
  if (failure.ok()) return absl::OkStatus();  // another thread has recovered it
  const int64_t now_nanos = options_.clock->MonotonicNanos();
  if (now_nanos < next_probe_nanos_) return failure;
  next_probe_nanos_ = now_nanos + absl::ToInt64Nanoseconds(kProbeInterval);
  RETURN_IF_ERROR(Noted(ProbeDisk()));
  absl::MutexLock lock(&mutex_);
  db_.reset();
  RETURN_IF_ERROR(Noted(OpenLocked()));
  absl::MutexLock failure_lock(&failure_mutex_);
  failure_ = absl::OkStatus();
  return absl::OkStatus();
}

absl::Status LogDatabase::ProbeDisk() const {
  const std::string path = absl::StrCat(options_.path, "/probe");
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status probed = env().NewWritableFile(path, &file, rocksdb::EnvOptions());
  if (probed.ok()) probed = file->Append(std::string(kProbeBytes, 'x'));
  if (probed.ok()) probed = file->Sync();
  if (file != nullptr) {
    const rocksdb::Status closed = file->Close();
    if (probed.ok()) probed = closed;
    const rocksdb::Status deleted = env().DeleteFile(path);
    if (probed.ok()) probed = deleted;
  }
  return FromRocks(probed);
}

absl::Status LogDatabase::CheckRoom(uint64_t bytes) {
  absl::MutexLock lock(&failure_mutex_);
  if (bytes < bytes_until_room_check_) {
    bytes_until_room_check_ -= bytes;
    return absl::OkStatus();
  }
  uint64_t free_bytes = 0;
  // A file system that cannot tell its room is not refused; its errors tell when it is full.
  if (env().GetFreeSpace(options_.path, &free_bytes).ok() &&
      free_bytes < options_.reserve_bytes + bytes) {
    bytes_until_room_check_ = 0;  // look again the next time
    return absl::ResourceExhaustedError(
        absl::StrCat("embedded log: ", free_bytes, " bytes of room in ", options_.path,
                     ", of which ", options_.reserve_bytes, " are kept in reserve"));
  }
  bytes_until_room_check_ = kRoomCheckBytes;
  return absl::OkStatus();
}

}  // namespace millrace
