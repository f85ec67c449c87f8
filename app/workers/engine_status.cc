// What the engine tells of itself, and what holds its tasks back.

#include "app/workers/engine_status.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "app/workers/engine.h"
#include "core/log_line.h"

namespace millrace {
namespace {

constexpr int64_t kStatusEveryNs = 200'000'000;

std::string Rfc3339(int64_t epoch_ms) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixMillis(epoch_ms),
                          absl::UTCTimeZone());
}

}  // namespace

std::string HoldbackText(const EngineStatus::Input& input, HoldbackReason reason) {
  std::string text = absl::StrCat("source ", input.source);
  if (input.partition > 0) absl::StrAppend(&text, " partition ", input.partition);
  if (input.progress_ms) {
    absl::StrAppend(&text, " stands at ", Rfc3339(*input.progress_ms), ": ");
  } else {
    absl::StrAppend(&text, " was not read yet: ");
  }
  switch (reason) {
    case HoldbackReason::kNone: return "";
    case HoldbackReason::kHistory:
      return text + "its records are history; `lateness: {idle: clock}` lets it follow the clock";
    case HoldbackReason::kReading: return text + "it has more to read";
    case HoldbackReason::kUnreachable: return text + "the log cannot be reached";
  }
  return text;
}

void Engine::RefreshStatus(bool now) {
  const int64_t now_ns = deps_.clock->MonotonicNanos();
  if (!now && now_ns - last_status_ns_ < kStatusEveryNs) return;
  last_status_ns_ = now_ns;
  status_.Publish(std::make_shared<const EngineStatus>(MakeStatus()));
}

EngineStatus::Input Engine::InputStatus(size_t i, int64_t now_ms) const {
  const SourceInput& input = *inputs_[i];
  const bool is_history = i >= input_names_.size();
  const InputPosition& position = input.position();
  EngineStatus::Input out;
  out.source = input.spec().name;
  out.topic = is_history ? input.spec().history->files : input.spec().topic;
  out.partition = is_history ? 0 : input.partition();
  out.applied_offset = position.next_offset;
  out.durable_offset = durable_offsets_[i];
  out.end_offset = std::max(position.next_offset, is_history ? 0 : reader_->EndOffset(i));
  if (input.read_append_ms() != kNoTime) out.read_append_ms = input.read_append_ms();
  out.newest_event_ms = position.newest_event_ms;
  out.at_end = TimesOf(input).at_end;
  if (mode_ == Mode::kLive) {
    const int64_t progress_ms = LiveProgress(TimesOf(input), input.spec().time_rule, now_ms);
    if (progress_ms != kNoTime && progress_ms != kEndOfTime) {
      out.progress_ms = std::min(progress_ms, now_ms);
    }
    out.holdback = HoldbackOf(input, now_ms);
  }
  out.counts = position.counts;
  for (size_t r = 0; r < input.events().reached().size(); ++r) {
    out.events.emplace_back(project_.sources[input.events().reached()[r]].name, position.events[r]);
  }
  return out;
}

EngineStatus Engine::MakeStatus() const {
  EngineStatus status;
  const int64_t now_ms = ToEpochMillis(deps_.clock->Now());
  for (size_t i = 0; i < inputs_.size(); ++i) status.inputs.push_back(InputStatus(i, now_ms));
  for (size_t s = 0; s < project_.sources.size(); ++s) {
    const AppliedIds* ids = ids_.of(static_cast<int32_t>(s));
    if (ids != nullptr) status.ids.emplace_back(project_.sources[s].name, ids->size());
  }
  for (size_t v = 0; v < project_.views.size(); ++v) {
    status.unnamed_tombstones.push_back(tombstones_.Unnamed(static_cast<int32_t>(v)));
  }
  for (size_t t = 0; t < tasks_.size(); ++t) {
    EngineStatus::Task& out = status.tasks.emplace_back();
    out.name = tasks_[t]->task().name;
    out.counts = tasks_[t]->counts();
    out.learners = tasks_[t]->Reports();
    out.deployment = tasks_[t]->trainer().deployment().Read();
    out.holdback = holdbacks_[t].current();
  }
  status.event_time_ms = progress_ms_ == kEndOfTime ? NewestEventMs() : progress_ms_;
  status.caught_up = caught_up_ && log_reachable_;
  status.commits = commits_;
  return status;
}

HoldbackReason Engine::HoldbackOf(const SourceInput& input, int64_t now_ms) const {
  if (!log_reachable_ && input.partition() != kHistoryPartition) {
    return HoldbackReason::kUnreachable;
  }
  return LiveHoldback(TimesOf(input), input.spec().time_rule, now_ms);
}

void Engine::WatchHoldback(size_t task) {
  const int64_t now_ms = ToEpochMillis(deps_.clock->Now());
  std::optional<Holdback> hindmost;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const SourceInput& input = *inputs_[i];
    if (!task_sources_[task][input.source()]) continue;
    const HoldbackReason reason = HoldbackOf(input, now_ms);
    if (reason == HoldbackReason::kNone) continue;
    const int64_t time_ms = LiveProgress(TimesOf(input), input.spec().time_rule, now_ms);
    if (!hindmost || time_ms < hindmost->time_ms) hindmost = Holdback{i, reason, time_ms};
  }
  HoldbackWatch& watch = holdbacks_[task];
  watch.Update(hindmost, now_ms);
  const TaskWorker& worker = *tasks_[task];
  if (!watch.MustTell(worker.NextDueMs(), worker.task().align_timeout_ms, now_ms)) return;
  const EngineStatus::Input input = InputStatus(hindmost->input, now_ms);
  LogLine(LogLevel::kWarn, "task_time_held_back")
      .With("task", worker.task().name)
      .With("source", input.source)
      .With("partition", input.partition)
      .With("reason", HoldbackText(input, hindmost->reason));
}

}  // namespace millrace
