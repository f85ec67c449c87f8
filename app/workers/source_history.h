// SourceHistory: the files that a source reads before its topic, as one more partition of it, and
// what the state knows of them: as long as they are needed they must stay what they were; once all
// that was read is in the state they may go. Owned by the engine's thread.

#ifndef MILLRACE_APP_WORKERS_SOURCE_HISTORY_H_
#define MILLRACE_APP_WORKERS_SOURCE_HISTORY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "app/project.h"
#include "app/workers/input_position.h"
#include "stream/history/history_reader.h"
#include "stream/state_store.h"

namespace millrace {

class SourceHistory {
 public:
  struct Opened {
    std::unique_ptr<SourceHistory> history;
    InputPosition position;
    int64_t redo_from = 0;
  };
  // `lowest_mark`: of any shard, in the partition kHistoryPartition. Errors: NotFound when the
  // files are not there, FailedPrecondition when they are not those of which the state has read a
  // part; those of HistoryReader::Open. REQUIRES: the source has a history.
  static absl::StatusOr<Opened> Open(const SourceSpec& source, const StateStore& state,
                                     int64_t lowest_mark);

  HistoryReader& reader() { return *reader_; }

  // Adds what the state has to know, beside the position. `over`: everything was taken.
  void AddCommit(bool over, StateBatch* batch);

 private:
  SourceHistory(std::string key, std::string files_text)
      : key_(std::move(key)), files_text_(std::move(files_text)) {}

  const std::string key_;
  std::string files_text_;  // empty: over
  std::unique_ptr<HistoryReader> reader_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_SOURCE_HISTORY_H_
