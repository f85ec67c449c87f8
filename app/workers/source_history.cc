#include "app/workers/source_history.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

absl::Status OfSource(const SourceSpec& source, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("source ", source.name, ": history: ", status.message()));
}

// False when the state has no such key.
absl::StatusOr<bool> Find(const StateStore& state, const std::string& key, std::string* value) {
  const absl::Status found = state.Get(key, value);
  if (absl::IsNotFound(found)) return false;
  RETURN_IF_ERROR(found);
  return true;
}

}  // namespace

absl::StatusOr<SourceHistory::Opened> SourceHistory::Open(const SourceSpec& source,
                                                          const StateStore& state,
                                                          int64_t lowest_mark) {
  const std::string key = InputPosition::Key(source, kHistoryPartition);
  const std::string files_key = absl::StrCat(key, "files");
  Opened opened;
  std::string stored, stored_files;
  ASSIGN_OR_RETURN(const bool begun, Find(state, key, &stored));
  ASSIGN_OR_RETURN(const bool known, Find(state, files_key, &stored_files));
  if (begun != known) return absl::DataLossError("the state of a history is not whole");
  if (begun) {
    ASSIGN_OR_RETURN(opened.position, InputPosition::Decode(stored));
    opened.redo_from = std::min(lowest_mark, opened.position.next_offset);
  }
  HistoryReaderOptions options = {
      .format = source.history->format, .decoder = source.decoder, .partition = kHistoryPartition};
  const bool over = begun && stored_files.empty();
  std::string files_text;
  if (!over || opened.redo_from < opened.position.next_offset) {
    auto files = FindHistoryFiles(source.history->files);
    if (!files.ok()) return OfSource(source, files.status());
    options.files = *std::move(files);
    auto text = FilesText(options.files);
    if (!text.ok()) return OfSource(source, text.status());
    files_text = *std::move(text);
    if (begun && !over && files_text != stored_files) {
      return OfSource(source, absl::FailedPreconditionError(
                                  absl::StrCat("a part of other files was read; then they were\n",
                                               stored_files, "now they are\n", files_text)));
    }
  }
  auto reader = HistoryReader::Open(std::move(options), opened.redo_from);
  if (!reader.ok()) return OfSource(source, reader.status());
  opened.history =
      std::unique_ptr<SourceHistory>(new SourceHistory(files_key, std::move(files_text)));
  opened.history->reader_ = *std::move(reader);
  return opened;
}

void SourceHistory::AddCommit(bool over, StateBatch* batch) {
  if (over) files_text_.clear();
  batch->Put(key_, files_text_);
}

}  // namespace millrace
