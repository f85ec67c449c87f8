#include "stream/embedded/embedded_log.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/hashing.h"
#include "core/status_macros.h"
#include "stream/embedded/batch_store.h"
#include "stream/embedded/embedded_reader.h"
#include "stream/embedded/group_commit.h"
#include "stream/embedded/partition.h"
#include "stream/embedded/stored_batch.h"
#include "stream/embedded/topic_table.h"

namespace millrace {
namespace {

// Larger appends are committed in pieces, so that one database write stays far below a buffer.
constexpr size_t kMaxCommitBytes = 8 << 20;

// Where the records of one append go: chunks, and for each record its chunk and place in it.
struct AppendPlan {
  struct Place {
    uint32_t chunk = 0;
    uint32_t index = 0;
  };
  std::vector<Chunk> chunks;
  std::vector<size_t> chunk_bytes;  // as encoded, with the header
  std::vector<Place> places;
};

// Puts records into chunks, without looking at more than their sizes. Owned by one Append.
class AppendPlanner {
 public:
  AppendPlanner(const TopicTable& topics, size_t max_record_bytes)
      : topics_(topics), max_record_bytes_(max_record_bytes) {}

  absl::Status Add(size_t number, const AppendRecord& record) {
    const size_t bytes = EncodedBodyBytes(record);
    if (bytes > max_record_bytes_) {
      return absl::InvalidArgumentError(absl::StrCat("record ", number, " for topic \"",
                                                     record.topic, "\" has ", bytes,
                                                     " bytes; the limit is ", max_record_bytes_));
    }
    if (topic_ == nullptr || record.topic != topic_->stored.name) {
      ASSIGN_OR_RETURN(topic_, topics_.Find(record.topic));
    }
    ASSIGN_OR_RETURN(Partition* const partition, Choose(record));
    const uint32_t index = ChunkWithRoom(*partition, bytes);
    Chunk& chunk = plan_.chunks[index];
    plan_.chunk_bytes[index] += bytes;
    plan_.places.push_back({index, chunk.records});
    ++chunk.records;
    chunk.headers += static_cast<uint32_t>(record.headers.size());
    if (record.timestamp_ms) {
      chunk.max_timestamp_ms = std::max(chunk.max_timestamp_ms, *record.timestamp_ms);
    } else {
      chunk.some_without_timestamp = true;
    }
    return absl::OkStatus();
  }

  AppendPlan Finish() && { return std::move(plan_); }

 private:
  absl::StatusOr<Partition*> Choose(const AppendRecord& record) {
    int32_t number;
    if (record.partition) {
      number = *record.partition;
      RETURN_IF_ERROR(CheckPartition(*topic_, number));
    } else if (record.key) {
      number = PartitionOfKey(*record.key, topic_->stored.options.partitions);
    } else {
      number = static_cast<int32_t>(topic_->spread.fetch_add(1, std::memory_order_relaxed) %
                                    topic_->partitions.size());
    }
    return topic_->partitions[static_cast<size_t>(number)].get();
  }

