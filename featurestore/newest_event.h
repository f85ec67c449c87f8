// The newest record of an entity before a time, as far as what is kept tells. Pure functions over
// tiles and rows; thread-safe while they are not written.

#ifndef MILLRACE_FEATURESTORE_NEWEST_EVENT_H_
#define MILLRACE_FEATURESTORE_NEWEST_EVENT_H_

#include <cstdint>
#include <optional>
#include <span>

#include "featurestore/tile_tier.h"

namespace millrace {

class EntityRow;
struct Horizon;

struct NewestEvent {
  int64_t ms = 0;
  bool exact = true;  // false: it is at `ms` or later, within a tile
};

// Of the live records in the stored tiles of `tiers`, finest first.
std::optional<NewestEvent> NewestInTiles(std::span<const TileTier> tiers, int64_t before_ms);

// Of all the entity's records.
std::optional<NewestEvent> NewestBefore(const EntityRow& row, const Horizon& horizon,
                                        int64_t before_ms);

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_NEWEST_EVENT_H_
