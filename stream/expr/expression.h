// Expression: a typed expression over the fields of a record, compiled when the configuration is
// loaded, evaluated per record without allocation: new strings and collections are made in a
// scratch of the caller, which is reused. Work is bounded: an evaluation that loops over more
// items, or makes more bytes, than program.h and scratch.h allow gives null. A subset of CEL
// (docs/expressions.md); beyond CEL, null propagates, && and || are three-valued, and a null
// condition of ?: gives null.
//
// Immutable once compiled; thread-safe.

#ifndef MILLRACE_STREAM_EXPR_EXPRESSION_H_
#define MILLRACE_STREAM_EXPR_EXPRESSION_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/value.h"

namespace millrace {

// A name that an expression may use, and where its value stands in the span given to Evaluate.
// Names may have dots ("origin_out.left_6h").
struct ScopeField {
  std::string name;
  ValueType type;
};
using Scope = std::vector<ScopeField>;

// Where in the text a compile error lies: [begin, end) in bytes.
struct TextRange {
  int begin = 0;
  int end = 0;
};

class Expression {
 public:
  // Parses and type-checks. On an error (InvalidArgument, one sentence without position, with a
  // suggestion where a name is close to a known one) *where, if given, tells the place.
  static absl::StatusOr<std::shared_ptr<const Expression>> Compile(absl::string_view text,
                                                                   const Scope& scope,
                                                                   TextRange* where = nullptr);
  virtual ~Expression() = default;

  // The type of the result; kNull for the literal null. The items of an empty list are of kNull.
  virtual ValueType value_type() const = 0;
  Type type() const { return value_type().type; }
  // Positions in the scope of the names that the expression reads, ascending, once each.
  virtual const std::vector<int>& used_fields() const = 0;
  // `fields` follow the scope. Bytes that the result needs and that are not in `fields` are put
  // into *scratch, somewhere, and live until it is changed. REQUIRES: fields have the scope's types
  // or are null; their bytes are not in *scratch.
  virtual Value Evaluate(std::span<const Value> fields, std::string* scratch) const = 0;
};

// True for the name of a function ("hour"). A field of that name cannot be read by an expression.
bool IsExpressionFunction(absl::string_view name);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_EXPRESSION_H_
