#include <string>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "stream/expr/collection_operations.h"
#include "stream/expr/type_check.h"
#include "stream/expr/type_checker.h"
#include "stream/expr/type_rules.h"

namespace millrace {
namespace {

// The type of what a loop over a collection visits.
Type VisitedType(const ValueType& collection) {
  if (collection.type == Type::kVector) return Type::kDouble;
  return collection.type == Type::kMap ? Type::kString : collection.element;
}

}  // namespace

absl::Status TypeChecker::Select(Node* node) {
  const Node& map = *node->children[0];
  if (map.type.type != Type::kMap) {
    return Error(node->range,
                 absl::StrCat("'.", node->text, "' needs a map, not ", ValueTypeName(map.type)));
  }
  node->type = map.type.element;
  node->op = Op::kEntry;
  return absl::OkStatus();
}

absl::Status TypeChecker::Index(Node* node) {
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

absl::Status TypeChecker::OneType(const Node& node, size_t first, size_t step,
                                  absl::string_view what, Type* type) {
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

absl::Status TypeChecker::List(Node* node) {
  node->type = Type::kList;
  node->op = Op::kMakeList;
  return OneType(*node, 0, 1, "a list", &node->type.element);
}

absl::Status TypeChecker::Map(Node* node) {
  for (size_t i = 0; i < node->children.size(); i += 2) {
    const Node& key = *node->children[i];
    if (key.type != Type::kString) {
      return Error(key.range,
                   absl::StrCat("the keys of a map must be string, not ", ValueTypeName(key.type)));
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

absl::Status TypeChecker::In(Node* node, const Node& value, const Node& list) {
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
                            TypeName(visited), " but ", ValueTypeName(value.type), " is looked for",
                            DoubleAdvice(value, *item)));
}

absl::Status TypeChecker::Has(Node* node) {
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

absl::Status TypeChecker::Macro(Node* node) {
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

absl::Status TypeChecker::MacroType(Node* node) {
  const Node& last = *node->children.back();
  const bool makes_items = node->text == "map";
  for (size_t i = 1; i < node->children.size(); ++i) {
    const Node& body = *node->children[i];
    if (makes_items && &body == &last) continue;
    if (!IsNullOr(body.type, Type::kBool)) {
      return Error(body.range, absl::StrCat("the condition of ", node->text, " must be bool, not ",
                                            ValueTypeName(body.type)));
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

}  // namespace millrace
