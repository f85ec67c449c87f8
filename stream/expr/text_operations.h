// The operations of expressions on strings: positions and sizes count code points. What they make
// is in the scratch; without room they give null, and the evaluation starts over. No regular
// expressions: every operation is linear in its arguments and its result.
// Thread-safe: pure functions but for the scratch.

#ifndef MILLRACE_STREAM_EXPR_TEXT_OPERATIONS_H_
#define MILLRACE_STREAM_EXPR_TEXT_OPERATIONS_H_

#include <span>

#include "core/value.h"
#include "stream/expr/op.h"
#include "stream/expr/scratch.h"

namespace millrace {

// kConcat … kJoin, as CEL's string extension has them; a position outside of the string gives null.
// REQUIRES: no argument is null.
Value ApplyText(Op op, std::span<const Value> arguments, Scratch* scratch);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_TEXT_OPERATIONS_H_
