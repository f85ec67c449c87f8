// Lexer: the text of an expression → tokens, each with its place; comments go from // to the end of
// the line. Thread-safe: a pure function.

#ifndef MILLRACE_STREAM_EXPR_LEXER_H_
#define MILLRACE_STREAM_EXPR_LEXER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "stream/expr/expression.h"

namespace millrace {

enum class TokenKind : uint8_t {
  kEnd,       // of the text; its range is empty
  kName,      // also true, false, null, in
  kInt,       // `integer`: its magnitude
  kDouble,    // `number`
  kDuration,  // `integer`: milliseconds
  kString,    // `text`: without quotes, escapes replaced
  kBytes,     // the same
  kSymbol,    // an operator or punctuation; `text`
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  TextRange range;
  std::string text;
  uint64_t integer = 0;  // at most 2^63: the parser decides whether a minus stands before it
  double number = 0;
};

// The tokens, the last of which is kEnd. InvalidArgument (and *where) for what is no token.
absl::StatusOr<std::vector<Token>> Tokenize(absl::string_view text, TextRange* where);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_LEXER_H_
