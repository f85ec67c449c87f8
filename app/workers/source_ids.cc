#include "app/workers/source_ids.h"

#include <algorithm>

#include "core/status_macros.h"
#include "stream/progress.h"

namespace millrace {

SourceIds::SourceIds(const std::vector<SourceSpec>& sources) : sources_(sources) {
  for (const SourceSpec& source : sources) {
    ids_.push_back(source.dedup_ms ? std::make_unique<AppliedIds>(source.name, *source.dedup_ms)
                                   : nullptr);
  }
}

absl::Status SourceIds::Load(const StateStore& state) {
  for (const auto& ids : ids_) {
    if (ids != nullptr) RETURN_IF_ERROR(ids->Load(state));
  }
  return absl::OkStatus();
}

void SourceIds::AddCommit(std::span<const PartitionTime> times, StateBatch* batch) {
  for (size_t s = 0; s < ids_.size(); ++s) {
    if (ids_[s] == nullptr) continue;
    int64_t oldest_ms = kEndOfTime;
    for (const PartitionTime& time : times) {
      if (time.source == static_cast<int32_t>(s)) oldest_ms = std::min(oldest_ms, time.newest_ms);
    }
    // A record that is not late is at most `retention` older, and its first copy `within` more.
    const int64_t reach_ms = sources_[s].retention_ms + ids_[s]->within_ms();
    if (oldest_ms != kEndOfTime && oldest_ms > INT64_MIN + reach_ms) {
      ids_[s]->Forget(oldest_ms - reach_ms);
    }
    ids_[s]->AddCommit(batch);
  }
}

}  // namespace millrace
