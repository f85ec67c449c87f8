#include "stream/embedded/batch_store.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "rocksdb/cache.h"
#include "rocksdb/convenience.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "rocksdb/write_batch.h"
#include "stream/embedded/retention_filter.h"
#include "stream/embedded/rocks_status.h"

namespace millrace {
namespace {

constexpr uint64_t kVersion = 1;
constexpr absl::string_view kVersionKey = "mversion";
constexpr absl::string_view kEpochKey = "mepoch";
// How many bytes may be written between two looks at the room on the disk.
constexpr uint64_t kRoomCheckBytes = 1 << 20;

rocksdb::Slice SliceOf(absl::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::string PartitionPrefix(char kind, uint32_t topic_id, int32_t partition) {
  std::string key(1, kind);
  PutBig32(&key, topic_id);
  PutBig32(&key, static_cast<uint32_t>(partition));
  return key;
}

std::string TopicValue(const StoredTopic& topic) {
  std::string value;
  PutVarint(&value, topic.id);
  PutVarint(&value, static_cast<uint64_t>(topic.options.partitions));
  PutSignedVarint(&value, topic.options.retain_for == absl::InfiniteDuration()
                              ? -1
                              : absl::ToInt64Milliseconds(topic.options.retain_for));
  PutSignedVarint(&value, topic.options.retain_bytes);
  PutVarint(&value, topic.options.compacted ? 1 : 0);
  return value;
}

bool ParseTopicValue(absl::string_view value, StoredTopic* topic) {
  uint64_t id, partitions, compacted;
  int64_t retain_for_ms;
  if (!GetVarint(&value, &id) || !GetVarint(&value, &partitions) ||
      !GetSignedVarint(&value, &retain_for_ms) ||
      !GetSignedVarint(&value, &topic->options.retain_bytes) || !GetVarint(&value, &compacted) ||
      !value.empty()) {
    return false;
  }
  topic->id = static_cast<uint32_t>(id);
  topic->options.partitions = static_cast<int32_t>(partitions);
  topic->options.retain_for =
      retain_for_ms < 0 ? absl::InfiniteDuration() : absl::Milliseconds(retain_for_ms);
  topic->options.compacted = compacted != 0;
  return true;
}

rocksdb::Options RocksOptions(const EmbeddedLogOptions& options,
                              const std::shared_ptr<LogBegins>& begins) {
  rocksdb::Options rocks;
  if (options.env != nullptr) rocks.env = options.env;
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
  if (status.IsIOError() && absl::StrContains(status.ToString(), "/LOCK")) {
    return absl::AbortedError(
        absl::StrCat("the embedded log in ", path, " is in use by another process"));
  }
  const absl::Status meaning = FromRocks(status);
  return absl::Status(meaning.code(), absl::StrCat(path, ": ", meaning.message()));
}

}  // namespace

std::string BatchKey(uint32_t topic_id, int32_t partition, int64_t base_offset) {
  std::string key = PartitionPrefix('b', topic_id, partition);
  PutBig64(&key, static_cast<uint64_t>(base_offset));
  return key;
}

BatchStore::BatchStore(const EmbeddedLogOptions& options, std::shared_ptr<LogBegins> begins,
                       std::unique_ptr<rocksdb::DB> db)
    : options_(options), begins_(std::move(begins)), db_(std::move(db)) {}

BatchStore::~BatchStore() = default;

absl::StatusOr<std::unique_ptr<BatchStore>> BatchStore::Open(const EmbeddedLogOptions& options) {
  auto begins = std::make_shared<LogBegins>();
  const rocksdb::Options rocks = RocksOptions(options, begins);
  // RocksDB makes the last directory of the path only.
  for (size_t slash = options.path.find('/', 1); slash != std::string::npos;
       slash = options.path.find('/', slash + 1)) {
    const rocksdb::Status made = rocks.env->CreateDirIfMissing(options.path.substr(0, slash));
    if (!made.ok()) return OpenError(options.path, made);
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(rocks, options.path, &db);
  if (!opened.ok()) return OpenError(options.path, opened);
  std::unique_ptr<BatchStore> store(
      new BatchStore(options, std::move(begins), std::unique_ptr<rocksdb::DB>(db)));
  RETURN_IF_ERROR(store->ReadIdentity());
  RETURN_IF_ERROR(store->ReadRemovedTopics());
  return store;
}

absl::Status BatchStore::ReadIdentity() {
  std::string value;
  const rocksdb::Status found = db_->Get({}, SliceOf(kVersionKey), &value);
  if (found.IsNotFound()) {
    // The time of making tells this log from any other that was or will be in its place.
    RETURN_IF_ERROR(SetEpoch(
        static_cast<uint64_t>(std::max<int64_t>(1, ToEpochMillis(options_.clock->Now())))));
    std::string version;
    PutVarint(&version, kVersion);
    return PutSynced(kVersionKey, version);
  }
  RETURN_IF_ERROR(FromRocks(found));
  uint64_t version = 0;
  absl::string_view in = value;
  if (!GetVarint(&in, &version)) return absl::DataLossError("embedded log: malformed version");
  if (version != kVersion) {
    return absl::FailedPreconditionError(absl::StrCat("the embedded log in ", options_.path,
                                                      " has format ", version,
                                                      "; this program knows ", kVersion));
  }
  std::string epoch_bytes;
  RETURN_IF_ERROR(FromRocks(db_->Get({}, SliceOf(kEpochKey), &epoch_bytes)));
  in = epoch_bytes;
  uint64_t epoch;
  if (!GetBig64(&in, &epoch)) return absl::DataLossError("embedded log: malformed epoch");
  epoch_.store(epoch);
  return absl::OkStatus();
}

absl::Status BatchStore::PutSynced(absl::string_view key, absl::string_view value) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return FromRocks(db_->Put(synced, SliceOf(key), SliceOf(value)));
}

absl::Status BatchStore::SetEpoch(uint64_t epoch) {
  std::string value;
  PutBig64(&value, epoch);
  RETURN_IF_ERROR(PutSynced(kEpochKey, value));
  epoch_.store(epoch);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredTopic>> BatchStore::Topics() const {
  std::vector<StoredTopic> topics;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}));
  for (it->Seek("t"); it->Valid() && it->key().starts_with("t"); it->Next()) {
    StoredTopic topic;
    topic.name = it->key().ToString().substr(1);
    if (!ParseTopicValue({it->value().data(), it->value().size()}, &topic)) {
      return absl::DataLossError(absl::StrCat("topic \"", topic.name, "\": malformed entry"));
    }
    topics.push_back(std::move(topic));
  }
  RETURN_IF_ERROR(FromRocks(it->status()));
  return topics;
}

