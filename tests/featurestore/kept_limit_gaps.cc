#include "tests/featurestore/kept_limit_gaps.h"

namespace millrace {

bool KnownReadMeetsTombstone(const KeptLimitHistory& history, const oracle::Read& read) {
  return read.known_ms.has_value() && history.HasTombstones();
}

bool LateTombstoneMeetsBase(const KeptLimitCase& c, const oracle::Feature& feature,
                            const KeptLimitLife& life, int64_t now_ms) {
  return feature.window.kind == oracle::WindowKind::kLifetime && life.deleted_ms &&
         *life.deleted_ms < now_ms - c.as_of_ms;
}

}  // namespace millrace
