#include "stream/expr/type_check.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "stream/expr/functions.h"

namespace millrace {
namespace {

bool IsNullOr(Type type, Type wanted) { return type == wanted || type == Type::kNull; }
bool IsTime(Type type) { return type == Type::kTimestamp || type == Type::kDuration; }
bool IsBytes(Type type) { return type == Type::kString || type == Type::kBytes; }

bool OneIntOneDouble(Type a, Type b) {
  return (a == Type::kInt && b == Type::kDouble) || (a == Type::kDouble && b == Type::kInt);
}

// What to write so that int and double do not meet; empty when that is not the trouble.
std::string DoubleAdvice(const Node& a, const Node& b) {
  if (!OneIntOneDouble(a.type, b.type)) return "";
  const Node& whole = a.type == Type::kInt ? a : b;
  if (whole.kind == NodeKind::kLiteral) {
    return absl::StrCat("; write ", whole.literal.int_value(), ".0");
  }
  return whole.kind == NodeKind::kName ? absl::StrCat("; write double(", whole.text, ")")
                                       : "; convert the int with double(…)";
}

// The opcodes of + - * / % for ints and doubles.
std::optional<std::pair<Op, Op>> ArithmeticOps(absl::string_view op) {
  if (op == "+") return std::pair(Op::kAddInts, Op::kAddDoubles);
  if (op == "-") return std::pair(Op::kSubtractInts, Op::kSubtractDoubles);
  if (op == "*") return std::pair(Op::kMultiplyInts, Op::kMultiplyDoubles);
  if (op == "/") return std::pair(Op::kDivideInts, Op::kDivideDoubles);
  if (op == "%") return std::pair(Op::kModuloInts, Op::kMove);  // not of doubles
  return std::nullopt;
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

Relation RelationOf(absl::string_view op) {
  if (op == "==") return Relation::kEqual;
  if (op == "!=") return Relation::kNotEqual;
  if (op == "<") return Relation::kLess;
  if (op == "<=") return Relation::kLessOrEqual;
  return op == ">" ? Relation::kGreater : Relation::kGreaterOrEqual;
}

class Checker {
 public:
  Checker(const Scope& scope, TextRange* where) : where_(where) {
    for (size_t i = 0; i < scope.size(); ++i) {
      fields_.emplace(scope[i].name, std::pair(static_cast<int>(i), scope[i].type));
    }
  }

  absl::Status Check(Node* node) {
    for (auto& child : node->children) RETURN_IF_ERROR(Check(child.get()));
    switch (node->kind) {
      case NodeKind::kLiteral: node->type = node->literal.type(); return absl::OkStatus();
      case NodeKind::kName: return Name(node);
      case NodeKind::kUnary: return Unary(node);
      case NodeKind::kBinary: return Binary(node);
      case NodeKind::kConditional: return Conditional(node);
      case NodeKind::kIn: return In(node);
      case NodeKind::kCall:
      case NodeKind::kMethodCall: return Call(node);
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Error(TextRange range, const std::string& message) {
    *where_ = range;
    return absl::InvalidArgumentError(message);
  }

  absl::Status Name(Node* node) {
    const bool is_function = IsExpressionFunction(node->text);
    const auto found = fields_.find(node->text);
    if (found != fields_.end() && is_function) {
      return Error(node->range, absl::StrCat("the field '", node->text,
                                             "' has the name of a "
                                             "function; rename the field"));
    }
    if (found != fields_.end()) {
      node->field = found->second.first;
      node->type = found->second.second.type;
      return absl::OkStatus();
    }
    if (is_function) {
      return Error(node->range,
                   absl::StrCat("'", node->text, "' is a function; write ", node->text, "(…)"));
    }
    std::vector<std::string> names;
    for (const auto& [name, field] : fields_) names.push_back(name);
    std::string message = absl::StrCat("unknown field '", node->text, "'");
    if (const std::string close = ClosestName(node->text, names); !close.empty()) {
      absl::StrAppend(&message, "; did you mean '", close, "'?");
    } else if (names.empty()) {
      absl::StrAppend(&message, "; there are no fields here");
    } else if (names.size() <= 12) {
      absl::StrAppend(&message, "; there are ", absl::StrJoin(names, ", "));
    }
    return Error(node->range, message);
  }

  absl::Status Unary(Node* node) {
    const Node& operand = *node->children[0];
    if (node->text == "!") {
      node->type = Type::kBool;
      node->op = Op::kNot;
      if (IsNullOr(operand.type, Type::kBool)) return absl::OkStatus();
    } else {
      node->type = operand.type;
      node->op = operand.type == Type::kDouble ? Op::kNegateDouble : Op::kNegateInt;
      node->detail = static_cast<uint8_t>(operand.type);
      if (operand.type == Type::kInt || operand.type == Type::kDouble ||
          operand.type == Type::kDuration) {
        return absl::OkStatus();
      }
    }
    return Error(operand.range,
                 absl::StrCat("'", node->text, "' cannot be applied to ", TypeName(operand.type)));
  }

  absl::Status Binary(Node* node) {
    const Node& left = *node->children[0];
    const Node& right = *node->children[1];
    if (node->text == "&&" || node->text == "||") {
      node->type = Type::kBool;
      node->op = node->text == "&&" ? Op::kAnd : Op::kOr;
      for (const Node* side : {&left, &right}) {
        if (!IsNullOr(side->type, Type::kBool)) {
          return Error(side->range,
                       absl::StrCat("'", node->text, "' needs bool on both sides, not ",
                                    TypeName(side->type)));
        }
      }
      return absl::OkStatus();
    }
    if (const auto ops = ArithmeticOps(node->text)) {
      if (left.type == right.type && left.type == Type::kInt) {
        node->type = Type::kInt;
        node->op = ops->first;
      } else if (left.type == right.type && left.type == Type::kDouble &&
                 ops->second != Op::kMove) {
        node->type = Type::kDouble;
        node->op = ops->second;
      } else {
        node->type = TimeArithmetic(node->text, left.type, right.type);
        node->op = ops->first;
        if (node->type == Type::kNull) return DoNotFit(*node, left, right);
      }
      node->detail = static_cast<uint8_t>(node->type);
      return absl::OkStatus();
    }
    return Relate(node, left, right);
  }

  absl::Status Relate(Node* node, const Node& left, const Node& right) {
    const Relation relation = RelationOf(node->text);
    const bool equality = relation == Relation::kEqual || relation == Relation::kNotEqual;
    node->type = Type::kBool;
    node->detail = static_cast<uint8_t>(relation);
    if (left.type == Type::kNull || right.type == Type::kNull) {
      if (!equality) {
        return Error(node->range, absl::StrCat("'", node->text,
                                               "' cannot be applied to null; only "
                                               "== and != can"));
      }
      node->op = relation == Relation::kEqual ? Op::kIsNull : Op::kIsNotNull;
      return absl::OkStatus();
    }
    if (left.type != right.type) return DoNotFit(*node, left, right);
    node->op = left.type == Type::kDouble ? Op::kCompareDoubles
               : IsBytes(left.type)       ? Op::kCompareBytes
                                          : Op::kCompareInts;
    return absl::OkStatus();
  }

  absl::Status DoNotFit(const Node& node, const Node& left, const Node& right) {
    std::string advice = DoubleAdvice(left, right);
    if (advice.empty() && left.type == Type::kDouble && node.text == "%") {
      advice = "; it is of ints only";
    }
    if (advice.empty() && IsTime(left.type) && right.type == Type::kInt) {
      advice = "; write a duration with its unit, such as 60s";
    }
    return Error(node.range,
                 absl::StrCat("'", node.text, "' cannot be applied to ", TypeName(left.type),
                              " and ", TypeName(right.type), advice));
  }

  absl::Status Conditional(Node* node) {
    const Node& condition = *node->children[0];
    const Node& yes = *node->children[1];
    const Node& no = *node->children[2];
    if (!IsNullOr(condition.type, Type::kBool)) {
      return Error(condition.range, absl::StrCat("the condition of ?: must be bool, not ",
                                                 TypeName(condition.type)));
    }
    node->type = yes.type == Type::kNull ? no.type : yes.type;
    if (!IsNullOr(no.type, node->type)) {
      return Error({yes.range.begin, no.range.end},
                   absl::StrCat("the branches of ?: must have one type, not ", TypeName(yes.type),
                                " and ", TypeName(no.type), DoubleAdvice(yes, no)));
    }
    return absl::OkStatus();
  }

  absl::Status In(Node* node) {
    const Node& value = *node->children[0];
    for (size_t i = 1; i < node->children.size(); ++i) {
      const Node& item = *node->children[i];
      if (item.type != value.type && value.type != Type::kNull) {
        return Error(item.range, absl::StrCat("the list holds ", TypeName(item.type), " but ",
                                              TypeName(value.type), " is looked for",
                                              DoubleAdvice(value, item)));
      }
    }
    node->type = Type::kBool;
    node->op = value.type == Type::kDouble ? Op::kInDoubles
               : IsBytes(value.type)       ? Op::kInBytes
                                           : Op::kInInts;
    return absl::OkStatus();
  }

  absl::Status Call(Node* node) {
    const bool method = node->kind == NodeKind::kMethodCall;
    std::vector<const Overload*> named;
    for (const Overload& overload : AllOverloads()) {
      if (overload.name == node->text && (overload.style == CallStyle::kMethod) == method) {
        named.push_back(&overload);
      }
    }
    if (named.empty()) return UnknownFunction(*node, method);
    const Overload& first = *named[0];
    const size_t given = node->children.size();
    const bool one_more = first.style == CallStyle::kCivil && given == 2;
    const auto arity = static_cast<size_t>(first.arity);
    if (first.style == CallStyle::kVariadic ? given < arity : given != arity && !one_more) {
      const size_t written = arity - (method ? 1 : 0);
      return Error(node->range,
                   absl::StrCat(node->text, " takes ",
                                first.style == CallStyle::kVariadic ? "at least " : "", written,
                                written == 1 ? " argument" : " arguments",
                                first.style == CallStyle::kCivil ? ", and perhaps a time zone" : "",
                                "; ", given - (method ? 1 : 0), " given"));
    }
    if (first.style == CallStyle::kCivil) RETURN_IF_ERROR(Zone(node));
    if (first.parameter == Type::kNull) return Coalesce(node);
    const Type type = node->children[0]->type;
    for (const Overload* overload : named) {
      if (overload->parameter != type) continue;
      node->type = overload->result;
      node->op = overload->op;
      node->detail = static_cast<uint8_t>(overload->result);
      return SameTypes(*node, overload->style == CallStyle::kCivil ? 1 : given);
    }
    return WrongArgument(*node, named);
  }

  absl::Status WrongArgument(const Node& node, const std::vector<const Overload*>& named) {
    std::vector<absl::string_view> types;
    bool has_double = false;
    for (const Overload* overload : named) {
      types.push_back(TypeName(overload->parameter));
      has_double = has_double || overload->parameter == Type::kDouble;
    }
    const std::string last(types.back());
    types.pop_back();
    const std::string list =
        types.empty() ? last : absl::StrCat(absl::StrJoin(types, ", "), " or ", last);
    const Node& argument = *node.children[0];
    return Error(
        argument.range,
        absl::StrCat(
            node.text, " takes ", list, ", not ", TypeName(argument.type),
            has_double && argument.type == Type::kInt ? "; convert it with double(…)" : ""));
  }

  // All of the first `count` arguments have the type of the first.
  absl::Status SameTypes(const Node& node, size_t count) {
    const Node& first = *node.children[0];
    for (size_t i = 1; i < count; ++i) {
      const Node& other = *node.children[i];
      if (other.type == first.type) continue;
      return Error(other.range, absl::StrCat("the arguments of ", node.text,
                                             " must have one type, "
                                             "not ",
                                             TypeName(first.type), " and ", TypeName(other.type),
                                             DoubleAdvice(first, other)));
    }
    return absl::OkStatus();
  }

  absl::Status Coalesce(Node* node) {
    const Node* typed = nullptr;
    for (const auto& child : node->children) {
      if (child->type == Type::kNull) continue;
      if (typed == nullptr) typed = child.get();
      if (child->type != typed->type) {
        return Error(child->range,
                     absl::StrCat("the arguments of coalesce must have one type, not ",
                                  TypeName(typed->type), " and ", TypeName(child->type),
                                  DoubleAdvice(*typed, *child)));
      }
    }
    if (typed != nullptr) node->type = typed->type;
    return absl::OkStatus();
  }

  absl::Status Zone(Node* node) {
    node->zone = "UTC";
    if (node->children.size() == 1) return absl::OkStatus();
    const Node& zone = *node->children[1];
    if (zone.kind != NodeKind::kLiteral || zone.type != Type::kString) {
      return Error(zone.range, absl::StrCat("the time zone of ", node->text,
                                            " must be a literal, such as 'America/New_York'"));
    }
    absl::TimeZone loaded;
    // The loader would also take paths and "localtime", which differ from machine to machine.
    const bool portable = zone.text.find("..") == std::string::npos && !zone.text.empty() &&
                          zone.text[0] != '/' && zone.text != "localtime";
    if (!portable || !absl::LoadTimeZone(zone.text, &loaded)) {
      return Error(zone.range, absl::StrCat("unknown time zone '", zone.text,
                                            "'; zones have names such as 'America/New_York'"));
    }
    node->zone = zone.text;
    return absl::OkStatus();
  }

  absl::Status UnknownFunction(const Node& node, bool method) {
    std::string message =
        absl::StrCat("unknown ", method ? "method" : "function", " '", node.text, "'");
    const std::vector<std::string> other = FunctionNames(!method);
    if (const std::string close = ClosestName(node.text, FunctionNames(method)); !close.empty()) {
      absl::StrAppend(&message, "; did you mean '", close, "'?");
    } else if (std::find(other.begin(), other.end(), node.text) != other.end()) {
      absl::StrAppend(
          &message, "; it is written ",
          method ? absl::StrCat(node.text, "(x)") : absl::StrCat("x.", node.text, "(…)"));
    } else if (!method && fields_.contains(node.text)) {
      absl::StrAppend(&message, "; it is a field");
    }
    return Error(node.name_range, message);
  }

  std::map<std::string, std::pair<int, ValueType>> fields_;
  TextRange* const where_;
};

}  // namespace

absl::Status CheckTypes(const Scope& scope, Node* root, TextRange* where) {
  return Checker(scope, where).Check(root);
}

}  // namespace millrace
