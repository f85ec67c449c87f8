// RecordBatch: records as read from a log, with the bytes they point into. Thread-compatible.

#ifndef MILLRACE_STREAM_RECORD_BATCH_H_
#define MILLRACE_STREAM_RECORD_BATCH_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

// A header of a record. Views into whatever holds the record.
struct Header {
  absl::string_view name;
  absl::string_view value;
};

enum class TimestampType : uint8_t {
  kCreate,     // set by the producer
  kLogAppend,  // set by the log when it appended
};

// One record. The views point into its RecordBatch and live until it is cleared or destroyed.
struct Record {
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t timestamp_ms = 0;
  // When the log appended it: equal to timestamp_ms for kLogAppend; for kCreate on a log that
  // does not know better, timestamp_ms too.
  int64_t append_ms = 0;
  TimestampType timestamp_type = TimestampType::kCreate;
  std::optional<absl::string_view> key;
  std::optional<absl::string_view> value;  // absent: a tombstone
  std::span<const Header> headers;
};

class RecordBatch {
 public:
  RecordBatch() = default;
  RecordBatch(RecordBatch&&) = default;
  RecordBatch& operator=(RecordBatch&&) = default;
  RecordBatch(const RecordBatch&) = delete;
  RecordBatch& operator=(const RecordBatch&) = delete;

  const std::vector<Record>& records() const { return records_; }
  bool empty() const { return records_.empty(); }

  // Copies the record and all it points to.
  void Add(const Record& record);
  // Adds a record without copying what it points to. REQUIRES: that was given by Keep, KeepShared
  // or KeepHeaders of this batch, or outlives it.
  void AddUncopied(const Record& record) { records_.push_back(record); }
  // Takes bytes in; the view lives as long as the batch is not cleared.
  absl::string_view Keep(std::string bytes);
  // Shares bytes that others read too; they live at least until the batch is cleared.
  void KeepShared(std::shared_ptr<const std::string> bytes) {
    shared_bytes_.push_back(std::move(bytes));
  }
  std::span<const Header> KeepHeaders(std::vector<Header> headers);

  void Clear();

 private:
  std::vector<Record> records_;
  std::deque<std::string> bytes_;  // addresses stay
  std::vector<std::shared_ptr<const std::string>> shared_bytes_;
  std::deque<std::vector<Header>> headers_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_RECORD_BATCH_H_
