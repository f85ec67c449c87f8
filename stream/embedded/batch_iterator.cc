#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/status_macros.h"
#include "rocksdb/db.h"
#include "stream/embedded/batch_store.h"
#include "stream/embedded/retention_filter.h"
#include "stream/embedded/rocks_status.h"

namespace millrace {
namespace {

absl::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace

BatchIterator::BatchIterator(LogDatabase::Lease db, const Partition& partition)
    : db_(std::move(db)),
      partition_(partition),
      lower_bound_(BatchKey(partition.topic_id, partition.number, partition.begin())),
      upper_bound_(BatchKey(partition.topic_id, partition.number + 1, 0)),
      lower_(std::make_unique<rocksdb::Slice>(lower_bound_)),
      upper_(std::make_unique<rocksdb::Slice>(upper_bound_)) {
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = lower_.get();
  options.iterate_upper_bound = upper_.get();
  iterator_.reset(db_->NewIterator(options));
}

BatchIterator::~BatchIterator() = default;

absl::string_view BatchIterator::bytes() const { return View(iterator_->value()); }

absl::Status BatchIterator::Damaged(int64_t offset, absl::string_view what) const {
  return absl::DataLossError(absl::StrCat("topic \"", partition_.topic, "\" partition ",
                                          partition_.number, " offset ", offset, ": ", what));
}

absl::Status BatchIterator::Load() {
  absl::string_view key = View(iterator_->key());
  absl::string_view offset_bytes = key.substr(kPartitionPrefixBytes);
  uint64_t base_offset;
  if (!GetBig64(&offset_bytes, &base_offset) || !offset_bytes.empty()) {
    return Damaged(0, "malformed key");
  }
  info_.base_offset = static_cast<int64_t>(base_offset);
  if (!OpenBatch(key, bytes(), &info_)) {
    return Damaged(info_.base_offset, "the stored batch does not match its checksum");
  }
  return absl::OkStatus();
}

absl::Status BatchIterator::Seek(int64_t offset) {
  iterator_->SeekForPrev(BatchKey(partition_.topic_id, partition_.number, offset));
  if (!iterator_->Valid()) {
    if (iterator_->status().ok()) return Damaged(offset, "no stored batch holds it");
    if (iterator_->status().IsCorruption()) {
      return Damaged(offset, iterator_->status().ToString());
    }
    return FromRocks(iterator_->status());
  }
  RETURN_IF_ERROR(Load());
  if (offset >= info_.end_offset()) return Damaged(offset, "no stored batch holds it");
  return absl::OkStatus();
}

absl::StatusOr<bool> BatchIterator::SeekToLast() {
  iterator_->SeekToLast();
  if (!iterator_->Valid()) {
    RETURN_IF_ERROR(FromRocks(iterator_->status()));
    return false;
  }
  RETURN_IF_ERROR(Load());
  return true;
}

absl::Status BatchIterator::Next() {
  const int64_t expected = info_.end_offset();
  iterator_->Next();
  if (!iterator_->Valid()) {
    if (iterator_->status().ok()) return Damaged(expected, "no stored batch holds it");
    if (iterator_->status().IsCorruption()) {
      return Damaged(expected, iterator_->status().ToString());
    }
    return FromRocks(iterator_->status());
  }
  RETURN_IF_ERROR(Load());
  if (info_.base_offset != expected) return Damaged(expected, "no stored batch begins with it");
  return absl::OkStatus();
}

absl::StatusOr<bool> BatchIterator::SeekToFirst(int64_t begin, int64_t end,
                                                absl::FunctionRef<bool(const BatchInfo&)> holds) {
  // Batches before `low` do not hold; the one at `high`, or the end, does.
  int64_t low = begin;
  int64_t high = end;
  while (low < high) {
    RETURN_IF_ERROR(Seek(low + (high - low) / 2));
    if (holds(info_)) {
      high = info_.base_offset;
    } else {
      low = info_.end_offset();
    }
  }
  if (low >= end) return false;
  RETURN_IF_ERROR(Seek(low));
  return true;
}

}  // namespace millrace
