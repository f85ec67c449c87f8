// HistoryReader: files as one partition of a log: their records merged by event time, those of one
// time in the order of the files' names. Within a file records should be in event-time order; where
// they are not, the file's order stays. A record that has no event time comes at once.
//
// Offsets count the records of the merge from 0, so they mean the same as long as the files are the
// same, which FilesText tells. Beginning at an offset reads everything before it again. A record's
// append time is its event time. Owned by one thread; reading blocks.

#ifndef MILLRACE_STREAM_HISTORY_HISTORY_READER_H_
#define MILLRACE_STREAM_HISTORY_HISTORY_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "stream/history/history_file.h"
#include "stream/log.h"

namespace millrace {

struct HistoryReaderOptions {
  std::vector<std::string> files;  // none: at its end from the beginning
  HistoryFormat format = HistoryFormat::kJsonLines;
  DecoderOptions decoder;  // with a time_field
  int32_t partition = 0;   // of the records
};

class HistoryReader final : public LogReader {
 public:
  // Errors: those of HistoryFile::Open and Next; OutOfRange when there are fewer than `offset`
  // records.
  static absl::StatusOr<std::unique_ptr<HistoryReader>> Open(HistoryReaderOptions options,
                                                             int64_t offset);

  absl::StatusOr<int> Read(size_t index, size_t max_bytes, RecordBatch* batch) override;
  int64_t NextOffset(size_t) const override { return next_offset_; }
  // How many records its files hold is known when they were read.
  int64_t EndOffset(size_t) const override { return next_offset_; }
  bool AtEnd(size_t) const override { return heads_.empty(); }
  void Wait(absl::Duration) override {}  // there is nothing to wait for
  void Wake() override {}

 private:
  struct Head {
    int64_t time_ms = 0;
    size_t file = 0;
    std::string json;
  };

  explicit HistoryReader(HistoryReaderOptions options);
  absl::Status Start(int64_t offset);
  // Puts the file's next record among the heads, unless it has none.
  absl::Status Advance(size_t file, std::string json);
  absl::StatusOr<Head> Pop();
  static bool Later(const Head& a, const Head& b);

  const HistoryReaderOptions options_;
  const std::unique_ptr<Decoder> decoder_;  // tells the event time
  DecodedRecord decoded_;
  std::vector<std::unique_ptr<HistoryFile>> files_;
  std::vector<Head> heads_;  // a heap, the earliest first
  int64_t next_offset_ = 0;
};

// The files that match a pattern of the shell, sorted; NotFound when there are none.
absl::StatusOr<std::vector<std::string>> FindHistoryFiles(const std::string& pattern);
// Names and sizes of the files: another text, other records. NotFound when one is gone.
absl::StatusOr<std::string> FilesText(const std::vector<std::string>& files);

}  // namespace millrace

#endif  // MILLRACE_STREAM_HISTORY_HISTORY_READER_H_
