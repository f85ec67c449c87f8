#include "stream/expr/type_check.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "stream/expr/call_check.h"
#include "stream/expr/functions.h"
#include "stream/expr/type_checker.h"
#include "stream/expr/type_rules.h"

namespace millrace {

TypeChecker::TypeChecker(const Scope& scope, TextRange* where) : where_(where) {
  for (size_t i = 0; i < scope.size(); ++i) {
    fields_.emplace(scope[i].name, std::pair(static_cast<int>(i), scope[i].type));
  }
}

absl::Status TypeChecker::Error(TextRange range, const std::string& message) {
  *where_ = range;
  return absl::InvalidArgumentError(message);
}

absl::Status TypeChecker::Check(Node* node) {
  // A chain of operators leans to the left as far as the text is long: no recursion there.
  std::vector<Node*> chain;
  for (; node->kind == NodeKind::kBinary; node = node->children[0].get()) chain.push_back(node);
  RETURN_IF_ERROR(CheckOperand(node));
  for (; !chain.empty(); chain.pop_back()) {
    RETURN_IF_ERROR(Check(chain.back()->children[1].get()));
    RETURN_IF_ERROR(Binary(chain.back()));
  }
  return absl::OkStatus();
}

absl::Status TypeChecker::CheckOperand(Node* node) {
  if (node->kind == NodeKind::kMethodCall) {
    DropMathPrefix(node);
    if (node->kind == NodeKind::kMethodCall && IsMacro(node->text)) return Macro(node);
  }
  if (node->kind == NodeKind::kCall && node->text == "has") return Has(node);
  if ((node->kind == NodeKind::kCall || node->kind == NodeKind::kMethodCall) &&
      !IsKnownCall(*node)) {
    if (node->kind == NodeKind::kMethodCall || !fields_.contains(node->text)) {
      return UnknownCall(*node, where_);
    }
    return Error(node->name_range,
                 absl::StrCat("unknown function '", node->text, "'; it is a field"));
  }
  for (auto& child : node->children) RETURN_IF_ERROR(Check(child.get()));
  switch (node->kind) {
    case NodeKind::kLiteral: node->type = node->literal.type(); return absl::OkStatus();
    case NodeKind::kName: return Name(node);
    case NodeKind::kSelect: return Select(node);
    case NodeKind::kIndex: return Index(node);
    case NodeKind::kList: return List(node);
    case NodeKind::kMap: return Map(node);
    case NodeKind::kUnary: return Unary(node);
    case NodeKind::kConditional: return Conditional(node);
    case NodeKind::kCall:
    case NodeKind::kMethodCall: return ResolveCall(node, where_);
    case NodeKind::kBinary:  // see Check
    case NodeKind::kMacro:
    case NodeKind::kVariable: break;  // made by this class
  }
  return absl::OkStatus();
}

absl::Status TypeChecker::Unary(Node* node) {
  const Node& operand = *node->children[0];
  if (node->text == "!") {
    node->type = Type::kBool;
    node->op = Op::kNot;
    if (IsNullOr(operand.type, Type::kBool)) return absl::OkStatus();
  } else {
    node->type = operand.type;
    node->op = operand.type == Type::kDouble ? Op::kNegateDouble : Op::kNegateInt;
    node->detail = static_cast<uint8_t>(operand.type.type);
    if (operand.type == Type::kInt || operand.type == Type::kDouble ||
        operand.type == Type::kDuration) {
      return absl::OkStatus();
    }
  }
  return Error(operand.range, absl::StrCat("'", node->text, "' cannot be applied to ",
                                           ValueTypeName(operand.type)));
}

absl::Status TypeChecker::Binary(Node* node) {
  const Node& left = *node->children[0];
  const Node& right = *node->children[1];
  if (node->text == "in") return In(node, left, right);
  if (node->text == "&&" || node->text == "||") {
    node->type = Type::kBool;
    node->op = node->text == "&&" ? Op::kAnd : Op::kOr;
    for (const Node* side : {&left, &right}) {
      if (!IsNullOr(side->type, Type::kBool)) {
        return Error(side->range, absl::StrCat("'", node->text, "' needs bool on both sides, not ",
                                               ValueTypeName(side->type)));
      }
    }
    return absl::OkStatus();
  }
  if (absl::string_view("+-*/%").find(node->text[0]) != absl::string_view::npos) {
    const std::optional<Operation> operation = Arithmetic(node->text, left.type, right.type);
    if (!operation.has_value()) return DoNotFit(*node, left, right);
    node->type = operation->result;
    node->op = operation->op;
    node->detail = static_cast<uint8_t>(node->type.type);
    return absl::OkStatus();
  }
  return Relate(node, left, right);
}

absl::Status TypeChecker::Relate(Node* node, const Node& left, const Node& right) {
  const Relation relation = RelationOf(node->text);
  const bool equality = relation == Relation::kEqual || relation == Relation::kNotEqual;
  node->type = Type::kBool;
  node->detail = static_cast<uint8_t>(relation);
  if (left.type == Type::kNull || right.type == Type::kNull) {
    if (!equality) {
      return Error(node->range, absl::StrCat("'", node->text,
                                             "' cannot be applied to null; only == and != can"));
    }
    node->op = relation == Relation::kEqual ? Op::kIsNull : Op::kIsNotNull;
    return absl::OkStatus();
  }
  const std::optional<ValueType> both = Unify(left.type, right.type);
  if (!both.has_value() || (IsCollection(both->type) && !equality)) {
    return DoNotFit(*node, left, right);
  }
  node->op = Comparison(*both);
  return absl::OkStatus();
}

absl::Status TypeChecker::DoNotFit(const Node& node, const Node& left, const Node& right) {
  std::string advice = DoubleAdvice(left, right);
  const Type a = left.type.type;
  const Type b = right.type.type;
  if (advice.empty() && a == Type::kDouble && node.text == "%") advice = "; it is of ints only";
  if (advice.empty() && (a == Type::kTimestamp || a == Type::kDuration) && b == Type::kInt) {
    advice = "; write a duration with its unit, such as 60s";
  }
  if (node.text == "+" && (a == Type::kString) != (b == Type::kString) && !IsCollection(a) &&
      !IsCollection(b)) {
    advice = "; convert the other with string(…)";
  }
  return Error(node.range,
               absl::StrCat("'", node.text, "' cannot be applied to ", ValueTypeName(left.type),
                            " and ", ValueTypeName(right.type), advice));
}

absl::Status TypeChecker::Conditional(Node* node) {
  const Node& condition = *node->children[0];
  const Node& yes = *node->children[1];
  const Node& no = *node->children[2];
  if (!IsNullOr(condition.type, Type::kBool)) {
    return Error(condition.range, absl::StrCat("the condition of ?: must be bool, not ",
                                               ValueTypeName(condition.type)));
  }
  const std::optional<ValueType> both = Unify(yes.type, no.type);
  if (!both.has_value()) {
    return Error(
        {yes.range.begin, no.range.end},
        absl::StrCat("the branches of ?: must have one type, not ", ValueTypeName(yes.type),
                     " and ", ValueTypeName(no.type), DoubleAdvice(yes, no)));
  }
  node->type = *both;
  return absl::OkStatus();
}

absl::Status CheckTypes(const Scope& scope, Node* root, TextRange* where) {
  return TypeChecker(scope, where).Check(root);
}

}  // namespace millrace
