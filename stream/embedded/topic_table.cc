#include "stream/embedded/topic_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

constexpr size_t kMaxNameBytes = 249;
constexpr int32_t kMaxPartitions = 10'000;

std::string Str(absl::string_view view) { return std::string(view.data(), view.size()); }

absl::Status CheckName(absl::string_view name) {
  const bool allowed = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
  });
  if (name.empty() || name.size() > kMaxNameBytes || !allowed) {
    return absl::InvalidArgumentError(absl::StrCat("topic \"", name, "\": a name is 1 to ",
                                                   kMaxNameBytes, " of A-Z a-z 0-9 . _ -"));
  }
  return absl::OkStatus();
}

std::unique_ptr<Topic> MakeTopic(const StoredTopic& stored) {
  auto topic = std::make_unique<Topic>();
  topic->stored = stored;
  for (int32_t p = 0; p < stored.options.partitions; ++p) {
    topic->partitions.push_back(std::make_unique<Partition>(stored.name, stored.id, p));
  }
  return topic;
}

}  // namespace

absl::Status CheckPartition(const Topic& topic, int32_t partition) {
  if (partition >= 0 && partition < topic.stored.options.partitions) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("topic \"", topic.stored.name,
                                                 "\" has no partition ", partition, ", only 0 to ",
                                                 topic.stored.options.partitions - 1));
}

absl::Status TopicTable::Recover() {
  ASSIGN_OR_RETURN(const std::vector<StoredTopic> stored, store_.Topics());
  for (const StoredTopic& topic : stored) RETURN_IF_ERROR(RecoverTopic(topic));
  ASSIGN_OR_RETURN(const uint32_t next_id, store_.NextTopicId());
  absl::MutexLock lock(&mutex_);
  next_id_ = next_id;
  return absl::OkStatus();
}

absl::Status TopicTable::RecoverTopic(const StoredTopic& stored) {
  std::unique_ptr<Topic> topic = MakeTopic(stored);
  for (const auto& partition : topic->partitions) {
    ASSIGN_OR_RETURN(const int64_t begin, store_.Begin(stored.id, partition->number));
    partition->stored_begin = begin;
    partition->Recover(begin, begin);
    ASSIGN_OR_RETURN(const std::unique_ptr<BatchIterator> batches, store_.Batches(*partition));
    ASSIGN_OR_RETURN(const bool any, batches->SeekToLast());
    if (!any) continue;
    const BatchInfo& last = batches->info();
    partition->continuation = {last.append_ms, last.running_max_timestamp_ms,
                               last.bytes_before + batches->bytes().size()};
    partition->Recover(begin, last.end_offset());
  }
  absl::MutexLock lock(&mutex_);
  topics_.emplace(stored.name, std::move(topic));
  return absl::OkStatus();
}

absl::Status TopicTable::Create(absl::string_view name, const TopicOptions& options) {
  RETURN_IF_ERROR(CheckName(name));
  if (options.partitions < 1 || options.partitions > kMaxPartitions) {
    return absl::InvalidArgumentError(absl::StrCat("topic \"", name, "\": partitions are 1 to ",
                                                   kMaxPartitions, ", not ", options.partitions));
  }
  // The lock is held during the write: topics are made rarely, and each name once.
  absl::MutexLock lock(&mutex_);
  if (const auto it = topics_.find(Str(name)); it != topics_.end()) {
    const int32_t partitions = it->second->stored.options.partitions;
    if (partitions == options.partitions) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat("topic \"", name, "\" has ", partitions,
                                                      " partitions, not ", options.partitions));
  }
  // A write that failed may be found later all the same: its id is not used again.
  const StoredTopic stored{Str(name), next_id_++, options};
  RETURN_IF_ERROR(store_.AddTopic(stored));
  topics_.emplace(stored.name, MakeTopic(stored));
  return absl::OkStatus();
}

absl::Status TopicTable::Delete(absl::string_view name) {
  absl::MutexLock lock(&mutex_);
  const auto it = topics_.find(Str(name));
  if (it == topics_.end()) {
    return absl::NotFoundError(absl::StrCat("topic \"", name, "\" does not exist"));
  }
  RETURN_IF_ERROR(store_.RemoveTopic(it->second->stored));
  for (const auto& partition : it->second->partitions) partition->MarkDeleted();
  deleted_.push_back(std::move(it->second));
  topics_.erase(it);
  return absl::OkStatus();
}

absl::StatusOr<Topic*> TopicTable::Find(absl::string_view name) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto it = topics_.find(Str(name));
  if (it == topics_.end()) {
    return absl::NotFoundError(absl::StrCat("topic \"", name, "\" does not exist"));
  }
  return it->second.get();
}

absl::StatusOr<Partition*> TopicTable::Find(const TopicPartition& input) const {
  ASSIGN_OR_RETURN(Topic* const topic, Find(absl::string_view(input.topic)));
  RETURN_IF_ERROR(CheckPartition(*topic, input.partition));
  return topic->partitions[static_cast<size_t>(input.partition)].get();
}

std::vector<Topic*> TopicTable::All() const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<Topic*> all;
  for (const auto& [name, topic] : topics_) all.push_back(topic.get());
  return all;
}

}  // namespace millrace
