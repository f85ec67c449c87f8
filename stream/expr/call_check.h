// ResolveCall: which overload of functions.h a call means. Thread-safe: touches only its arguments.

#ifndef MILLRACE_STREAM_EXPR_CALL_CHECK_H_
#define MILLRACE_STREAM_EXPR_CALL_CHECK_H_

#include "absl/status/status.h"
#include "stream/expr/ast.h"
#include "stream/expr/expression.h"

namespace millrace {

// Gives a call its type, operation and zone. InvalidArgument, and the place in *where, when it
// does not take these arguments.
// REQUIRES: IsKnownCall, and the arguments are checked.
absl::Status ResolveCall(Node* call, TextRange* where);

// Whether there is a function, or a method, of the call's name.
bool IsKnownCall(const Node& call);
// "; did you mean …" and the like for the name of a call that is no function's.
absl::Status UnknownCall(const Node& call, TextRange* where);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_CALL_CHECK_H_
