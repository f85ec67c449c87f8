// The newest record of an entity before a time. A function of the records and of the horizon, not
// of what a row still holds: what is trimmed away leaves its newest time behind (NewestLost). Pure
// functions over rows; thread-safe while they are not written.

#ifndef MILLRACE_FEATURESTORE_NEWEST_EVENT_H_
#define MILLRACE_FEATURESTORE_NEWEST_EVENT_H_

#include <cstdint>
#include <optional>

#include "featurestore/entity_row.h"

namespace millrace {

struct NewestEvent {
  int64_t ms = 0;
  // False: it is at `ms` or later, within a tile; at -kTimeLimitMs, one of those that are no longer
  // kept, if there was one so early.
  bool exact = true;
};

// Of all the entity's live records, be they kept or not; a retraction of one that is not kept any
// more is not seen. nullopt: there is none.
std::optional<NewestEvent> NewestBefore(const EntityRow& row, const Horizon& horizon,
                                        int64_t before_ms);

// The same without EntityRow::newest_ms(), which it is to be set to.
std::optional<NewestEvent> FindNewestBefore(const EntityRow& row, const Horizon& horizon,
                                            int64_t before_ms);

// The newest live record that neither the log nor a tile tells of within the horizon;
// -kTimeLimitMs: there is none. It is older than the cut of the view's coarsest tier.
int64_t NewestLost(const EntityRow& row, const Horizon& horizon);

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_NEWEST_EVENT_H_
