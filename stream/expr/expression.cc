#include "stream/expr/expression.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/time/time.h"
#include "core/check.h"
#include "core/status_macros.h"
#include "stream/expr/ast.h"
#include "stream/expr/parser.h"
#include "stream/expr/program.h"
#include "stream/expr/type_check.h"

namespace millrace {
namespace {

// Turns a checked tree into a program. A node's result stands in temporary `free`, or is a field
// or constant that needs no instruction; temporaries from `free` up may be overwritten.
class Generator {
 public:
  Generator(size_t text_bytes, Program* program, std::vector<int>* used_fields)
      : program_(*program), used_fields_(*used_fields) {
    // Literals are no longer than their text: views into these bytes stay valid.
    program_.literal_bytes.reserve(text_bytes);
    null_ = Constant(Value::Null());
  }

  void Run(const Node& root) {
    program_.result = Generate(root, 0);
    std::sort(used_fields_.begin(), used_fields_.end());
    used_fields_.erase(std::unique(used_fields_.begin(), used_fields_.end()), used_fields_.end());
  }

 private:
  static Operand Temporary(uint32_t index) { return MakeOperand(OperandKind::kTemporary, index); }

  Operand Constant(const Value& value) {
    program_.constants.push_back(value);
    return MakeOperand(OperandKind::kConstant,
                       static_cast<uint32_t>(program_.constants.size() - 1));
  }

  Operand Literal(const Node& node) {
    if (node.type != Type::kString) return Constant(node.literal);
    std::string& bytes = program_.literal_bytes;
    CHECK(bytes.size() + node.text.size() <= bytes.capacity());
    const size_t begin = bytes.size();
    bytes += node.text;
    return Constant(Value::String(absl::string_view(bytes).substr(begin)));
  }

  size_t Emit(const Instruction& instruction) {
    CHECK(instruction.target < Program::kMaxTemporaries);
    program_.instructions.push_back(instruction);
    return program_.instructions.size() - 1;
  }
  size_t EmitJump(Op op, Operand a) { return Emit({op, 0, 0, 0, a, a}); }
  // Lets an earlier jump go to the next instruction.
  void Land(size_t jump) {
    program_.instructions[jump].n = static_cast<uint32_t>(program_.instructions.size());
  }

  Operand Generate(const Node& node, uint32_t free) {
    switch (node.kind) {
      case NodeKind::kLiteral: return Literal(node);
      case NodeKind::kName:
        used_fields_.push_back(node.field);
        return MakeOperand(OperandKind::kField, static_cast<uint32_t>(node.field));
      case NodeKind::kConditional: return Conditional(node, free);
      case NodeKind::kIn: return In(node, free);
      default: break;
    }
    if (node.op == Op::kAnd || node.op == Op::kOr) return Logical(node, free);
    if (node.op == Op::kIsNull || node.op == Op::kIsNotNull) {
      // One of the sides is null by its type: the other is what is asked about.
      const bool left_is_null = node.children[0]->type == Type::kNull;
      return Unary(node, *node.children[left_is_null ? 1 : 0], free);
    }
    if (node.op == Op::kMove) return FirstNonNull(node, free);
    if (node.children.size() == 1 || !node.zone.empty()) {
      return Unary(node, *node.children[0], free);
    }
    return Fold(node, free);
  }

  // Into temporary `free`, whatever the node is.
  void GenerateInto(const Node& node, uint32_t free) {
    const Operand result = Generate(node, free);
    if (result != Temporary(free)) Move(result, free);
  }
  void Move(Operand from, uint32_t to) {
    Emit({Op::kMove, 0, static_cast<uint16_t>(to), 0, from, from});
  }

  Operand Unary(const Node& node, const Node& child, uint32_t free) {
    const Operand operand = Generate(child, free);
    uint32_t n = 0;
    if (node.op == Op::kStringFrom) n = program_.string_slots++;
    if (!node.zone.empty()) n = Zone(node.zone);
    Emit({node.op, node.detail, static_cast<uint16_t>(free), n, operand, operand});
    return Temporary(free);
  }

  // Binary operations, from left to right if there are more than two children.
  Operand Fold(const Node& node, uint32_t free) {
    Operand left = Generate(*node.children[0], free);
    for (size_t i = 1; i < node.children.size(); ++i) {
      const bool left_needs_it = left == Temporary(free);
      const Operand right = Generate(*node.children[i], left_needs_it ? free + 1 : free);
      Emit({node.op, node.detail, static_cast<uint16_t>(free), 0, left, right});
      left = Temporary(free);
    }
    return left;
  }

