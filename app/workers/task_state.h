// TaskState: what a task keeps from commit to commit beside its join and its learners, and its
// bytes in the state store (docs/formats/state.md). Plain values.

#ifndef MILLRACE_APP_WORKERS_TASK_STATE_H_
#define MILLRACE_APP_WORKERS_TASK_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "app/workers/waiting_decisions.h"

namespace millrace {

struct TaskState {
  // Decisions made, and those that were dropped without a label, of one hour of event time.
  struct HourCounts {
    uint64_t decided = 0;
    uint64_t dropped = 0;
    friend bool operator==(const HourCounts&, const HourCounts&) = default;
  };

  uint64_t rejected_ids = 0;  // trigger or label records without an id
  uint64_t too_large = 0;     // decisions that the log does not take
  uint64_t timed_out = 0;     // decided when align_timeout had passed
  std::optional<int64_t> newest_decision_ms;
  WaitingDecisions waiting;
  // Since the learners were last committed, by the hour's begin.
  std::map<int64_t, HourCounts> uncommitted;
};

std::string EncodeTaskState(const TaskState& state);

// What waits does so since `now_ns`. DataLoss, which names the task, when the bytes are not what
// EncodeTaskState makes, or of another version.
absl::StatusOr<TaskState> DecodeTaskState(absl::string_view bytes, absl::string_view task,
                                          int64_t now_ns);

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_TASK_STATE_H_
