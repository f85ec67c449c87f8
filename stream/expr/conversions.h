// The conversions of expressions between types: what has no result gives null. Nothing here
// allocates. Thread-safe: pure functions but for the scratch.

#ifndef MILLRACE_STREAM_EXPR_CONVERSIONS_H_
#define MILLRACE_STREAM_EXPR_CONVERSIONS_H_

#include "core/value.h"
#include "stream/expr/op.h"
#include "stream/expr/scratch.h"

namespace millrace {

// kBoolFromString … kStringFrom; only the last uses the scratch.
Value ApplyConversion(Op op, const Value& a, Scratch* scratch);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_CONVERSIONS_H_
