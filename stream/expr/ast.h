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
#include "stream/expr/op.h"

namespace millrace {

enum class NodeKind : uint8_t {
  kLiteral,      // `literal`, or a string or bytes in `text`
  kName,         // `text`: a dotted name, whose parts end at `part_ends`
  kSelect,       // the map, its key in `text`
  kIndex,        // the list, vector or map; the index or key
  kList,         // the items
  kMap,          // keys and values in turn
  kUnary,        // `text`: - or !
  kBinary,       // `text`: the operator, also in
  kConditional,  // condition, then, else
  kCall,         // `text`: the function
  kMethodCall,   // the same, the receiver first among the children
  // Made by CheckTypes.
  kMacro,     // `text`: its name; the collection, the body, of map with three arguments the filter
              // before it
  kVariable,  // the variable of the `variable`-th macro around
};

struct Node {
  NodeKind kind = NodeKind::kLiteral;
  TextRange range;
  TextRange name_range;  // of a call: where the function's name stands
  std::string text;
  std::vector<int> part_ends;  // places in the expression
  Value literal;               // the bytes of strings and bytes are in `text`
  std::vector<std::unique_ptr<Node>> children;

  // Filled in by CheckTypes.
  ValueType type;
  int field = -1;      // kName: its place in the scope
  int variable = -1;   // kVariable: 0 is the outermost macro
  Op op = Op::kMove;   // what computes the node from its children
  uint8_t detail = 0;  // of the operation: see Instruction
  std::string zone;    // of the functions of civil time
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_AST_H_
