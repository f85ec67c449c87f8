// TypeChecker: what CheckTypes does, node by node; its methods are in type_check.cc (operators),
// name_check.cc (names) and collection_check.cc (collections and macros). Each gives a node, whose
// children are checked, its type and operation, or an InvalidArgument and the place in *where.
//
// Owned by one compilation.

#ifndef MILLRACE_STREAM_EXPR_TYPE_CHECKER_H_
#define MILLRACE_STREAM_EXPR_TYPE_CHECKER_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/value.h"
#include "stream/expr/ast.h"
#include "stream/expr/expression.h"

namespace millrace {

class TypeChecker {
 public:
  TypeChecker(const Scope& scope, TextRange* where);

  // Checks the children, then the node.
  absl::Status Check(Node* node);

 private:
  // Of the macros around, the outermost first.
  struct Variable {
    std::string name;
    Type type;
  };

  absl::Status Error(TextRange range, const std::string& message);

  // type_check.cc
  absl::Status CheckOperand(Node* node);  // not of kBinary
  absl::Status Unary(Node* node);
  absl::Status Binary(Node* node);
  absl::Status Relate(Node* node, const Node& left, const Node& right);
  absl::Status DoNotFit(const Node& node, const Node& left, const Node& right);
  absl::Status Conditional(Node* node);

  // name_check.cc
  int FindVariable(absl::string_view name) const;
  // math.abs(x) is abs(x), where nothing is called math.
  void DropMathPrefix(Node* node);
  absl::Status Name(Node* node);
  // The part behind `beginning` selects from it.
  absl::Status SplitName(Node* node, const std::string& beginning);
  absl::Status UnknownName(const Node& node);

  // collection_check.cc
  absl::Status Select(Node* node);
  absl::Status Index(Node* node);
  // All of every `step`-th child from `first` on have one scalar type: which.
  absl::Status OneType(const Node& node, size_t first, size_t step, absl::string_view what,
                       Type* type);
  absl::Status List(Node* node);
  absl::Status Map(Node* node);
  absl::Status In(Node* node, const Node& value, const Node& list);
  absl::Status Has(Node* node);
  absl::Status Macro(Node* node);
  absl::Status MacroType(Node* node);

  std::map<std::string, std::pair<int, ValueType>> fields_;
  std::vector<Variable> variables_;
  TextRange* const where_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_TYPE_CHECKER_H_
