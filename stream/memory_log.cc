#include "stream/memory_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/hashing.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

size_t BytesOf(const AppendRecord& record) {
  size_t bytes = (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  for (const Header& header : record.headers) bytes += header.name.size() + header.value.size();
  return bytes;
}

size_t BytesOf(const Record& record) {
  return (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
}

absl::Status CheckOffset(const TopicPartition& input, int64_t offset, int64_t end) {
  if (offset >= 0 && offset <= end) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrCat("topic \"", input.topic, "\" partition ",
                                            input.partition, " has offsets [0, ", end, "), not ",
                                            offset));
}

}  // namespace

class MemoryLog::Reader final : public LogReader {
 public:
  struct Input {
    TopicPartition name;
    std::shared_ptr<Partition> partition;
    int64_t next_offset = 0;
  };

  Reader(MemoryLog& log, std::vector<Input> inputs) : log_(log), inputs_(std::move(inputs)) {}

  absl::StatusOr<int> Read(size_t index, size_t max_bytes, RecordBatch* batch) override {
    absl::MutexLock lock(&log_.mutex_);
    Input& input = inputs_[index];
    if (input.partition->deleted) {
      return absl::NotFoundError(absl::StrCat("topic \"", input.name.topic, "\" was deleted"));
    }
    int taken = 0;
    size_t bytes = 0;
    while (input.next_offset < input.partition->end() && (taken == 0 || bytes < max_bytes)) {
      const auto at = static_cast<size_t>(input.next_offset);
      const Record& record = input.partition->records[at]->records().front();
      batch->Add(record);
      bytes += BytesOf(record);
      ++taken;
      ++input.next_offset;
    }
    return taken;
  }

  int64_t NextOffset(size_t index) const override { return inputs_[index].next_offset; }

  int64_t EndOffset(size_t index) const override {
    absl::MutexLock lock(&log_.mutex_);
    return std::max(inputs_[index].next_offset, inputs_[index].partition->end());
  }

  bool AtEnd(size_t index) const override {
    absl::MutexLock lock(&log_.mutex_);
    return inputs_[index].next_offset >= inputs_[index].partition->end();
  }

  void Wait(absl::Duration timeout) override {
    const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(log_.mutex_) {
      return woken_ || std::any_of(inputs_.begin(), inputs_.end(), [](const Input& input) {
               return input.partition->deleted || input.next_offset < input.partition->end();
             });
    };
    absl::MutexLock lock(&log_.mutex_);
    log_.options_.clock->AwaitWithTimeout(log_.mutex_, absl::Condition(&ready), timeout);
    woken_ = false;
  }

  void Wake() override {
    absl::MutexLock lock(&log_.mutex_);
    woken_ = true;
  }

 private:
  MemoryLog& log_;
  std::vector<Input> inputs_;
  bool woken_ = false;  // guarded by log_.mutex_
};

absl::StatusOr<MemoryLog::Topic*> MemoryLog::FindTopic(absl::string_view name) {
  const auto it = topics_.find(std::string(name));
  if (it == topics_.end()) {
    return absl::NotFoundError(absl::StrCat("there is no topic \"", name, "\""));
  }
  return &it->second;
}

absl::StatusOr<std::shared_ptr<MemoryLog::Partition>> MemoryLog::FindPartition(
    const TopicPartition& input) {
  ASSIGN_OR_RETURN(const Topic* const topic, FindTopic(input.topic));
  if (input.partition < 0 || input.partition >= topic->options.partitions) {
    return absl::InvalidArgumentError(absl::StrCat("topic \"", input.topic, "\" has ",
                                                   topic->options.partitions,
                                                   " partitions, not partition ", input.partition));
  }
  return topic->partitions[static_cast<size_t>(input.partition)];
}

absl::StatusOr<std::vector<TopicInfo>> MemoryLog::Topics() {
  absl::MutexLock lock(&mutex_);
  std::vector<TopicInfo> infos;
  for (const auto& [name, topic] : topics_) infos.push_back({name, topic.options.partitions});
  return infos;
}

absl::StatusOr<bool> MemoryLog::IsCompacted(absl::string_view topic) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const Topic* const found, FindTopic(topic));
  return found->options.compacted;
}

