// EngineStatus: what others may see of the engine, as of one moment of its loop. A value, published
// as a snapshot; thread-safe once published.

#ifndef MILLRACE_APP_WORKERS_ENGINE_STATUS_H_
#define MILLRACE_APP_WORKERS_ENGINE_STATUS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/workers/holdback_watch.h"
#include "app/workers/learner_report.h"
#include "app/workers/source_input.h"
#include "app/workers/task_worker.h"

namespace millrace {

struct EngineStatus {
  struct Input {
    std::string source;
    std::string topic;  // of history the files
    int32_t partition = 0;
    bool is_history = false;
    int64_t applied_offset = 0;  // next offset to apply
    int64_t durable_offset = 0;  // next offset as committed
    int64_t end_offset = 0;      // one past the newest record, as far as the log has told
    // When the newest record that was read came to the log. None: none was read.
    std::optional<int64_t> read_append_ms;
    int64_t newest_event_ms = INT64_MIN;
    bool at_end = false;
    // How far its event time has come (stream/progress.h). None: it has had no record, or does not
    // hold time back, or the engine is no live one.
    std::optional<int64_t> progress_ms;
    HoldbackReason holdback = HoldbackReason::kNone;  // of a live engine
    SourceCounts counts;
    // By source: the one above, and those derived from it.
    std::vector<std::pair<std::string, EventCounts>> events;
  };
  struct Task {
    std::string name;
    TaskCounts counts;
    std::vector<LearnerReport> learners;  // in configuration order
    std::shared_ptr<const Deployment> deployment;
    std::optional<Holdback> holdback;  // its input is an index into `inputs`
  };
  std::vector<Input> inputs;
  std::vector<std::pair<std::string, size_t>> ids;  // kept, by source that de-duplicates
  std::vector<uint64_t> unnamed_tombstones;         // by view (Tombstones::Unnamed)
  std::vector<Task> tasks;
  // Progress of the loop; the newest event's time once everything is settled.
  int64_t event_time_ms = INT64_MIN;
  bool caught_up = false;
  uint64_t commits = 0;
};

// Where an input stands that holds time back, why, and what helps.
std::string HoldbackText(const EngineStatus::Input& input, HoldbackReason reason);

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_ENGINE_STATUS_H_