  // Only "false && …" and "true || …" are decided by the left side: null is not.
  Operand Logical(const Node& node, uint32_t free) {
    GenerateInto(*node.children[0], free);
    size_t decided;
    if (node.op == Op::kAnd) {
      decided = EmitJump(Op::kJumpIfFalse, Temporary(free));
    } else {
      const size_t undecided = EmitJump(Op::kJumpUnlessTrue, Temporary(free));
      decided = EmitJump(Op::kJump, null_);
      Land(undecided);
    }
    const Operand right = Generate(*node.children[1], free + 1);
    Emit({node.op, 0, static_cast<uint16_t>(free), 0, Temporary(free), right});
    Land(decided);
    return Temporary(free);
  }

  Operand Conditional(const Node& node, uint32_t free) {
    const Operand condition = Generate(*node.children[0], free);
    const size_t not_true = EmitJump(Op::kJumpUnlessTrue, condition);
    GenerateInto(*node.children[1], free);
    const size_t after_yes = EmitJump(Op::kJump, null_);
    Land(not_true);
    const size_t unknown = EmitJump(Op::kJumpIfNull, condition);
    GenerateInto(*node.children[2], free);
    const size_t after_no = EmitJump(Op::kJump, null_);
    Land(unknown);
    Move(null_, free);
    Land(after_yes);
    Land(after_no);
    return Temporary(free);
  }

  // coalesce, and conversions of a type to itself.
  Operand FirstNonNull(const Node& node, uint32_t free) {
    if (node.children.size() == 1) return Generate(*node.children[0], free);
    GenerateInto(*node.children[0], free);
    std::vector<size_t> found;
    for (size_t i = 1; i < node.children.size(); ++i) {
      found.push_back(EmitJump(Op::kJumpIfNotNull, Temporary(free)));
      GenerateInto(*node.children[i], free);
    }
    for (const size_t jump : found) Land(jump);
    return Temporary(free);
  }

  Operand In(const Node& node, uint32_t free) {
    const Operand value = Generate(*node.children[0], free);
    const auto count = static_cast<uint32_t>(node.children.size() - 1);
    Operand first = value;  // an empty list: any operand that is null only when the value is
    for (uint32_t i = 1; i <= count; ++i) {
      const Operand item = Literal(*node.children[i]);
      if (i == 1) first = item;
    }
    Emit({count == 0 ? Op::kCompareInts : node.op, static_cast<uint8_t>(Relation::kNotEqual),
          static_cast<uint16_t>(free), count, value, first});
    return Temporary(free);
  }

  uint32_t Zone(const std::string& name) {
    const auto [found, added] = zones_.emplace(name, static_cast<uint32_t>(program_.zones.size()));
    if (added) {
      absl::TimeZone zone;
      CHECK(absl::LoadTimeZone(name, &zone));  // as CheckTypes saw
      program_.zones.push_back(std::make_unique<ZoneOffsets>(zone));
    }
    return found->second;
  }

  Program& program_;
  std::vector<int>& used_fields_;
  std::map<std::string, uint32_t> zones_;
  Operand null_{};
};

class CompiledExpression final : public Expression {
 public:
  CompiledExpression(const Node& root, size_t text_bytes) : type_(root.type) {
    Generator(text_bytes, &program_, &used_fields_).Run(root);
  }

  ValueType value_type() const override { return type_; }
  const std::vector<int>& used_fields() const override { return used_fields_; }
  Value Evaluate(std::span<const Value> fields, std::string* scratch) const override {
    return program_.Run(fields, scratch);
  }

 private:
  const Type type_;
  Program program_;
  std::vector<int> used_fields_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const Expression>> Expression::Compile(absl::string_view text,
                                                                      const Scope& scope,
                                                                      TextRange* where) {
  TextRange unused;
  if (where == nullptr) where = &unused;
  ASSIGN_OR_RETURN(std::unique_ptr<Node> root, Parse(text, where));
  RETURN_IF_ERROR(CheckTypes(scope, root.get(), where));
  return std::make_shared<const CompiledExpression>(*root, text.size());
}

}  // namespace millrace
