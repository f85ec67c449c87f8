// OffsetGate: holds a read back until the records that it should see are applied (`min_offset`).
// Thread-safe.

#ifndef MILLRACE_SERVING_OFFSET_GATE_H_
#define MILLRACE_SERVING_OFFSET_GATE_H_

#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "serving/feature_service.h"
#include "stream/log_positions.h"

namespace millrace {

class OffsetGate {
 public:
  // REQUIRES: the positions outlive this.
  explicit OffsetGate(LogPositions& positions) : positions_(positions) {}

  // Blocks until all are applied, at most for `patience`. Errors: NotFound (a topic that no source
  // reads, or a partition that it does not have), FailedPrecondition (kNotYetApplied: which
  // partition, and what is applied of it), Unavailable (the process stops).
  absl::Status Pass(std::span<const MinOffset> offsets, absl::Duration patience) const;
  // False when Pass(offsets) does not block.
  bool Holds(std::span<const MinOffset> offsets) const;

 private:
  absl::StatusOr<std::vector<LogPositions::Goal>> Resolve(std::span<const MinOffset> offsets) const;

  LogPositions& positions_;
};

}  // namespace millrace

#endif  // MILLRACE_SERVING_OFFSET_GATE_H_
