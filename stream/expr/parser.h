// Parse: the text of an expression → its tree, without types. Precedence climbing (V. Pratt, "Top
// Down Operator Precedence", 1973). Thread-safe: a pure function.
//
//   expr    := or ['?' expr ':' expr]
//   binary operators, loosest first: ||, &&, (== != < <= > >= in), (+ -), (* / %); left to right
//   unary   := ('-' | '!') unary | postfix
//   postfix := primary ('.' name ['(' args ')'] | '[' expr ']')*
//   primary := literal | name ('.' name)* | name '(' args ')' | '(' expr ')' | '[' args ']'
//            | '{' [expr ':' expr (',' expr ':' expr)*] '}'

#ifndef MILLRACE_STREAM_EXPR_PARSER_H_
#define MILLRACE_STREAM_EXPR_PARSER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "stream/expr/ast.h"
#include "stream/expr/expression.h"

namespace millrace {

inline constexpr size_t kMaxExpressionBytes = 4096;
// Parentheses, arguments, branches and unary operators within one another; calls, keys and indexes
// behind one another.
inline constexpr int kMaxExpressionDepth = 64;

// InvalidArgument, and the place in *where, when the text is no expression or beyond a limit.
absl::StatusOr<std::unique_ptr<Node>> Parse(absl::string_view text, TextRange* where);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_PARSER_H_
