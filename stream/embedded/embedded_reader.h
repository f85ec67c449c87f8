// EmbeddedReader: the LogReader of the embedded log. Owned by one thread, except Wake.

#ifndef MILLRACE_STREAM_EMBEDDED_EMBEDDED_READER_H_
#define MILLRACE_STREAM_EMBEDDED_EMBEDDED_READER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "core/clock.h"
#include "stream/embedded/batch_store.h"
#include "stream/embedded/partition.h"
#include "stream/embedded/stored_batch.h"
#include "stream/log.h"

namespace millrace {

class EmbeddedReader final : public LogReader {
 public:
  struct Input {
    Partition* partition = nullptr;
    int64_t next_offset = 0;
    BatchCursor cursor;  // done, or in the batch that holds next_offset
  };

  // REQUIRES: everything given outlives the reader.
  EmbeddedReader(std::vector<Input> inputs, const BatchStore& store, Clock& clock);
  ~EmbeddedReader() override;

  absl::StatusOr<int> Read(size_t index, size_t max_bytes, RecordBatch* batch) override;
  int64_t NextOffset(size_t index) const override { return inputs_[index].next_offset; }
  int64_t EndOffset(size_t index) const override;
  bool AtEnd(size_t index) const override;
  void Wait(absl::Duration timeout) override;
  void Wake() override { bell_.Wake(); }

 private:
  // Read, where records already given are counted in *taken even when an error follows.
  absl::Status ReadOn(Input& input, int64_t bytes_left, RecordBatch* batch, int* taken);
  absl::Status ReadStored(Input& input, int64_t end, int64_t* bytes_left, RecordBatch* batch,
                          int* taken);
  absl::Status TakeFrom(Input& input, int64_t* bytes_left, RecordBatch* batch, int* taken);
  bool AnyBehind() const;

  std::vector<Input> inputs_;
  const BatchStore& store_;
  Clock& clock_;
  ReaderBell bell_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EMBEDDED_EMBEDDED_READER_H_
