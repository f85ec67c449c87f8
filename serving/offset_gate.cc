#include "serving/offset_gate.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "serving/errors.h"

namespace millrace {
namespace {

absl::Status Unknown(const LogPositions& positions, const MinOffset& offset, size_t index) {
  std::vector<std::string> topics;
  int32_t partitions = 0;
  for (const TopicPartition& known : positions.partitions()) {
    topics.push_back(known.topic);
    if (known.topic == offset.topic) partitions = std::max(partitions, known.partition + 1);
  }
  if (partitions > 0) {
    return RequestFault(ErrorCode::kUnknownTopic, absl::StrCat("min_offset[", index, "].partition"),
                        absl::StrCat("topic '", offset.topic, "' has ", partitions,
                                     partitions == 1 ? " partition" : " partitions", ", and no ",
                                     offset.partition));
  }
  return RequestFault(ErrorCode::kUnknownTopic, absl::StrCat("min_offset[", index, "].topic"),
                      absl::StrCat("no source reads a topic '", offset.topic, "'"),
                      ClosestName(offset.topic, topics));
}

absl::Status NotYet(const MinOffset& offset, size_t index, int64_t applied) {
  ApiError error;
  error.code = ErrorCode::kNotYetApplied;
  error.field = absl::StrCat("min_offset[", index, "]");
  error.detail =
      absl::StrCat("offset ", offset.offset, " of partition ", offset.partition, " of topic '",
                   offset.topic, "' is not applied yet: ", applied, " is next");
  error.hint = "try again, or wait longer: `wait_ms`, `--wait` on the command line";
  error.applied_offset = applied;
  return error.ToStatus();
}

}  // namespace

absl::StatusOr<std::vector<LogPositions::Goal>> OffsetGate::Resolve(
    std::span<const MinOffset> offsets) const {
  const std::vector<TopicPartition>& known = positions_.partitions();
  std::vector<LogPositions::Goal> goals;
  for (size_t i = 0; i < offsets.size(); ++i) {
    const TopicPartition wanted{offsets[i].topic, offsets[i].partition};
    const size_t before = goals.size();
    for (size_t p = 0; p < known.size(); ++p) {
      if (known[p] == wanted) goals.push_back({p, offsets[i].offset});
    }
    if (goals.size() == before) return Unknown(positions_, offsets[i], i);
  }
  return goals;
}

bool OffsetGate::Holds(std::span<const MinOffset> offsets) const {
  if (offsets.empty()) return false;
  const auto goals = Resolve(offsets);
  return goals.ok() && !positions_.Applied(*goals);
}

absl::Status OffsetGate::Pass(std::span<const MinOffset> offsets, absl::Duration patience) const {
  if (offsets.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<LogPositions::Goal> goals, Resolve(offsets));
  switch (positions_.Await(goals, patience)) {
    case LogPositions::Outcome::kApplied: return absl::OkStatus();
    case LogPositions::Outcome::kClosed:
      return absl::UnavailableError("the server stops; nothing more is applied here");
    case LogPositions::Outcome::kNotYet: break;
  }
  for (size_t i = 0; i < offsets.size(); ++i) {
    const TopicPartition wanted{offsets[i].topic, offsets[i].partition};
    for (const LogPositions::Goal& goal : goals) {
      const int64_t applied = positions_.At(goal.partition).applied;
      const bool lags = positions_.partitions()[goal.partition] == wanted &&
                        goal.offset == offsets[i].offset && applied <= goal.offset;
      if (lags) return NotYet(offsets[i], i, applied);
    }
  }
  return absl::OkStatus();  // just now
}

}  // namespace millrace
