// SourceIds: the applied ids of every source that de-duplicates, and when they may be forgotten.
// Owned by the engine's thread.

#ifndef MILLRACE_APP_WORKERS_SOURCE_IDS_H_
#define MILLRACE_APP_WORKERS_SOURCE_IDS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "app/project.h"
#include "stream/applied_ids.h"
#include "stream/state_store.h"

namespace millrace {

class SourceIds {
 public:
  // REQUIRES: the sources outlive this.
  explicit SourceIds(const std::vector<SourceSpec>& sources);

  // Takes what the state has; errors are those of AppliedIds::Load.
  absl::Status Load(const StateStore& state);

  // Null for a source without `dedup_ms`.
  AppliedIds* of(int32_t source) const { return ids_[static_cast<size_t>(source)].get(); }

  // Of a partition that had records: the newest event time before the oldest record that may be
  // judged again; kNoTime when that is not known.
  struct PartitionTime {
    int32_t source = 0;
    int64_t newest_ms = 0;
  };
  // Forgets the ids of which every later copy is too late to be applied in every partition that had
  // records, and adds what changed to *batch.
  void AddCommit(std::span<const PartitionTime> times, StateBatch* batch);

 private:
  const std::vector<SourceSpec>& sources_;
  std::vector<std::unique_ptr<AppliedIds>> ids_;  // by source
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_SOURCE_IDS_H_
