// The operations of expressions on values that are not null. No operation allocates or fails:
// what has no result gives null. Thread-safe: pure functions.

#ifndef MILLRACE_STREAM_EXPR_OPERATIONS_H_
#define MILLRACE_STREAM_EXPR_OPERATIONS_H_

#include <cstdint>

#include "core/value.h"
#include "stream/expr/program.h"
#include "stream/expr/zone_offsets.h"

namespace millrace {

// A value of bool, int, timestamp or duration.
Value IntegerOf(Type type, int64_t v);

// kAddInts … kMaxInts.
Value ApplyInts(Op op, Type result, int64_t a, int64_t b);
// kAddDoubles … kPow.
Value ApplyDoubles(Op op, double a, double b);
// kHour … kHourOfWeek, in the zone's civil time.
Value ApplyCivil(Op op, int64_t epoch_ms, const ZoneOffsets& zone);
// kIntFromBool … kStringFrom. `slot` has Program::kStringSlotBytes; only kStringFrom uses it.
Value ApplyConversion(Op op, const Value& a, char* slot);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_OPERATIONS_H_
