// What the engine does not hold to yet, by name: reads to which the law is not applied. A predicate
// goes when its gap is mended. Pure functions.

#ifndef MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_GAPS_H_
#define MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_GAPS_H_

#include <cstdint>

#include "tests/featurestore/kept_limit_case.h"
#include "tests/featurestore/kept_limit_history.h"

namespace millrace {

// A read of what was known then, of an entity that was deleted.
bool KnownReadMeetsTombstone(const KeptLimitHistory& history, const oracle::Read& read);

// A lifetime whose base may hold the time of a tombstone that came too late.
bool LateTombstoneMeetsBase(const KeptLimitCase& c, const oracle::Feature& feature,
                            const KeptLimitLife& life, int64_t now_ms);

}  // namespace millrace

#endif  // MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_GAPS_H_
