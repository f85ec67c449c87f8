#include "stream/expr/type_rules.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

// The opcodes for ints and doubles.
std::pair<Op, Op> NumberOps(absl::string_view op) {
  if (op == "+") return {Op::kAddInts, Op::kAddDoubles};
  if (op == "-") return {Op::kSubtractInts, Op::kSubtractDoubles};
  if (op == "*") return {Op::kMultiplyInts, Op::kMultiplyDoubles};
  if (op == "/") return {Op::kDivideInts, Op::kDivideDoubles};
  return {Op::kModuloInts, Op::kMove};  // not of doubles
}

// The type of timestamp and duration under + and -; null when they do not go together.
Type TimeArithmetic(absl::string_view op, Type a, Type b) {
  const bool plus = op == "+";
  if (!plus && op != "-") return Type::kNull;
  if (a == Type::kDuration && b == Type::kDuration) return Type::kDuration;
  if (a == Type::kTimestamp && b == Type::kDuration) return Type::kTimestamp;
  if (plus && a == Type::kDuration && b == Type::kTimestamp) return Type::kTimestamp;
  if (!plus && a == Type::kTimestamp && b == Type::kTimestamp) return Type::kDuration;
  return Type::kNull;
}

}  // namespace

std::optional<ValueType> Unify(const ValueType& a, const ValueType& b) {
  if (a == b || b.type == Type::kNull) return a;
  if (a.type == Type::kNull) return b;
  if (a.type != b.type || (a.type != Type::kList && a.type != Type::kMap)) return std::nullopt;
  if (a.element == Type::kNull) return b;
  return b.element == Type::kNull ? std::optional(a) : std::nullopt;
}

std::optional<Operation> Arithmetic(absl::string_view op, const ValueType& a, const ValueType& b) {
  const auto [ints, doubles] = NumberOps(op);
  if (a == b && a == Type::kInt) return Operation{ints, a};
  if (a == b && a == Type::kDouble && doubles != Op::kMove) return Operation{doubles, a};
  if (op == "+" && a == b && (a == Type::kString || a == Type::kBytes)) {
    return Operation{Op::kConcat, a};
  }
  if (op == "+" && a.type == Type::kList && b.type == Type::kList) {
    const std::optional<ValueType> list = Unify(a, b);
    return list.has_value() ? std::optional(Operation{Op::kConcat, *list}) : std::nullopt;
  }
  const Type time = TimeArithmetic(op, a.type, b.type);
  return time == Type::kNull ? std::nullopt : std::optional(Operation{ints, time});
}

Relation RelationOf(absl::string_view op) {
  if (op == "==") return Relation::kEqual;
  if (op == "!=") return Relation::kNotEqual;
  if (op == "<") return Relation::kLess;
  if (op == "<=") return Relation::kLessOrEqual;
  return op == ">" ? Relation::kGreater : Relation::kGreaterOrEqual;
}

Op Comparison(const ValueType& type) {
  if (type == Type::kDouble) return Op::kCompareDoubles;
  if (IsCollection(type.type)) return Op::kCompareCollections;
  return HasBytes(type.type) ? Op::kCompareBytes : Op::kCompareInts;
}

std::string DoubleAdvice(const Node& whole) {
  if (whole.type != Type::kInt) return "";
  if (whole.kind == NodeKind::kLiteral) {
    return absl::StrCat("; write ", whole.literal.int_value(), ".0");
  }
  return whole.kind == NodeKind::kName ? absl::StrCat("; write double(", whole.text, ")")
                                       : "; convert the int with double(…)";
}

std::string DoubleAdvice(const Node& a, const Node& b) {
  if (a.type == Type::kInt && b.type == Type::kDouble) return DoubleAdvice(a);
  if (a.type == Type::kDouble && b.type == Type::kInt) return DoubleAdvice(b);
  return "";
}

}  // namespace millrace
