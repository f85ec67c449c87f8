// CheckTypes: gives each node of a tree its type, its place in the scope and the operation that
// computes it. Thread-safe: touches only its arguments.

#ifndef MILLRACE_STREAM_EXPR_TYPE_CHECK_H_
#define MILLRACE_STREAM_EXPR_TYPE_CHECK_H_

#include <cstddef>

#include "absl/status/status.h"
#include "stream/expr/ast.h"
#include "stream/expr/expression.h"

namespace millrace {

// Macros within one another; the bound of their work is Program::kMaxWork.
inline constexpr size_t kMaxNestedMacros = 4;

// InvalidArgument, and the place in *where, when a name is unknown or types do not fit.
absl::Status CheckTypes(const Scope& scope, Node* root, TextRange* where);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_TYPE_CHECK_H_
