#include "stream/expr/type_check.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/closest_name.h"
#include "core/status_macros.h"
#include "stream/expr/call_check.h"
#include "stream/expr/collection_operations.h"
#include "stream/expr/functions.h"
#include "stream/expr/type_rules.h"

namespace millrace {
namespace {

bool IsNullOr(const ValueType& type, Type wanted) { return type == wanted || type == Type::kNull; }

// The type of what a loop over a collection visits.
Type VisitedType(const ValueType& collection) {
  if (collection.type == Type::kVector) return Type::kDouble;
  return collection.type == Type::kMap ? Type::kString : collection.element;
}

class Checker {
 public:
  Checker(const Scope& scope, TextRange* where) : where_(where) {
    for (size_t i = 0; i < scope.size(); ++i) {
      fields_.emplace(scope[i].name, std::pair(static_cast<int>(i), scope[i].type));
    }
  }

  absl::Status Check(Node* node) {
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
      case NodeKind::kBinary: return Binary(node);
      case NodeKind::kConditional: return Conditional(node);
      case NodeKind::kCall:
      case NodeKind::kMethodCall: return ResolveCall(node, where_);
      case NodeKind::kMacro:
      case NodeKind::kVariable: break;  // only made here
    }
    return absl::OkStatus();
  }

 private:
  // Of the macros around, the outermost first.
  struct Variable {
    std::string name;
    Type type;
  };

  absl::Status Error(TextRange range, const std::string& message) {
    *where_ = range;
    return absl::InvalidArgumentError(message);
  }

  int FindVariable(absl::string_view name) const {
    for (size_t i = variables_.size(); i-- > 0;) {
      if (variables_[i].name == name) return static_cast<int>(i);
    }
    return -1;
  }

  // math.abs(x) is abs(x), where nothing is called math.
  void DropMathPrefix(Node* node) {
    const Node& receiver = *node->children[0];
    if (receiver.kind != NodeKind::kName || receiver.text != "math" || fields_.contains("math") ||
        FindVariable("math") >= 0 || MathFunction(node->text).empty()) {
      return;
    }
    node->kind = NodeKind::kCall;
    node->children.erase(node->children.begin());
  }

  absl::Status Name(Node* node) {
    const std::string first(node->text.substr(0, node->text.find('.')));
    if (const int variable = FindVariable(first); variable >= 0) {
      if (first != node->text) return SplitName(node, first);
      node->kind = NodeKind::kVariable;
      node->variable = variable;
      node->type = variables_[static_cast<size_t>(variable)].type;
      return absl::OkStatus();
    }
    const bool is_function = IsExpressionFunction(node->text);
    const auto found = fields_.find(node->text);
    if (found != fields_.end() && is_function) {
      return Error(node->range, absl::StrCat("the field '", node->text,
                                             "' has the name of a function; rename the field"));
    }
    if (found != fields_.end()) {
      node->field = found->second.first;
      node->type = found->second.second;
      return absl::OkStatus();
    }
    if (is_function) {
      return Error(node->range,
                   absl::StrCat("'", node->text, "' is a function; write ", node->text, "(…)"));
    }
    // The longest beginning that is a field may be a map, and the rest its key.
    for (size_t dot = node->text.rfind('.'); dot != std::string::npos && dot != 0;
         dot = node->text.rfind('.', dot - 1)) {
      const auto map = fields_.find(node->text.substr(0, dot));
      if (map != fields_.end()) return SplitName(node, map->first);
    }
    return UnknownName(*node);
  }

  // The part behind `beginning` selects from it.
  absl::Status SplitName(Node* node, const std::string& beginning) {
    const std::string rest = node->text.substr(beginning.size() + 1);
    const auto part = static_cast<size_t>(std::count(beginning.begin(), beginning.end(), '.'));
    auto inner = std::make_unique<Node>();
    inner->kind = NodeKind::kName;
    inner->text = beginning;
    inner->range = {node->range.begin, node->part_ends[part]};
    RETURN_IF_ERROR(Name(inner.get()));
    if (rest.find('.') != std::string::npos) {
      return Error(node->range, absl::StrCat("'", beginning, "' is ", ValueTypeName(inner->type),
                                             ", whose values have no fields"));
    }
    node->kind = NodeKind::kSelect;
    node->text = rest;
    node->children.push_back(std::move(inner));
    return Select(node);
  }

