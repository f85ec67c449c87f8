#include "stream/embedded/batch_store.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "rocksdb/convenience.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"
#include "stream/embedded/retention_filter.h"
#include "stream/embedded/rocks_status.h"

namespace millrace {
namespace {

constexpr uint64_t kVersion = 1;
constexpr absl::string_view kVersionKey = "mversion";
constexpr absl::string_view kEpochKey = "mepoch";

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

}  // namespace

std::string BatchKey(uint32_t topic_id, int32_t partition, int64_t base_offset) {
  std::string key = PartitionPrefix('b', topic_id, partition);
  PutBig64(&key, static_cast<uint64_t>(base_offset));
  return key;
}

BatchStore::BatchStore(const EmbeddedLogOptions& options, std::shared_ptr<LogBegins> begins,
                       std::unique_ptr<LogDatabase> db)
    : options_(options), begins_(std::move(begins)), db_(std::move(db)) {}

BatchStore::~BatchStore() = default;

absl::StatusOr<std::unique_ptr<BatchStore>> BatchStore::Open(const EmbeddedLogOptions& options) {
  auto begins = std::make_shared<LogBegins>();
  ASSIGN_OR_RETURN(std::unique_ptr<LogDatabase> db, LogDatabase::Open(options, begins));
  std::unique_ptr<BatchStore> store(new BatchStore(options, std::move(begins), std::move(db)));
  RETURN_IF_ERROR(store->ReadIdentity());
  RETURN_IF_ERROR(store->ReadRemovedTopics());
  return store;
}

absl::StatusOr<std::optional<std::string>> BatchStore::Get(absl::string_view key) const {
  ASSIGN_OR_RETURN(const LogDatabase::Lease db, db_->Use());
  std::string value;
  const rocksdb::Status found = db->Get({}, SliceOf(key), &value);
  if (found.IsNotFound()) return std::optional<std::string>();
  RETURN_IF_ERROR(FromRocks(found));
  return value;
}

absl::Status BatchStore::ReadIdentity() {
  ASSIGN_OR_RETURN(const std::optional<std::string> version_bytes, Get(kVersionKey));
  if (!version_bytes) {
    // The time of making tells this log from any other that was or will be in its place.
    RETURN_IF_ERROR(SetEpoch(
        static_cast<uint64_t>(std::max<int64_t>(1, ToEpochMillis(options_.clock->Now())))));
    std::string version;
    PutVarint(&version, kVersion);
    return PutSynced(kVersionKey, version);
  }
  uint64_t version = 0;
  absl::string_view in = *version_bytes;
  if (!GetVarint(&in, &version)) return absl::DataLossError("embedded log: malformed version");
  if (version != kVersion) {
    return absl::FailedPreconditionError(absl::StrCat("the embedded log in ", options_.path,
                                                      " has format ", version,
                                                      "; this program knows ", kVersion));
  }
  ASSIGN_OR_RETURN(const std::optional<std::string> epoch_bytes, Get(kEpochKey));
  if (!epoch_bytes) return absl::DataLossError("embedded log: no epoch");
  in = *epoch_bytes;
  uint64_t epoch;
  if (!GetBig64(&in, &epoch)) return absl::DataLossError("embedded log: malformed epoch");
  epoch_.store(epoch);
  return absl::OkStatus();
}

absl::Status BatchStore::PutSynced(absl::string_view key, absl::string_view value) {
  rocksdb::WriteBatch write;
  RETURN_IF_ERROR(FromRocks(write.Put(SliceOf(key), SliceOf(value))));
  return db_->Write(&write, /*sync=*/true);
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
  ASSIGN_OR_RETURN(const LogDatabase::Lease db, db_->Use());
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
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
  ASSIGN_OR_RETURN(const LogDatabase::Lease db, db_->Use());
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
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
  ASSIGN_OR_RETURN(const LogDatabase::Lease db, db_->Use());
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
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
  RETURN_IF_ERROR(db_->Write(&write, /*sync=*/true));
  DropBatches(topic.id, topic.options.partitions);
  return DeleteFiles(PartitionPrefix('b', topic.id, 0), PartitionPrefix('b', topic.id + 1, 0));
}

absl::Status BatchStore::DeleteFiles(const std::string& first, const std::string& limit) {
  ASSIGN_OR_RETURN(const LogDatabase::Lease db, db_->Use());
  const rocksdb::Slice first_slice(first);
  const rocksdb::Slice limit_slice(limit);
  return FromRocks(rocksdb::DeleteFilesInRange(&*db, db->DefaultColumnFamily(), &first_slice,
                                               &limit_slice, /*include_end=*/false));
}

absl::StatusOr<int64_t> BatchStore::Begin(uint32_t topic_id, int32_t partition) const {
  ASSIGN_OR_RETURN(const std::optional<std::string> value,
                   Get(PartitionPrefix('s', topic_id, partition)));
  if (!value) return 0;
  absl::string_view in = *value;
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
  return DeleteFiles(BatchKey(partition.topic_id, partition.number, 0),
                     BatchKey(partition.topic_id, partition.number, begin));
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
  RETURN_IF_ERROR(db_->CheckRoom(bytes));
  const absl::Status written =
      db_->Write(&write, /*sync=*/options_.durability == Durability::kPowerLoss);
  if (written.ok()) {
    failed_keys_.clear();
    return absl::OkStatus();
  }
  for (const Partition* partition : partitions) {
    for (const StagedBatch& batch : partition->staged) failed_keys_.insert(batch.key);
  }
  return written;
}

absl::Status BatchStore::Sync() { return db_->Sync(); }

absl::StatusOr<std::unique_ptr<BatchIterator>> BatchStore::Batches(
    const Partition& partition) const {
  ASSIGN_OR_RETURN(LogDatabase::Lease db, db_->Use());
  return std::make_unique<BatchIterator>(std::move(db), partition);
}

}  // namespace millrace