  uint32_t ChunkWithRoom(Partition& partition, size_t bytes) {
    if (last_partition_ != &partition) {
      last_partition_ = &partition;
      last_chunk_ = &open_chunks_.try_emplace(&partition, kNone).first->second;
    }
    if (*last_chunk_ == kNone || plan_.chunk_bytes[*last_chunk_] + bytes > kBatchTargetBytes) {
      *last_chunk_ = static_cast<uint32_t>(plan_.chunks.size());
      plan_.chunks.emplace_back().partition = &partition;
      plan_.chunk_bytes.push_back(kBatchHeaderBytes);
    }
    return *last_chunk_;
  }

  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
  const TopicTable& topics_;
  const size_t max_record_bytes_;
  AppendPlan plan_;
  Topic* topic_ = nullptr;
  // The last partition is remembered: records of one partition often follow each other.
  Partition* last_partition_ = nullptr;
  uint32_t* last_chunk_ = nullptr;  // into open_chunks_, renewed with last_partition_
  absl::flat_hash_map<Partition*, uint32_t> open_chunks_;
};

// The beginning that the topic's retention leaves the partition; the present one if it keeps all.
absl::StatusOr<int64_t> RetainedBegin(const BatchStore& store, const Partition& partition,
                                      const TopicOptions& retention, int64_t now_ms) {
  const int64_t begin = partition.begin();
  const int64_t end = partition.end();
  if (begin == end) return begin;
  const bool by_time = retention.retain_for != absl::InfiniteDuration();
  const int64_t oldest_ms = by_time ? now_ms - absl::ToInt64Milliseconds(retention.retain_for)
                                    : std::numeric_limits<int64_t>::min();
  const auto kept = [&](const BatchInfo& batch) {
    if (batch.append_ms < oldest_ms) return false;
    if (retention.retain_bytes <= 0 || batch.end_offset() >= end) return true;
    return partition.BytesSince(batch.bytes_before) <=
           static_cast<uint64_t>(retention.retain_bytes);
  };
  ASSIGN_OR_RETURN(const std::unique_ptr<BatchIterator> batches, store.Batches(partition));
  RETURN_IF_ERROR(batches->Seek(begin));
  if (kept(batches->info())) return begin;
  ASSIGN_OR_RETURN(const bool any, batches->SeekToFirst(begin, end, kept));
  return any ? batches->info().base_offset : end;
}

}  // namespace

EmbeddedLog::EmbeddedLog(const EmbeddedLogOptions& options, std::unique_ptr<BatchStore> store)
    : options_(options),
      store_(std::move(store)),
      topics_(std::make_unique<TopicTable>(*store_)),
      committer_(std::make_unique<GroupCommit>(*store_, *options.clock, options.tail_bytes)) {}

EmbeddedLog::~EmbeddedLog() = default;

absl::StatusOr<std::unique_ptr<EmbeddedLog>> EmbeddedLog::Open(const EmbeddedLogOptions& options) {
  ASSIGN_OR_RETURN(auto store, BatchStore::Open(options));
  std::unique_ptr<EmbeddedLog> log(new EmbeddedLog(options, std::move(store)));
  RETURN_IF_ERROR(log->topics_->Recover());
  return log;
}

uint64_t EmbeddedLog::epoch() const { return store_->epoch(); }

absl::Status EmbeddedLog::BumpEpoch() {
  const int64_t now_ms = ToEpochMillis(options_.clock->Now());
  return store_->SetEpoch(
      std::max(store_->epoch() + 1, static_cast<uint64_t>(std::max<int64_t>(0, now_ms))));
}

absl::Status EmbeddedLog::Sync() { return store_->Sync(); }

absl::Status EmbeddedLog::EnforceRetention() {
  const int64_t now_ms = ToEpochMillis(options_.clock->Now());
  absl::Status first_error;
  for (Topic* topic : topics_->All()) {
    const TopicOptions& retention = topic->stored.options;
    if (retention.retain_for == absl::InfiniteDuration() && retention.retain_bytes <= 0) continue;
    for (const auto& partition : topic->partitions) {
      const absl::StatusOr<int64_t> begin = RetainedBegin(*store_, *partition, retention, now_ms);
      if (partition->deleted()) continue;
      if (!begin.ok()) {
        first_error.Update(begin.status());
        continue;
      }
      if (*begin == partition->stored_begin) continue;
      // Readers first: nobody may look for a batch that is going.
      partition->AdvanceBegin(*begin);
      const absl::Status deleted = store_->DeleteBefore(*partition, *begin);
      if (deleted.ok()) partition->stored_begin = *begin;
      first_error.Update(deleted);
    }
  }
  return first_error;
}

absl::StatusOr<std::vector<TopicInfo>> EmbeddedLog::Topics() {
  std::vector<TopicInfo> infos;
  for (const Topic* topic : topics_->All()) {
    infos.push_back({topic->stored.name, topic->stored.options.partitions});
  }
  return infos;
}

absl::Status EmbeddedLog::CreateTopic(absl::string_view topic, const TopicOptions& options) {
  return topics_->Create(topic, options);
}

absl::StatusOr<bool> EmbeddedLog::IsCompacted(absl::string_view topic) {
  ASSIGN_OR_RETURN(const Topic* const found, topics_->Find(topic));
  return found->stored.options.compacted;
}

absl::Status EmbeddedLog::DeleteTopic(absl::string_view topic) { return topics_->Delete(topic); }

absl::StatusOr<std::vector<AppendPosition>> EmbeddedLog::Append(
    std::span<const AppendRecord> records) {
  AppendPlanner planner(*topics_, options_.max_record_bytes);
  for (size_t i = 0; i < records.size(); ++i) RETURN_IF_ERROR(planner.Add(i, records[i]));
  AppendPlan plan = std::move(planner).Finish();
  for (size_t i = 0; i < plan.chunks.size(); ++i) {
    plan.chunks[i].bytes.reserve(plan.chunk_bytes[i]);
    plan.chunks[i].bytes.resize(kBatchHeaderBytes);
  }
  for (size_t i = 0; i < records.size(); ++i) {
    EncodeBody(records[i], &plan.chunks[plan.places[i].chunk].bytes);
  }
  for (size_t done = 0; done < plan.chunks.size();) {
    size_t piece = done;
    for (size_t bytes = 0; piece < plan.chunks.size() && bytes < kMaxCommitBytes; ++piece) {
      bytes += plan.chunk_bytes[piece];
    }
    RETURN_IF_ERROR(committer_->Commit(std::span(plan.chunks).subspan(done, piece - done)));
    done = piece;
  }
  std::vector<AppendPosition> positions;
  positions.reserve(records.size());
  for (const AppendPlan::Place& place : plan.places) {
    const Chunk& chunk = plan.chunks[place.chunk];
    positions.push_back({chunk.partition->number, chunk.base_offset + place.index});
  }
  return positions;
}

size_t EmbeddedLog::max_record_bytes() const { return options_.max_record_bytes; }

absl::StatusOr<OffsetRange> EmbeddedLog::Offsets(const TopicPartition& input) {
  ASSIGN_OR_RETURN(const Partition* const partition, topics_->Find(input));
  return OffsetRange{partition->begin(), partition->end()};
}

absl::StatusOr<int64_t> EmbeddedLog::OffsetAtTime(const TopicPartition& input,
                                                  int64_t timestamp_ms) {
  ASSIGN_OR_RETURN(const Partition* const partition, topics_->Find(input));
  const int64_t end = partition->end();
  ASSIGN_OR_RETURN(const std::unique_ptr<BatchIterator> batches, store_->Batches(*partition));
  ASSIGN_OR_RETURN(
      const bool any,
      batches->SeekToFirst(partition->begin(), end, [timestamp_ms](const BatchInfo& batch) {
        return batch.running_max_timestamp_ms >= timestamp_ms;
      }));
  if (!any) return end;
  // The record that raised the running maximum may have been deleted: look further.
  while (batches->info().max_timestamp_ms < timestamp_ms) {
    if (batches->info().end_offset() >= end) return end;
    RETURN_IF_ERROR(batches->Next());
  }
  BatchCursor cursor(
      batches->info(), partition->number,
      std::make_shared<const std::string>(batches->bytes().data(), batches->bytes().size()));
  RecordBatch records;
  int64_t bytes_left = std::numeric_limits<int64_t>::max();
  int taken = 0;
  if (cursor.Take(&bytes_left, &records, &taken)) {
    for (const Record& record : records.records()) {
      if (record.timestamp_ms >= timestamp_ms) return record.offset;
    }
  }
  return absl::DataLossError(absl::StrCat("topic \"", input.topic, "\" partition ", input.partition,
                                          " offset ", batches->info().base_offset,
                                          ": malformed batch"));
}

absl::StatusOr<std::unique_ptr<LogReader>> EmbeddedLog::OpenReader(std::vector<ReadFrom> inputs) {
  std::vector<EmbeddedReader::Input> opened;
  for (const ReadFrom& from : inputs) {
    ASSIGN_OR_RETURN(Partition* const partition, topics_->Find(from.input));
    RETURN_IF_ERROR(partition->CheckOffset(from.offset));
    opened.push_back({partition, from.offset, {}});
  }
  return std::make_unique<EmbeddedReader>(std::move(opened), *store_, *options_.clock);
}

}  // namespace millrace