absl::Status BatchStore::AddTopic(const StoredTopic& topic) {
  return PutSynced(absl::StrCat("t", topic.name), TopicValue(topic));
}

void BatchStore::DropBatches(uint32_t topic_id, int32_t partitions) {
  for (int32_t p = 0; p < partitions; ++p) {
    begins_->Set(PartitionPrefix('b', topic_id, p), std::numeric_limits<int64_t>::max());
  }
}

absl::Status BatchStore::ReadRemovedTopics() {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}));
  for (it->Seek("d"); it->Valid() && it->key().starts_with("d"); it->Next()) {
    absl::string_view key(it->key().data() + 1, it->key().size() - 1);
    absl::string_view value(it->value().data(), it->value().size());
    uint32_t topic_id;
    uint64_t partitions;
    if (!GetBig32(&key, &topic_id) || !GetVarint(&value, &partitions)) {
      return absl::DataLossError("embedded log: malformed entry of a deleted topic");
    }
    DropBatches(topic_id, static_cast<int32_t>(partitions));
  }
  return FromRocks(it->status());
}

absl::StatusOr<uint32_t> BatchStore::NextTopicId() const {
  uint32_t next = 1;
  ASSIGN_OR_RETURN(const std::vector<StoredTopic> topics, Topics());
  for (const StoredTopic& topic : topics) next = std::max(next, topic.id + 1);
  // Entries of deleted topics lie in the order of their ids: the last is the largest.
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}));
  it->SeekForPrev("e");
  if (it->Valid() && it->key().starts_with("d")) {
    absl::string_view key(it->key().data() + 1, it->key().size() - 1);
    uint32_t topic_id;
    if (GetBig32(&key, &topic_id)) next = std::max(next, topic_id + 1);
  }
  RETURN_IF_ERROR(FromRocks(it->status()));
  return next;
}

