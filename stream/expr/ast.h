// Node: the tree of an expression, first as parsed, then with types and operations filled in by
// CheckTypes. Owned by the compilation that made it.

#ifndef MILLRACE_STREAM_EXPR_AST_H_
#define MILLRACE_STREAM_EXPR_AST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/value.h"
#include "stream/expr/expression.h"
#include "stream/expr/program.h"

namespace millrace {

enum class NodeKind : uint8_t {
  kLiteral,      // `literal`, or a string in `text`
  kName,         // `text`: a dotted name
  kUnary,        // `text`: - or !
  kBinary,       // `text`: the operator
  kConditional,  // condition, then, else
  kIn,           // the value, then literals
  kCall,         // `text`: the function
  kMethodCall,   // the same, the receiver first among the children
};

struct Node {
  NodeKind kind = NodeKind::kLiteral;
  TextRange range;
  TextRange name_range;  // of a call: where the function's name stands
  std::string text;
  Value literal;  // a string's bytes are in `text`
  std::vector<std::unique_ptr<Node>> children;

  // Filled in by CheckTypes.
  Type type = Type::kNull;
  int field = -1;      // kName: its place in the scope
  Op op = Op::kMove;   // what computes the node from its children
  uint8_t detail = 0;  // of the operation: see Instruction
  std::string zone;    // of the functions of civil time
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_AST_H_
