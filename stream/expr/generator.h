// GenerateProgram: a checked tree → the program that evaluates it. Thread-safe: a pure function.

#ifndef MILLRACE_STREAM_EXPR_GENERATOR_H_
#define MILLRACE_STREAM_EXPR_GENERATOR_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "stream/expr/ast.h"
#include "stream/expr/program.h"

namespace millrace {

// Fills an empty program and *used_fields (ascending, once each). `text_bytes` is the size of the
// expression's text. InvalidArgument when it needs more than Program::kMaxTemporaries.
// REQUIRES: CheckTypes accepted the tree.
absl::Status GenerateProgram(const Node& root, size_t text_bytes, Program* program,
                             std::vector<int>* used_fields);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_GENERATOR_H_
