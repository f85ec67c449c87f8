// Parts of timestamps in the civil time of a zone, starts of civil units, and parts of durations.
// Nothing here allocates. Thread-safe: pure functions.

#ifndef MILLRACE_STREAM_EXPR_CIVIL_TIME_H_
#define MILLRACE_STREAM_EXPR_CIVIL_TIME_H_

#include <cstdint>

#include "core/value.h"
#include "stream/expr/op.h"
#include "stream/expr/zone_offsets.h"

namespace millrace {

// kHour … kStartOfYear. A start is the first moment of its unit that there is in the zone; weeks
// begin on Monday. An hour or a minute that the clocks show twice has two starts, of which it is the
// last. Null for a timestamp beyond the range of RFC 3339 (time_text.h).
Value ApplyCivil(Op op, int64_t epoch_ms, const ZoneOffsets& zone);

// kWholeHours … kMillisPart, towards zero as CEL does.
Value ApplyDurationPart(Op op, int64_t ms);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_CIVIL_TIME_H_
