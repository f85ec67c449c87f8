// FakeLog: topics of one partition in memory. Thread-safe.

#ifndef MILLRACE_TESTS_SERVING_FAKE_LOG_H_
#define MILLRACE_TESTS_SERVING_FAKE_LOG_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "stream/log.h"

namespace millrace {

class FakeLog final : public Log {
 public:
  absl::StatusOr<std::vector<TopicInfo>> Topics() override {
    absl::MutexLock lock(&mutex_);
    std::vector<TopicInfo> topics;
    for (const auto& [name, values] : topics_) topics.push_back({name, 1});
    return topics;
  }
  absl::Status CreateTopic(absl::string_view topic, const TopicOptions&) override {
    absl::MutexLock lock(&mutex_);
    topics_[std::string(topic)];
    return absl::OkStatus();
  }
  absl::Status DeleteTopic(absl::string_view) override { return absl::OkStatus(); }
  absl::StatusOr<std::vector<AppendPosition>> Append(
      std::span<const AppendRecord> records) override {
    absl::MutexLock lock(&mutex_);
    std::vector<AppendPosition> positions;
    for (const AppendRecord& record : records) {
      const auto topic = topics_.find(std::string(record.topic));
      if (topic == topics_.end()) return absl::NotFoundError("no such topic");
      positions.push_back({0, static_cast<int64_t>(topic->second.size())});
      topic->second.emplace_back(record.value.value_or(""));
    }
    return positions;
  }
  size_t max_record_bytes() const override { return 1 << 20; }
  absl::StatusOr<OffsetRange> Offsets(const TopicPartition& input) override {
    absl::MutexLock lock(&mutex_);
    const auto topic = topics_.find(input.topic);
    if (topic == topics_.end() || input.partition != 0) {
      return absl::NotFoundError("no such topic or partition");
    }
    return OffsetRange{0, static_cast<int64_t>(topic->second.size())};
  }
  absl::StatusOr<bool> IsCompacted(absl::string_view) override { return false; }
  absl::StatusOr<int64_t> OffsetAtTime(const TopicPartition&, int64_t) override { return 0; }
  absl::Status Ping() override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(std::vector<ReadFrom> inputs) override {
    return std::unique_ptr<LogReader>(new Reader(*this, inputs[0].input.topic, inputs[0].offset));
  }

 private:
  class Reader final : public LogReader {
   public:
    Reader(FakeLog& log, std::string topic, int64_t offset)
        : log_(log), topic_(std::move(topic)), offset_(offset) {}
    absl::StatusOr<int> Read(size_t, size_t, RecordBatch* batch) override {
      absl::MutexLock lock(&log_.mutex_);
      const auto& values = log_.topics_[topic_];
      if (offset_ > static_cast<int64_t>(values.size())) {
        return absl::OutOfRangeError("beyond the end");
      }
      int count = 0;
      for (; offset_ < static_cast<int64_t>(values.size()); ++offset_, ++count) {
        Record record;
        record.offset = offset_;
        record.value = absl::string_view(values[static_cast<size_t>(offset_)]);
        batch->Add(record);
      }
      return count;
    }
    int64_t NextOffset(size_t) const override { return offset_; }
    int64_t EndOffset(size_t) const override { return offset_; }
    bool AtEnd(size_t) const override { return true; }
    void Wait(absl::Duration timeout) override {
      absl::MutexLock lock(&log_.mutex_);
      const auto more = [this] {
        return static_cast<int64_t>(log_.topics_[topic_].size()) > offset_;
      };
      log_.mutex_.AwaitWithTimeout(absl::Condition(&more), timeout);
    }
    void Wake() override {}

   private:
    FakeLog& log_;
    const std::string topic_;
    int64_t offset_;
  };

  absl::Mutex mutex_;
  std::map<std::string, std::vector<std::string>> topics_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_SERVING_FAKE_LOG_H_
