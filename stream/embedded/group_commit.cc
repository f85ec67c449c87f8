#include "stream/embedded/group_commit.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace millrace {
namespace {

// Enough to make a write worthwhile, little enough that those in front do not wait long.
constexpr uint64_t kMaxGroupBytes = 4 << 20;

}  // namespace

absl::Status GroupCommit::Commit(std::span<Chunk> chunks) {
  Request request;
  request.chunks = chunks;
  for (const Chunk& chunk : chunks) request.bytes += chunk.bytes.size();

  mutex_.Lock();
  queue_.push_back(&request);
  while (!request.done && queue_.front() != &request) request.turn.Wait(&mutex_);
  if (request.done) {
    mutex_.Unlock();
    return request.status;
  }
  std::vector<Request*> group;
  uint64_t bytes = 0;
  for (Request* queued : queue_) {
    if (!group.empty() && bytes + queued->bytes > kMaxGroupBytes) break;
    bytes += queued->bytes;
    group.push_back(queued);
  }
  mutex_.Unlock();

  const absl::Status status = Write(group);

  mutex_.Lock();
  for (Request* finished : group) {
    queue_.pop_front();
    if (finished == &request) continue;
    finished->status = status;
    finished->done = true;
    finished->turn.Signal();
  }
  if (!queue_.empty()) queue_.front()->turn.Signal();
  mutex_.Unlock();
  return status;
}

absl::Status GroupCommit::Write(std::span<Request* const> group) {
  for (Request* request : group) {
    for (Chunk& chunk : request->chunks) Stage(chunk);
  }
  const int64_t now_ms = ToEpochMillis(clock_.Now());
  for (Partition* partition : staged_partitions_) Seal(*partition, now_ms);
  absl::Status written = store_.Write(staged_partitions_);
  for (Partition* partition : staged_partitions_) {
    if (written.ok()) Publish(*partition);
    partition->staged.clear();
  }
  staged_partitions_.clear();
  return written;
}

void GroupCommit::Stage(Chunk& chunk) {
  Partition& partition = *chunk.partition;
  std::vector<StagedBatch>& staged = partition.staged;
  if (staged.empty()) staged_partitions_.push_back(&partition);
  chunk.base_offset = staged.empty() ? partition.end() : staged.back().info.end_offset();
  const size_t body_bytes = chunk.bytes.size() - kBatchHeaderBytes;
  if (!staged.empty() && staged.back().bytes.size() + body_bytes <= kBatchTargetBytes) {
    staged.back().bytes.append(chunk.bytes, kBatchHeaderBytes);
  } else {
    StagedBatch& batch = staged.emplace_back();
    batch.info.base_offset = chunk.base_offset;
    batch.info.max_timestamp_ms = std::numeric_limits<int64_t>::min();
    batch.bytes = std::move(chunk.bytes);
  }
  BatchInfo& info = staged.back().info;
  info.records += chunk.records;
  info.headers += chunk.headers;
  info.max_timestamp_ms = std::max(info.max_timestamp_ms, chunk.max_timestamp_ms);
  if (chunk.some_without_timestamp) staged.back().some_without_timestamp = true;
}

void GroupCommit::Seal(Partition& partition, int64_t now_ms) {
  Partition::Continuation next = partition.continuation;
  next.append_ms = std::max(next.append_ms, now_ms);
  for (StagedBatch& batch : partition.staged) {
    BatchInfo& info = batch.info;
    info.append_ms = next.append_ms;
    if (batch.some_without_timestamp) {
      info.max_timestamp_ms = std::max(info.max_timestamp_ms, info.append_ms);
    }
    next.running_max_timestamp_ms = std::max(next.running_max_timestamp_ms, info.max_timestamp_ms);
    info.running_max_timestamp_ms = next.running_max_timestamp_ms;
    info.bytes_before = next.bytes;
    next.bytes += batch.bytes.size();
    batch.key = BatchKey(partition.topic_id, partition.number, info.base_offset);
    SealBatch(batch.key, info, &batch.bytes);
  }
}

void GroupCommit::Publish(Partition& partition) {
  std::vector<TailBatch> batches;
  batches.reserve(partition.staged.size());
  for (StagedBatch& batch : partition.staged) {
    batches.push_back({batch.info, std::make_shared<const std::string>(std::move(batch.bytes))});
  }
  const BatchInfo& last = batches.back().info;
  partition.continuation = {last.append_ms, last.running_max_timestamp_ms,
                            last.bytes_before + batches.back().bytes->size()};
  partition.Publish(batches);
  for (const TailBatch& batch : batches) tail_budget_.Charge(partition, batch);
}

}  // namespace millrace
