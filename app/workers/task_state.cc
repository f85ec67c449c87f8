#include "app/workers/task_state.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/coding.h"
#include "core/value_coding.h"

namespace millrace {
namespace {

constexpr char kVersion = 1;
// In place of the newest decision when there is none.
constexpr int64_t kNoDecision = std::numeric_limits<int64_t>::min();

void PutWaiting(const WaitingDecision& decision, std::string* out) {
  PutSignedVarint(out, decision.order.event_time_ms);
  PutSignedVarint(out, decision.order.source);
  PutSignedVarint(out, decision.order.partition);
  PutSignedVarint(out, decision.order.offset);
  PutLengthPrefixed(out, decision.id);
  PutVarint(out, decision.fields.size());
  for (const OwnedValue& field : decision.fields) PutValue(out, field.view());
}

bool GetInt32(absl::string_view* in, int32_t* v) {
  int64_t wide = 0;
  if (!GetSignedVarint(in, &wide)) return false;
  *v = static_cast<int32_t>(wide);
  return *v == wide;
}

bool GetWaiting(absl::string_view* in, WaitingDecision* decision) {
  absl::string_view id;
  uint64_t fields = 0;
  if (!GetSignedVarint(in, &decision->order.event_time_ms) ||
      !GetInt32(in, &decision->order.source) || !GetInt32(in, &decision->order.partition) ||
      !GetSignedVarint(in, &decision->order.offset) || !GetLengthPrefixed(in, &id) ||
      !GetVarint(in, &fields)) {
    return false;
  }
  decision->id = std::string(id);
  for (uint64_t i = 0; i < fields; ++i) {
    if (!GetValue(in, &decision->fields.emplace_back())) return false;
  }
  return true;
}

bool GetBody(absl::string_view in, int64_t now_ns, TaskState* state) {
  int64_t newest = 0;
  uint64_t waiting = 0, hours = 0;
  if (!GetVarint(&in, &state->rejected_ids) || !GetVarint(&in, &state->too_large) ||
      !GetVarint(&in, &state->timed_out) || !GetSignedVarint(&in, &newest) ||
      !GetVarint(&in, &waiting)) {
    return false;
  }
  if (newest != kNoDecision) state->newest_decision_ms = newest;
  for (uint64_t i = 0; i < waiting; ++i) {
    WaitingDecision decision;
    if (!GetWaiting(&in, &decision)) return false;
    state->waiting.Add(std::move(decision), now_ns);
  }
  if (!GetVarint(&in, &hours)) return false;
  for (uint64_t i = 0; i < hours; ++i) {
    int64_t hour = 0;
    TaskState::HourCounts counts;
    if (!GetSignedVarint(&in, &hour) || !GetVarint(&in, &counts.decided) ||
        !GetVarint(&in, &counts.dropped)) {
      return false;
    }
    state->uncommitted[hour] = counts;
  }
  return in.empty();
}

}  // namespace

std::string EncodeTaskState(const TaskState& state) {
  std::string out(1, kVersion);
  PutVarint(&out, state.rejected_ids);
  PutVarint(&out, state.too_large);
  PutVarint(&out, state.timed_out);
  PutSignedVarint(&out, state.newest_decision_ms.value_or(kNoDecision));
  PutVarint(&out, state.waiting.size());
  state.waiting.ForEach([&](const WaitingDecision& decision) { PutWaiting(decision, &out); });
  PutVarint(&out, state.uncommitted.size());
  for (const auto& [hour, counts] : state.uncommitted) {
    PutSignedVarint(&out, hour);
    PutVarint(&out, counts.decided);
    PutVarint(&out, counts.dropped);
  }
  return out;
}

absl::StatusOr<TaskState> DecodeTaskState(absl::string_view bytes, absl::string_view task,
                                          int64_t now_ns) {
  const auto damaged = [&](absl::string_view how) {
    return absl::DataLossError(absl::StrCat("task ", task, ": stored state ", how));
  };
  if (bytes.empty()) return damaged("does not parse");
  if (bytes.front() != kVersion) {
    return damaged(absl::StrCat("has version ", static_cast<unsigned char>(bytes.front()),
                                ", this program reads ", static_cast<int>(kVersion)));
  }
  TaskState state;
  if (!GetBody(bytes.substr(1), now_ns, &state)) return damaged("does not parse");
  return state;
}

}  // namespace millrace
