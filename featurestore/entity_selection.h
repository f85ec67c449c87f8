// What an entity would be had only some of its records come: what was known at a time, or what
// stands after a deletion. Made from the records that are kept one by one. Pure functions over a
// row; thread-safe while it is not written.

#ifndef MILLRACE_FEATURESTORE_ENTITY_SELECTION_H_
#define MILLRACE_FEATURESTORE_ENTITY_SELECTION_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "featurestore/entity_row.h"
#include "featurestore/view_layout.h"

namespace millrace {

// The row of those records and retractions of `row` for which keep(words of the entry) is true; it
// may change them. The layout outlives it. Costs as much as adding them did.
EntityRow SelectRecords(const ViewLayout& layout, const EntityRow& row, const Horizon& horizon,
                        absl::FunctionRef<bool(uint64_t*)> keep);

// From which event time on the entity's records are all kept one by one; kBeginningOfTime when the
// entity never had others.
int64_t SelectableFrom(const EntityRow& row, const Horizon& horizon);

}  // namespace millrace

#endif  // MILLRACE_FEATURESTORE_ENTITY_SELECTION_H_
