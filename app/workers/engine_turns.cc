// What the engine's loop does in one turn: which record is next, and how far time has come.

#include <algorithm>

#include "app/workers/engine.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

constexpr int kRecordsPerTurn = 256;

}  // namespace

// Whether the head looks in views that are to come to its time first.
bool Engine::MustWait(SourceInput& input) const {
  if (mode_ != Mode::kLive || input.lookups() == nullptr) return false;
  return input.lookups()->MustWait(input.head().event_time_ms,
                                   LiveProgressNow(lookup_sources_[input.source()]),
                                   deps_.clock->MonotonicNanos());
}

absl::StatusOr<SourceInput*> Engine::EarliestHead() {
  SourceInput* earliest = nullptr;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    ASSIGN_OR_RETURN(const bool head, Peek(i));
    if (!head || MustWait(*inputs_[i])) continue;
    const bool beyond_end = mode_ == Mode::kSimulation && gate_.time_ms == kEndOfTime &&
                            i < input_names_.size() && inputs_[i]->head().offset >= gate_.ends[i];
    if (beyond_end) continue;
    if (earliest == nullptr || inputs_[i]->head() < earliest->head()) earliest = inputs_[i].get();
  }
  return earliest;
}

absl::StatusOr<Engine::Found> Engine::LiveTurn() {
  int taken = 0;
  for (; taken < kRecordsPerTurn; ++taken) {
    ASSIGN_OR_RETURN(SourceInput* const input, EarliestHead());
    if (input == nullptr) break;
    RETURN_IF_ERROR(Process(*input));
  }
  if (taken > 0) {
    caught_up_ ? freshness_.EndTurn(ToEpochMillis(deps_.clock->Now())) : freshness_.SkipTurn();
  }
  RETURN_IF_ERROR(AdvanceLive());
  for (const auto& task : tasks_) RETURN_IF_ERROR(task->ReleaseOverdue());
  caught_up_ = caught_up_ || IsCaughtUp();
  return taken > 0 ? Found::kWork : Found::kNothing;
}

// Of a topic all that it held at the start is applied; of files all.
bool Engine::IsCaughtUp() const {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const SourceInput& input = *inputs_[i];
    // What is compacted away, or a mark of a transaction, may stand before the end.
    const bool at_end = TimesOf(input).at_end;
    if (!at_end && input.progress_offset() < ends_at_start_[i]) return false;
  }
  return true;
}

InputTimes Engine::TimesOf(const SourceInput& input) const {
  InputTimes times = input.times();
  if (!log_reachable_ && input.partition() != kHistoryPartition) times.at_end = false;
  return times;
}

int64_t Engine::LiveProgressNow(const std::vector<bool>& sources) const {
  const int64_t now_ms = ToEpochMillis(deps_.clock->Now());
  int64_t progress = kEndOfTime;
  for (const auto& input : inputs_) {
    if (!sources[input->source()]) continue;
    progress = std::min(progress, LiveProgress(TimesOf(*input), input->spec().time_rule, now_ms));
  }
  return std::min(progress, now_ms);
}

// Live progress may stand, and late triggers come for what it has passed; and it may go back, when
// an input that never had a record gets records of long ago. Then decisions wait for those.
absl::Status Engine::AdvanceLive() {
  progress_ms_ = LiveProgressNow(std::vector<bool>(project_.sources.size(), true));
  for (size_t t = 0; t < tasks_.size(); ++t) {
    // Time of a task stands still only for what it reads.
    const int64_t progress_ms = LiveProgressNow(task_sources_[t]);
    const std::vector<bool>& triggers = trigger_sources_[t];
    const auto is_empty = [&](const auto& input) {
      return !triggers[input->source()] || input->position().newest_event_ms == kNoTime;
    };
    const bool none_yet =
        project_.tasks[t].trigger_source && std::all_of(inputs_.begin(), inputs_.end(), is_empty);
    RETURN_IF_ERROR(tasks_[t]->Advance(progress_ms, none_yet ? kNoTime : progress_ms));
    WatchHoldback(t);
  }
  return absl::OkStatus();
}

absl::StatusOr<Engine::Found> Engine::SimulationTurn() {
  AtEnd at_end;
  {
    absl::MutexLock lock(&mutex_);
    if (gate_.time_ms != frontier_.time_ms) gate_ = frontier_;
    at_end = at_end_;
  }
  if (gate_.ends.empty()) return inputs_.empty() ? Found::kEnd : Found::kNothing;
  for (int taken = 0; taken < kRecordsPerTurn; ++taken) {
    ASSIGN_OR_RETURN(SourceInput* const input, EarliestHead());
    const int64_t gate_ms = SimulationGate();
    if (input != nullptr && input->head().event_time_ms < gate_ms) {
      if (input->head().event_time_ms > progress_ms_) {
        RETURN_IF_ERROR(Advance(input->head().event_time_ms));
        RETURN_IF_ERROR(MaybeCommit());
      }
      RETURN_IF_ERROR(Process(*input));
      continue;
    }
    if (gate_ms == kEndOfTime) {
      const int64_t newest_ms = NewestEventMs();
      if (newest_ms != INT64_MIN) RETURN_IF_ERROR(Advance(newest_ms + 1));
      caught_up_ = true;
      if (at_end == AtEnd::kSettle) RETURN_IF_ERROR(Advance(kEndOfTime));
      return Found::kEnd;
    }
    if (gate_ms > progress_ms_) RETURN_IF_ERROR(Advance(gate_ms));
    return Found::kNothing;
  }
  return Found::kWork;
}

// The time below which nothing is missing: the frontier's, once everything it promises was read.
int64_t Engine::SimulationGate() {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const bool read = i < input_names_.size() ? inputs_[i]->progress_offset() >= gate_.ends[i]
                                              : inputs_[i]->at_end();
    const bool drained = inputs_[i]->has_head() || read;
    if (!drained) return progress_ms_;
  }
  return gate_.time_ms;
}

int64_t Engine::NewestEventMs() const {
  int64_t newest_ms = INT64_MIN;
  for (const auto& input : inputs_) {
    newest_ms = std::max(newest_ms, input->position().newest_event_ms);
  }
  return newest_ms;
}

// Readers learn what a turn has applied, and those who wait for it go on.
void Engine::TellPositions() {
  const int64_t now_ms = ToEpochMillis(deps_.clock->Now());
  for (size_t i = 0; i < input_names_.size(); ++i) {
    const SourceInput& input = *inputs_[i];
    // While some shards lack records, what counts is what none lacks.
    const int64_t applied =
        input.redoing() ? input.progress_offset() : input.position().next_offset;
    const int64_t live_ms = LiveProgress(TimesOf(input), input.spec().time_rule, now_ms);
    const int64_t progress_ms = mode_ == Mode::kLive ? std::min(live_ms, now_ms) : progress_ms_;
    positions_->SetApplied(i, applied, progress_ms == kEndOfTime ? NewestEventMs() : progress_ms);
  }
  positions_->Announce();
}

absl::Status Engine::Advance(int64_t progress_ms) {
  if (progress_ms <= progress_ms_) return absl::OkStatus();
  for (const auto& task : tasks_) RETURN_IF_ERROR(task->Advance(progress_ms));
  progress_ms_ = progress_ms;
  return absl::OkStatus();
}

}  // namespace millrace
