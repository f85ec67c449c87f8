// What types go together in expressions, and what to write instead where they do not.
// Thread-safe: pure functions.

#ifndef MILLRACE_STREAM_EXPR_TYPE_RULES_H_
#define MILLRACE_STREAM_EXPR_TYPE_RULES_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/expr/ast.h"
#include "stream/expr/op.h"

namespace millrace {

inline bool IsNullOr(const ValueType& type, Type wanted) {
  return type == wanted || type == Type::kNull;
}

// The one type that both are of: null goes with any, and the empty list with any list.
std::optional<ValueType> Unify(const ValueType& a, const ValueType& b);

// What an operator does to two types, and what comes out; absent when they do not go together.
struct Operation {
  Op op;
  ValueType result;
};
// + - * / %. REQUIRES: one of these.
std::optional<Operation> Arithmetic(absl::string_view op, const ValueType& a, const ValueType& b);

// Of == != < <= > >=.
Relation RelationOf(absl::string_view op);
// What compares two values of the type.
Op Comparison(const ValueType& type);

// "; write 2.0" and the like where an int meets a double; empty when that is not the trouble.
std::string DoubleAdvice(const Node& a, const Node& b);
// The same for one int where a double should be.
std::string DoubleAdvice(const Node& whole);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_TYPE_RULES_H_