absl::Status BatchStore::RemoveTopic(const StoredTopic& topic) {
  std::string removed_key = "d";
  PutBig32(&removed_key, topic.id);
  std::string partitions;
  PutVarint(&partitions, static_cast<uint64_t>(topic.options.partitions));
  rocksdb::WriteBatch write;
  write.Delete(absl::StrCat("t", topic.name));
  write.Put(removed_key, partitions);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  RETURN_IF_ERROR(FromRocks(db_->Write(synced, &write)));
  DropBatches(topic.id, topic.options.partitions);
  const std::string first = PartitionPrefix('b', topic.id, 0);
  const std::string limit = PartitionPrefix('b', topic.id + 1, 0);
  const rocksdb::Slice first_slice(first);
  const rocksdb::Slice limit_slice(limit);
  return FromRocks(rocksdb::DeleteFilesInRange(db_.get(), db_->DefaultColumnFamily(), &first_slice,
                                               &limit_slice,
                                               /*include_end=*/false));
}

absl::StatusOr<int64_t> BatchStore::Begin(uint32_t topic_id, int32_t partition) const {
  std::string value;
  const rocksdb::Status found = db_->Get({}, PartitionPrefix('s', topic_id, partition), &value);
  if (found.IsNotFound()) return 0;
  RETURN_IF_ERROR(FromRocks(found));
  absl::string_view in = value;
  uint64_t begin;
  if (!GetBig64(&in, &begin)) {
    return absl::DataLossError(
        absl::StrCat("topic ", topic_id, " partition ", partition, ": malformed beginning"));
  }
  begins_->Set(PartitionPrefix('b', topic_id, partition), static_cast<int64_t>(begin));
  return static_cast<int64_t>(begin);
}

absl::Status BatchStore::DeleteBefore(const Partition& partition, int64_t begin) {
  // The new beginning must be durable before the first byte is gone.
  std::string value;
  PutBig64(&value, static_cast<uint64_t>(begin));
  RETURN_IF_ERROR(PutSynced(PartitionPrefix('s', partition.topic_id, partition.number), value));
  begins_->Set(PartitionPrefix('b', partition.topic_id, partition.number), begin);
  const std::string first = BatchKey(partition.topic_id, partition.number, 0);
  const std::string limit = BatchKey(partition.topic_id, partition.number, begin);
  const rocksdb::Slice first_slice(first);
  const rocksdb::Slice limit_slice(limit);
  return FromRocks(rocksdb::DeleteFilesInRange(db_.get(), db_->DefaultColumnFamily(), &first_slice,
                                               &limit_slice,
                                               /*include_end=*/false));
}

absl::Status BatchStore::CheckRoom(uint64_t bytes) {
  if (bytes < bytes_until_room_check_) {
    bytes_until_room_check_ -= bytes;
    return absl::OkStatus();
  }
  uint64_t free_bytes = 0;
  rocksdb::Env& env = *db_->GetEnv();
  // A file system that cannot tell its room is not refused; its errors tell when it is full.
  if (env.GetFreeSpace(options_.path, &free_bytes).ok() &&
      free_bytes < options_.reserve_bytes + bytes) {
    bytes_until_room_check_ = 0;  // look again the next time
    return absl::ResourceExhaustedError(
        absl::StrCat("embedded log: ", free_bytes, " bytes of room in ", options_.path,
                     ", of which ", options_.reserve_bytes, " are kept in reserve"));
  }
  bytes_until_room_check_ = kRoomCheckBytes;
  return absl::OkStatus();
}

absl::Status BatchStore::Write(std::span<Partition* const> partitions) {
  rocksdb::WriteBatch write;
  for (const std::string& key : failed_keys_) write.Delete(key);
  uint64_t bytes = 0;
  for (const Partition* partition : partitions) {
    for (const StagedBatch& batch : partition->staged) {
      write.Put(batch.key, batch.bytes);
      bytes += batch.bytes.size();
    }
  }
  RETURN_IF_ERROR(CheckRoom(bytes));
  // After an error RocksDB refuses writes until it is told, or finds out, that all is well again.
  // What Resume cannot mend, the write reports.
  if (!failed_keys_.empty()) (void)db_->Resume();
  rocksdb::WriteOptions options;
  options.sync = options_.durability == Durability::kPowerLoss;
  const rocksdb::Status written = db_->Write(options, &write);
  if (written.ok()) {
    failed_keys_.clear();
    return absl::OkStatus();
  }
  for (const Partition* partition : partitions) {
    for (const StagedBatch& batch : partition->staged) failed_keys_.insert(batch.key);
  }
  return FromRocks(written);
}

absl::Status BatchStore::Sync() { return FromRocks(db_->SyncWAL()); }

std::unique_ptr<BatchIterator> BatchStore::Batches(const Partition& partition) const {
  return std::make_unique<BatchIterator>(*db_, partition);
}

}  // namespace millrace