absl::Status MemoryLog::CreateTopic(absl::string_view topic, const TopicOptions& options) {
  if (options.partitions < 1) return absl::InvalidArgumentError("a topic has at least 1 partition");
  absl::MutexLock lock(&mutex_);
  Topic& created = topics_[std::string(topic)];
  if (created.partitions.empty()) {
    created.options = options;
    for (int32_t p = 0; p < options.partitions; ++p) {
      created.partitions.push_back(std::make_shared<Partition>());
    }
    return absl::OkStatus();
  }
  if (created.options.partitions == options.partitions) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("topic \"", topic, "\" has ",
                                                    created.options.partitions, " partitions, not ",
                                                    options.partitions));
}

absl::Status MemoryLog::DeleteTopic(absl::string_view topic) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(Topic* const found, FindTopic(topic));
  for (const auto& partition : found->partitions) partition->deleted = true;
  topics_.erase(std::string(topic));
  return absl::OkStatus();
}

absl::Status MemoryLog::CheckSize(const AppendRecord& record, size_t number) const {
  const size_t bytes = BytesOf(record);
  if (bytes <= options_.max_record_bytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("record ", number, " for topic \"", record.topic,
                                                 "\" has ", bytes, " bytes; the limit is ",
                                                 options_.max_record_bytes));
}

absl::StatusOr<std::vector<AppendPosition>> MemoryLog::Append(
    std::span<const AppendRecord> records) {
  const int64_t now_ms = ToEpochMillis(options_.clock->Now());
  absl::MutexLock lock(&mutex_);
  // Everything is looked at first, so that an error appends nothing.
  std::vector<std::pair<std::shared_ptr<Partition>, int32_t>> targets;
  for (size_t i = 0; i < records.size(); ++i) {
    const AppendRecord& record = records[i];
    RETURN_IF_ERROR(CheckSize(record, i));
    ASSIGN_OR_RETURN(Topic* const topic, FindTopic(record.topic));
    const int32_t count = topic->options.partitions;
    const int32_t number =
        record.partition ? *record.partition
        : record.key     ? PartitionOfKey(*record.key, count)
                         : static_cast<int32_t>(topic->spread++ % static_cast<uint64_t>(count));
    ASSIGN_OR_RETURN(std::shared_ptr<Partition> partition,
                     FindPartition({std::string(record.topic), number}));
    targets.emplace_back(std::move(partition), number);
  }
  std::vector<AppendPosition> positions;
  for (size_t i = 0; i < records.size(); ++i) {
    const AppendRecord& from = records[i];
    const auto& [partition, number] = targets[i];
    Record record;
    record.partition = number;
    record.offset = partition->end();
    record.timestamp_ms = from.timestamp_ms.value_or(now_ms);
    const bool by_clock = options_.append_time == MemoryLogOptions::AppendTime::kClock;
    record.append_ms = by_clock ? now_ms : record.timestamp_ms;
    record.timestamp_type = from.timestamp_ms ? TimestampType::kCreate : TimestampType::kLogAppend;
    record.key = from.key;
    record.value = from.value;
    record.headers = from.headers;
    auto kept = std::make_unique<RecordBatch>();
    kept->Add(record);
    partition->records.push_back(std::move(kept));
    positions.push_back({number, record.offset});
  }
  return positions;
}

absl::StatusOr<OffsetRange> MemoryLog::Offsets(const TopicPartition& input) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const std::shared_ptr<Partition> partition, FindPartition(input));
  return OffsetRange{0, partition->end()};
}

absl::StatusOr<int64_t> MemoryLog::OffsetAtTime(const TopicPartition& input, int64_t timestamp_ms) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const std::shared_ptr<Partition> partition, FindPartition(input));
  for (const auto& kept : partition->records) {
    const Record& record = kept->records().front();
    if (record.timestamp_ms >= timestamp_ms) return record.offset;
  }
  return partition->end();
}

absl::StatusOr<std::unique_ptr<LogReader>> MemoryLog::OpenReader(std::vector<ReadFrom> inputs) {
  absl::MutexLock lock(&mutex_);
  std::vector<Reader::Input> opened;
  for (ReadFrom& from : inputs) {
    ASSIGN_OR_RETURN(std::shared_ptr<Partition> partition, FindPartition(from.input));
    RETURN_IF_ERROR(CheckOffset(from.input, from.offset, partition->end()));
    opened.push_back({std::move(from.input), std::move(partition), from.offset});
  }
  return std::make_unique<Reader>(*this, std::move(opened));
}

}  // namespace millrace
