// CrashPoint: the moment at which a process dies, counted in its lasting effects: commits of its
// state and appends to its log. Behind that moment CrashingState and CrashingLog accept everything
// and keep nothing, which is what a killed process leaves. Thread-safe.

#ifndef MILLRACE_TESTS_APP_WORKERS_CRASH_POINT_H_
#define MILLRACE_TESTS_APP_WORKERS_CRASH_POINT_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "stream/log.h"
#include "stream/state_store.h"

namespace millrace {

class CrashPoint {
 public:
  // The process dies after so many effects.
  explicit CrashPoint(int64_t effects) : left_(effects) {}
  // Counts an effect; false when the process is dead.
  bool Happens() { return left_.fetch_sub(1) > 0; }
  // Effects so far, of a process that was to live for `effects` of them.
  int64_t Passed(int64_t effects) const { return effects - left_.load(); }

 private:
  std::atomic<int64_t> left_;
};

class CrashingState final : public StateStore {
 public:
  CrashingState(StateStore& state, CrashPoint& crash) : state_(state), crash_(crash) {}

  absl::Status Get(absl::string_view key, std::string* value) const override {
    return state_.Get(key, value);
  }
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      const std::vector<std::string>& keys) const override {
    return state_.MultiGet(keys);
  }
  absl::Status Scan(
      absl::string_view from, absl::string_view to,
      const std::function<bool(absl::string_view, absl::string_view)>& visit) const override {
    return state_.Scan(from, to, visit);
  }
  uint64_t ApproximateBytes(std::span<const StateRange> ranges) const override {
    return state_.ApproximateBytes(ranges);
  }
  absl::Status Commit(const StateBatch& batch) override {
    return crash_.Happens() ? state_.Commit(batch) : absl::OkStatus();
  }

 private:
  StateStore& state_;
  CrashPoint& crash_;
};

class CrashingLog final : public Log {
 public:
  CrashingLog(Log& log, CrashPoint& crash) : log_(log), crash_(crash) {}

  absl::StatusOr<std::vector<TopicInfo>> Topics() override { return log_.Topics(); }
  absl::Status CreateTopic(absl::string_view topic, const TopicOptions& options) override {
    return log_.CreateTopic(topic, options);
  }
  absl::Status DeleteTopic(absl::string_view topic) override { return log_.DeleteTopic(topic); }
  absl::StatusOr<std::vector<AppendPosition>> Append(
      std::span<const AppendRecord> records) override {
    if (crash_.Happens()) return log_.Append(records);
    return std::vector<AppendPosition>(records.size());
  }
  size_t max_record_bytes() const override { return log_.max_record_bytes(); }
  absl::StatusOr<OffsetRange> Offsets(const TopicPartition& input) override {
    return log_.Offsets(input);
  }
  absl::StatusOr<bool> IsCompacted(absl::string_view topic) override {
    return log_.IsCompacted(topic);
  }
  absl::StatusOr<int64_t> OffsetAtTime(const TopicPartition& input, int64_t timestamp_ms) override {
    return log_.OffsetAtTime(input, timestamp_ms);
  }
  absl::Status Ping() override { return log_.Ping(); }
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(std::vector<ReadFrom> inputs) override {
    return log_.OpenReader(std::move(inputs));
  }

 private:
  Log& log_;
  CrashPoint& crash_;
};

// A log that cannot be read at the moment, or whose oldest records were deleted.
class DamagedLog final : public Log {
 public:
  explicit DamagedLog(Log& log) : log_(log) {}
  // None: the log is back, for readers opened from then on.
  void MakeUnreachable(const std::string& topic) { unreachable_ = topic; }
  void DeleteBefore(const TopicPartition& input, int64_t offset) { begin_[input] = offset; }

  absl::StatusOr<std::vector<TopicInfo>> Topics() override { return log_.Topics(); }
  absl::Status CreateTopic(absl::string_view topic, const TopicOptions& options) override {
    return log_.CreateTopic(topic, options);
  }
  absl::Status DeleteTopic(absl::string_view topic) override { return log_.DeleteTopic(topic); }
  absl::StatusOr<std::vector<AppendPosition>> Append(
      std::span<const AppendRecord> records) override {
    return log_.Append(records);
  }
  size_t max_record_bytes() const override { return log_.max_record_bytes(); }
  absl::StatusOr<OffsetRange> Offsets(const TopicPartition& input) override {
    absl::StatusOr<OffsetRange> range = log_.Offsets(input);
    if (range.ok() && begin_.contains(input)) range->begin = begin_[input];
    return range;
  }
  absl::StatusOr<bool> IsCompacted(absl::string_view topic) override {
    return log_.IsCompacted(topic);
  }
  absl::StatusOr<int64_t> OffsetAtTime(const TopicPartition& input, int64_t timestamp_ms) override {
    return log_.OffsetAtTime(input, timestamp_ms);
  }
  absl::Status Ping() override {
    return unreachable_.empty() ? log_.Ping() : absl::UnavailableError("cannot reach the log");
  }
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(std::vector<ReadFrom> inputs) override {
    bool unreachable = false;
    for (const ReadFrom& from : inputs) {
      unreachable = unreachable || from.input.topic == unreachable_;
      if (begin_.contains(from.input) && from.offset < begin_[from.input]) {
        return absl::OutOfRangeError(from.input.topic);
      }
    }
    auto reader = log_.OpenReader(std::move(inputs));
    if (!reader.ok() || !unreachable) return reader;
    return std::unique_ptr<LogReader>(new Unreachable(*std::move(reader)));
  }

 private:
  class Unreachable final : public LogReader {
   public:
    explicit Unreachable(std::unique_ptr<LogReader> reader) : reader_(std::move(reader)) {}
    absl::StatusOr<int> Read(size_t, size_t, RecordBatch*) override {
      return absl::UnavailableError("unreachable");
    }
    int64_t NextOffset(size_t index) const override { return reader_->NextOffset(index); }
    int64_t EndOffset(size_t index) const override { return reader_->EndOffset(index); }
    bool AtEnd(size_t index) const override { return reader_->AtEnd(index); }
    void Wait(absl::Duration timeout) override { reader_->Wait(timeout); }
    void Wake() override { reader_->Wake(); }

   private:
    std::unique_ptr<LogReader> reader_;
  };

  Log& log_;
  std::string unreachable_;  // topic
  std::map<TopicPartition, int64_t> begin_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_APP_WORKERS_CRASH_POINT_H_
