#include "featurestore/rocks/rocks_state_store.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/directories.h"
#include "core/file_lock.h"
#include "core/status_macros.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/options.h"
#include "rocksdb/table.h"
#include "rocksdb/write_buffer_manager.h"

namespace millrace {
namespace {

rocksdb::Slice ToSlice(absl::string_view bytes) { return {bytes.data(), bytes.size()}; }
absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status ToStatus(const rocksdb::Status& status, absl::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = absl::StrCat(doing, ": ", status.ToString());
  if (status.IsNotFound()) return absl::NotFoundError(text);
  if (status.IsCorruption()) return absl::DataLossError(text);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(text);
  if (status.IsInvalidArgument()) return absl::FailedPreconditionError(text);
  return absl::UnavailableError(text);
}

constexpr int kWriteBuffers = 4;
constexpr int kBuffersOfAFile = 2;
constexpr int kNewFiles = 4;  // that wait to be merged
constexpr double kVersions = 2;

size_t MemoryOf(int64_t memory_bytes) {
  return static_cast<size_t>(std::max<int64_t>(memory_bytes, 8 << 20));
}

size_t WriteBufferBytes(size_t memory) {
  return std::clamp<size_t>(memory / 8, 4u << 20, 64u << 20);
}

// Why each value is what it is: docs/formats/feature-state.md, "RocksDB".
rocksdb::Options MakeOptions(const RocksStateOptions& options) {
  const size_t memory = MemoryOf(options.memory_bytes);
  auto cache = rocksdb::NewLRUCache(memory, /*num_shard_bits=*/4, /*strict_capacity_limit=*/false);
  rocksdb::Options db;
  db.create_if_missing = true;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.recycle_log_file_num = 0;
  db.wal_compression = rocksdb::kNoCompression;
  db.manual_wal_flush = false;
  db.paranoid_checks = true;
  db.force_consistency_checks = true;
  db.track_and_verify_wals_in_manifest = true;
  db.max_total_wal_size = 512u << 20;
  db.write_buffer_size = WriteBufferBytes(memory);
  db.max_write_buffer_number = kWriteBuffers;
  db.min_write_buffer_number_to_merge = kBuffersOfAFile;
  db.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(memory / 2, cache, /*allow_stall=*/false);
  db.level0_file_num_compaction_trigger = kNewFiles;
  db.level0_slowdown_writes_trigger = 20;
  db.level0_stop_writes_trigger = 36;
  db.max_background_jobs = 2;
  db.bytes_per_sync = 1 << 20;
  db.wal_bytes_per_sync = 512 << 10;
  db.compression_per_level.assign(7, rocksdb::kLZ4Compression);
  db.compression_per_level[0] = db.compression_per_level[1] = rocksdb::kNoCompression;
  db.bottommost_compression = rocksdb::kZSTD;
  db.memtable_prefix_bloom_size_ratio = 0.1;
  db.memtable_whole_key_filtering = true;
  db.max_open_files = 512;
  db.max_log_file_size = 4 << 20;
  db.keep_log_file_num = 4;
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;
  table.block_size = 8 << 10;
  table.block_cache = std::move(cache);
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(10, /*bloom_before_level=*/1));
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  db.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return db;
}

class RocksStateStore final : public StateStore {
 public:
  RocksStateStore(std::unique_ptr<rocksdb::DB> db, StateDurability durability)
      : db_(std::move(db)) {
    write_.sync = durability == StateDurability::kPowerLoss;
  }

  absl::Status Get(absl::string_view key, std::string* value) const override {
    return ToStatus(db_->Get(read_, ToSlice(key), value), "state: get");
  }

  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      const std::vector<std::string>& keys) const override {
    std::vector<rocksdb::Slice> slices;
    for (const std::string& key : keys) slices.emplace_back(key);
    std::vector<std::string> found;
    const std::vector<rocksdb::Status> statuses = db_->MultiGet(read_, slices, &found);
    std::vector<std::optional<std::string>> values(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].ok()) {
        values[i] = std::move(found[i]);
      } else if (!statuses[i].IsNotFound()) {
        return ToStatus(statuses[i], "state: get");
      }
    }
    return values;
  }

  absl::Status Scan(
      absl::string_view from, absl::string_view to,
      const std::function<bool(absl::string_view, absl::string_view)>& visit) const override {
    rocksdb::ReadOptions options = read_;
    const rocksdb::Slice end = ToSlice(to);
    options.iterate_upper_bound = &end;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options));
    for (it->Seek(ToSlice(from)); it->Valid(); it->Next()) {
      if (!visit(ToView(it->key()), ToView(it->value()))) break;
    }
    return ToStatus(it->status(), "state: scan");
  }

  absl::Status Commit(const StateBatch& batch) override {
    rocksdb::WriteBatch writes;
    for (const auto& [key, value] : batch.changes()) {
      if (value) {
        writes.Put(key, *value);
      } else {
        writes.Delete(key);
      }
    }
    return ToStatus(db_->Write(write_, &writes), "state: commit");
  }

  // In files and in write buffers. What cannot be told counts nothing.
  uint64_t ApproximateBytes(std::span<const StateRange> ranges) const override {
    std::vector<rocksdb::Range> spans;
    for (const StateRange& range : ranges) spans.emplace_back(range.from, range.to);
    std::vector<uint64_t> sizes(spans.size());
    rocksdb::SizeApproximationOptions what;
    what.include_memtables = true;
    const rocksdb::Status found =
        db_->GetApproximateSizes(what, db_->DefaultColumnFamily(), spans.data(),
                                 static_cast<int>(spans.size()), sizes.data());
    return found.ok() ? std::accumulate(sizes.begin(), sizes.end(), uint64_t{0}) : 0;
  }

 private:
  const std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ReadOptions read_;  // verify_checksums is the default
  rocksdb::WriteOptions write_;
};

}  // namespace

double MostDirectoryBytes(double row_bytes, int64_t memory_bytes) {
  const auto buffer_bytes = static_cast<double>(WriteBufferBytes(MemoryOf(memory_bytes)));
  return kVersions * row_bytes + (kWriteBuffers + kNewFiles * kBuffersOfAFile) * buffer_bytes;
}

absl::StatusOr<std::unique_ptr<StateStore>> OpenRocksStateStore(const RocksStateOptions& options) {
  RETURN_IF_ERROR(MakeDirectories(options.path));
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(MakeOptions(options), options.path, &db);
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
    // A lock of this very process is not looked at, which would end it.
    const std::optional<std::string> holder =
        status.ToString().find("current process") != std::string::npos
            ? std::nullopt
            : LockHolder(options.path + "/LOCK");
    return absl::AbortedError(absl::StrCat("the state in ", options.path, " is in use by ",
                                           holder.value_or("another process")));
  }
  if (!status.ok()) return ToStatus(status, absl::StrCat("state at ", options.path));
  return std::make_unique<RocksStateStore>(std::unique_ptr<rocksdb::DB>(db), options.durability);
}

}  // namespace millrace
