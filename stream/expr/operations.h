// The operations of expressions on numbers that are not null. No operation allocates or fails:
// what has no result gives null. Thread-safe: pure functions.

#ifndef MILLRACE_STREAM_EXPR_OPERATIONS_H_
#define MILLRACE_STREAM_EXPR_OPERATIONS_H_

#include <cstdint>

#include "core/value.h"
#include "stream/expr/op.h"

namespace millrace {

// A value of bool, int, timestamp or duration.
Value IntegerOf(Type type, int64_t v);

// kAddInts … kBitShiftRight.
Value ApplyInts(Op op, Type result, int64_t a, int64_t b);
// kAddDoubles … kIsFinite.
Value ApplyDoubles(Op op, double a, double b);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_OPERATIONS_H_
