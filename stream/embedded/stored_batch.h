// The bytes in which the embedded log stores records: batches of consecutive records of one
// partition, each about kBatchTargetBytes, described byte by byte in docs/formats/embedded-log.md.
//
// A batch is a fixed header, which holds a checksum over the key under which the batch is stored
// and everything behind the checksum, and the bodies of its records. A body does not depend on
// where the record comes to lie, so appenders encode bodies and a committer only joins them.
// Free functions are pure; BatchCursor is thread-compatible.

#ifndef MILLRACE_STREAM_EMBEDDED_STORED_BATCH_H_
#define MILLRACE_STREAM_EMBEDDED_STORED_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "stream/log.h"
#include "stream/record_batch.h"

namespace millrace {

inline constexpr size_t kBatchTargetBytes = 64 << 10;

// What the header of a batch says.
struct BatchInfo {
  int64_t base_offset = 0;  // stored in the key
  uint32_t records = 0;
  uint32_t headers = 0;   // of all records together
  int64_t append_ms = 0;  // never less than that of the batch before
  int64_t max_timestamp_ms = 0;
  // Largest timestamp of this and all earlier batches: never falls, so times can be searched for.
  int64_t running_max_timestamp_ms = 0;
  // Stored bytes of the batches before this one, so that sizes are differences.
  uint64_t bytes_before = 0;

  int64_t end_offset() const { return base_offset + records; }
};

inline constexpr size_t kBatchHeaderBytes = 4 + 1 + 4 + 4 + 8 + 8 + 8 + 8;

// The length of the body that EncodeBody would append.
size_t EncodedBodyBytes(const AppendRecord& record);
void EncodeBody(const AppendRecord& record, std::string* out);

// Writes the header over the first kBatchHeaderBytes of *batch, behind which the bodies stand.
// `key` is the key under which the batch will be stored.
void SealBatch(absl::string_view key, const BatchInfo& info, std::string* batch);

// Reads the header and verifies the checksum; false when the bytes are damaged. The base offset
// is the caller's to fill in.
bool OpenBatch(absl::string_view key, absl::string_view batch, BatchInfo* info);

// Walks over the records of a batch that OpenBatch accepted.
class BatchCursor {
 public:
  BatchCursor() = default;
  BatchCursor(const BatchInfo& info, int32_t partition, std::shared_ptr<const std::string> batch);

  // The offset that Take gives next; that of the batch's end when all were taken.
  int64_t next_offset() const { return next_offset_; }
  bool done() const { return next_offset_ == info_.end_offset(); }
  // Passes over the records before `offset`, stopping at the end of the batch. False as for Take.
  bool SkipTo(int64_t offset);
  // Adds records to *out until the batch is done or *bytes_left is used up, from which the lengths
  // of their bodies are taken; at least one if `bytes_left` is positive. *out shares the bytes.
  // Adds the number of records to *taken. False when a body is malformed.
  bool Take(int64_t* bytes_left, RecordBatch* out, int* taken);

 private:
  BatchInfo info_;
  int32_t partition_ = 0;
  std::shared_ptr<const std::string> batch_;
  absl::string_view rest_;
  int64_t next_offset_ = 0;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EMBEDDED_STORED_BATCH_H_