  absl::Status UnknownName(const Node& node) {
    std::vector<std::string> names;
    for (const auto& [name, field] : fields_) names.push_back(name);
    for (const Variable& variable : variables_) names.push_back(variable.name);
    std::string message = absl::StrCat("unknown field '", node.text, "'");
    if (const std::string close = ClosestName(node.text, names); !close.empty()) {
      absl::StrAppend(&message, "; did you mean '", close, "'?");
    } else if (names.empty()) {
      absl::StrAppend(&message, "; there are no fields here");
    } else if (names.size() <= 12) {
      absl::StrAppend(&message, "; there are ", absl::StrJoin(names, ", "));
    }
    return Error(node.range, message);
  }

  absl::Status Select(Node* node) {
    const Node& map = *node->children[0];
    if (map.type.type != Type::kMap) {
      return Error(node->range,
                   absl::StrCat("'.", node->text, "' needs a map, not ", ValueTypeName(map.type)));
    }
    node->type = map.type.element;
    node->op = Op::kEntry;
    return absl::OkStatus();
  }

  absl::Status Index(Node* node) {
    const Node& collection = *node->children[0];
    const Node& index = *node->children[1];
    if (!IsCollection(collection.type.type)) {
      return Error(collection.range, absl::StrCat("only lists, vectors and maps have items, not ",
                                                  ValueTypeName(collection.type)));
    }
    const bool map = collection.type.type == Type::kMap;
    const Type wanted = map ? Type::kString : Type::kInt;
    if (index.type != wanted) {
      return Error(index.range,
                   absl::StrCat(map ? "the key of a map" : "the index of a list", " must be ",
                                TypeName(wanted), ", not ", ValueTypeName(index.type)));
    }
    node->type = collection.type.element;
    node->op = map ? Op::kEntry : Op::kItem;
    return absl::OkStatus();
  }

  // All of every `step`-th child from `first` on have one scalar type: which.
  absl::Status OneType(const Node& node, size_t first, size_t step, absl::string_view what,
                       Type* type) {
    const Node* typed = nullptr;
    for (size_t i = first; i < node.children.size(); i += step) {
      const Node& item = *node.children[i];
      if (IsCollection(item.type.type)) {
        return Error(item.range, absl::StrCat(what, " cannot hold ", ValueTypeName(item.type),
                                              "; it holds scalars"));
      }
      if (item.type == Type::kNull) continue;
      if (typed == nullptr) typed = &item;
      if (item.type == typed->type) continue;
      return Error(item.range,
                   absl::StrCat(what, " must hold one type, not ", ValueTypeName(typed->type),
                                " and ", ValueTypeName(item.type), DoubleAdvice(*typed, item)));
    }
    *type = typed == nullptr ? Type::kNull : typed->type.type;
    return absl::OkStatus();
  }

  absl::Status List(Node* node) {
    node->type = Type::kList;
    node->op = Op::kMakeList;
    return OneType(*node, 0, 1, "a list", &node->type.element);
  }

  absl::Status Map(Node* node) {
    for (size_t i = 0; i < node->children.size(); i += 2) {
      const Node& key = *node->children[i];
      if (key.type != Type::kString) {
        return Error(key.range, absl::StrCat("the keys of a map must be string, not ",
                                             ValueTypeName(key.type)));
      }
    }
    if (node->children.size() / 2 > kMaxWrittenItems) {
      return Error(node->range,
                   absl::StrCat("a map has at most ", kMaxWrittenItems, " entries here"));
    }
    node->type = Type::kMap;
    node->op = Op::kMakeMap;
    return OneType(*node, 1, 2, "a map", &node->type.element);
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
      node->detail = static_cast<uint8_t>(operand.type.type);
      if (operand.type == Type::kInt || operand.type == Type::kDouble ||
          operand.type == Type::kDuration) {
        return absl::OkStatus();
      }
    }
    return Error(operand.range, absl::StrCat("'", node->text, "' cannot be applied to ",
                                             ValueTypeName(operand.type)));
  }

