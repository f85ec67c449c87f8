#include "stream/history/history_reader.h"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace millrace {

HistoryReader::HistoryReader(HistoryReaderOptions options)
    : options_(std::move(options)),
      decoder_(MakeDecoder(HistoryDecoderOptions(options_.decoder, options_.format))) {}

absl::StatusOr<std::unique_ptr<HistoryReader>> HistoryReader::Open(HistoryReaderOptions options,
                                                                   int64_t offset) {
  auto reader = std::unique_ptr<HistoryReader>(new HistoryReader(std::move(options)));
  RETURN_IF_ERROR(reader->Start(offset));
  return reader;
}

absl::Status HistoryReader::Start(int64_t offset) {
  for (const std::string& path : options_.files) {
    ASSIGN_OR_RETURN(std::unique_ptr<HistoryFile> file,
                     HistoryFile::Open(path, options_.format, options_.decoder));
    files_.push_back(std::move(file));
    RETURN_IF_ERROR(Advance(files_.size() - 1, ""));
  }
  if (files_.empty()) next_offset_ = offset;
  while (next_offset_ < offset) {
    if (heads_.empty()) {
      return absl::OutOfRangeError(
          absl::StrCat("there are ", next_offset_, " records, not ", offset));
    }
    RETURN_IF_ERROR(Pop().status());
  }
  return absl::OkStatus();
}

bool HistoryReader::Later(const Head& a, const Head& b) {
  return std::pair(a.time_ms, a.file) > std::pair(b.time_ms, b.file);
}

absl::Status HistoryReader::Advance(size_t file, std::string json) {
  ASSIGN_OR_RETURN(const bool more, files_[file]->Next(&json));
  if (!more) return absl::OkStatus();
  Record record;
  record.value = json;
  const bool good = !decoder_->Decode(record, &decoded_);
  heads_.push_back({good ? decoded_.row.event_time_ms : INT64_MIN, file, std::move(json)});
  std::push_heap(heads_.begin(), heads_.end(), Later);
  return absl::OkStatus();
}

absl::StatusOr<HistoryReader::Head> HistoryReader::Pop() {
  std::pop_heap(heads_.begin(), heads_.end(), Later);
  Head head = std::move(heads_.back());
  heads_.pop_back();
  ++next_offset_;
  RETURN_IF_ERROR(Advance(head.file, ""));
  return head;
}

absl::StatusOr<int> HistoryReader::Read(size_t, size_t max_bytes, RecordBatch* batch) {
  int count = 0;
  for (size_t bytes = 0; bytes < max_bytes && !heads_.empty(); ++count) {
    Record record;
    record.partition = options_.partition;
    record.offset = next_offset_;
    ASSIGN_OR_RETURN(Head head, Pop());
    record.timestamp_ms = record.append_ms = head.time_ms == INT64_MIN ? 0 : head.time_ms;
    bytes += head.json.size();
    record.value = batch->Keep(std::move(head.json));
    batch->AddUncopied(record);
  }
  return count;
}

absl::StatusOr<std::vector<std::string>> FindHistoryFiles(const std::string& pattern) {
  glob_t found = {};
  const int result = glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> files(found.gl_pathv,
                                 found.gl_pathv + (result == 0 ? found.gl_pathc : 0));
  globfree(&found);
  std::erase_if(files, [](const std::string& path) {
    std::error_code error;
    return std::filesystem::is_directory(path, error);
  });
  if (files.empty()) return absl::NotFoundError(absl::StrCat("no file matches ", pattern));
  std::sort(files.begin(), files.end());
  return files;
}

absl::StatusOr<std::string> FilesText(const std::vector<std::string>& files) {
  std::string text;
  for (const std::string& path : files) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error) return absl::NotFoundError(absl::StrCat(path, " cannot be read"));
    absl::StrAppend(&text, path, " ", size, "\n");
  }
  return text;
}

}  // namespace millrace