  absl::Status Binary(Node* node) {
    const Node& left = *node->children[0];
    const Node& right = *node->children[1];
    if (node->text == "in") return In(node, left, right);
    if (node->text == "&&" || node->text == "||") {
      node->type = Type::kBool;
      node->op = node->text == "&&" ? Op::kAnd : Op::kOr;
      for (const Node* side : {&left, &right}) {
        if (!IsNullOr(side->type, Type::kBool)) {
          return Error(side->range,
                       absl::StrCat("'", node->text, "' needs bool on both sides, not ",
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

  absl::Status Relate(Node* node, const Node& left, const Node& right) {
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

  absl::Status DoNotFit(const Node& node, const Node& left, const Node& right) {
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

  absl::Status Conditional(Node* node) {
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

  absl::Status In(Node* node, const Node& value, const Node& list) {
    node->type = Type::kBool;
    node->op = Op::kInCollection;
    if (!IsCollection(list.type.type)) {
      return Error(list.range,
                   absl::StrCat("expected a list or map after in, not ", ValueTypeName(list.type)));
    }
    const Type visited = VisitedType(list.type);
    if (visited == Type::kNull || IsNullOr(value.type, visited)) return absl::OkStatus();
    // Of a list written out, the first item that does not fit is the place.
    const Node* item = &list;
    if (list.kind == NodeKind::kList && !list.children.empty()) item = list.children[0].get();
    return Error(item->range,
                 absl::StrCat(list.type.type == Type::kMap ? "the keys are " : "the list holds ",
                              TypeName(visited), " but ", ValueTypeName(value.type),
                              " is looked for", DoubleAdvice(value, *item)));
  }

  absl::Status Has(Node* node) {
    if (node->children.size() != 1) {
      return Error(node->range,
                   absl::StrCat("has takes 1 argument; ", node->children.size(), " given"));
    }
    Node* const argument = node->children[0].get();
    RETURN_IF_ERROR(Check(argument));
    if (argument->kind != NodeKind::kName && argument->kind != NodeKind::kSelect &&
        argument->kind != NodeKind::kIndex && argument->kind != NodeKind::kVariable) {
      return Error(argument->range,
                   "has asks about a field or an entry, such as has(m.key); write x != null");
    }
    node->type = Type::kBool;
    node->op = Op::kIsNotNull;
    return absl::OkStatus();
  }

  absl::Status Macro(Node* node) {
    const size_t given = node->children.size() - 1;
    if (given != 2 && !(given == 3 && node->text == "map")) {
      return Error(node->range,
                   absl::StrCat(node->text, " takes ", node->text == "map" ? "2 or 3" : "2",
                                " arguments, the first a name; ", given, " given"));
    }
    Node* const collection = node->children[0].get();
    RETURN_IF_ERROR(Check(collection));
    if (!IsCollection(collection->type.type)) {
      return Error(collection->range,
                   absl::StrCat(node->text, " is a method of list, vector or map, not of ",
                                ValueTypeName(collection->type)));
    }
    const Node& variable = *node->children[1];
    if (variable.kind != NodeKind::kName || variable.part_ends.size() != 1) {
      return Error(variable.range, absl::StrCat("the first argument of ", node->text,
                                                " is a name for the item, such as x"));
    }
    if (variables_.size() == kMaxNestedMacros) {
      return Error(node->name_range,
                   absl::StrCat("more than ", kMaxNestedMacros, " macros within one another"));
    }
    variables_.push_back({variable.text, VisitedType(collection->type)});
    for (size_t i = 2; i < node->children.size(); ++i) {
      RETURN_IF_ERROR(Check(node->children[i].get()));
    }
    variables_.pop_back();
    node->children.erase(node->children.begin() + 1);
    node->kind = NodeKind::kMacro;
    return MacroType(node);
  }

  absl::Status MacroType(Node* node) {
    const Node& last = *node->children.back();
    const bool makes_items = node->text == "map";
    for (size_t i = 1; i < node->children.size(); ++i) {
      const Node& body = *node->children[i];
      if (makes_items && &body == &last) continue;
      if (!IsNullOr(body.type, Type::kBool)) {
        return Error(body.range, absl::StrCat("the condition of ", node->text,
                                              " must be bool, not ", ValueTypeName(body.type)));
      }
    }
    if (makes_items && IsCollection(last.type.type)) {
      return Error(last.range, absl::StrCat("a list cannot hold ", ValueTypeName(last.type),
                                            "; it holds scalars"));
    }
    node->type = Type::kBool;
    if (node->text == "filter") {
      node->type = {Type::kList, VisitedType(node->children[0]->type)};
    } else if (makes_items) {
      node->type = {Type::kList, last.type.type};
    }
    return absl::OkStatus();
  }

  std::map<std::string, std::pair<int, ValueType>> fields_;
  std::vector<Variable> variables_;
  TextRange* const where_;
};

}  // namespace

absl::Status CheckTypes(const Scope& scope, Node* root, TextRange* where) {
  return Checker(scope, where).Check(root);
}

}  // namespace millrace
