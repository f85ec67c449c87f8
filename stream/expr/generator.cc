#include "stream/expr/generator.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "core/check.h"
#include "core/collection.h"
#include "stream/expr/conversions.h"
#include "stream/expr/zone_name.h"

namespace millrace {
namespace {

bool IsLiteral(const std::unique_ptr<Node>& node) { return node->kind == NodeKind::kLiteral; }

// A node's result stands in temporary `free`, or is a field, constant or variable that needs no
// instruction; temporaries from `free` up may be overwritten.
class Generator {
 public:
  Generator(size_t text_bytes, Program* program, std::vector<int>* used_fields)
      : program_(*program), used_fields_(*used_fields) {
    // Views into these bytes stay valid: strings are no longer than their text, and of the items
    // of lists only doubles take more, nine bytes for at least two.
    program_.literal_bytes.reserve(5 * text_bytes + 16);
    null_ = Constant(Value::Null());
  }

  absl::Status Run(const Node& root) {
    program_.result = Generate(root, 0);
    std::sort(used_fields_.begin(), used_fields_.end());
    used_fields_.erase(std::unique(used_fields_.begin(), used_fields_.end()), used_fields_.end());
    // A result that is a view of a constant is copied.
    if (!program_.literal_bytes.empty() && HasBytes(root.type.type)) program_.uses_scratch = true;
    if (temporaries_ <= Program::kMaxTemporaries) return absl::OkStatus();
    return absl::InvalidArgumentError("the expression is too large; use several features");
  }

 private:
  static Operand Temporary(uint32_t index) { return MakeOperand(OperandKind::kTemporary, index); }

  Operand Constant(const Value& value) {
    program_.constants.push_back(value);
    return MakeOperand(OperandKind::kConstant,
                       static_cast<uint32_t>(program_.constants.size() - 1));
  }
  // A constant with its own copy of the bytes.
  Operand BytesConstant(Type type, absl::string_view text) {
    std::string& bytes = program_.literal_bytes;
    CHECK(bytes.size() + text.size() <= bytes.capacity());
    const size_t begin = bytes.size();
    bytes.append(text.data(), text.size());
    return Constant(Value::OfBytes(type, absl::string_view(bytes).substr(begin)));
  }
  static Value LiteralValue(const Node& node) {
    return HasBytes(node.type.type) ? Value::OfBytes(node.type.type, node.text) : node.literal;
  }
  Operand Literal(const Node& node) {
    if (!HasBytes(node.type.type)) return Constant(node.literal);
    return BytesConstant(node.type.type, node.text);
  }

  uint16_t Target(uint32_t index) {
    temporaries_ = std::max(temporaries_, index + 1);
    return static_cast<uint16_t>(index);
  }
  size_t Emit(const Instruction& instruction) {
    program_.instructions.push_back(instruction);
    return program_.instructions.size() - 1;
  }
  Operand Emit(Op op, uint8_t detail, uint32_t target, uint32_t n, Operand a, Operand b) {
    Emit({op, detail, Target(target), n, a, b});
    return Temporary(target);
  }
  size_t EmitJump(Op op, Operand a) { return Emit({op, 0, 0, 0, a, a}); }
  void EmitJumpTo(Op op, Operand a, size_t place) {
    Emit({op, 0, 0, static_cast<uint32_t>(place), a, a});
  }
  size_t Here() const { return program_.instructions.size(); }
  // Lets an earlier jump go to the next instruction.
  void Land(size_t jump) { program_.instructions[jump].n = static_cast<uint32_t>(Here()); }

  Operand Generate(const Node& node, uint32_t free) {
    switch (node.kind) {
      case NodeKind::kLiteral: return Literal(node);
      case NodeKind::kName:
        used_fields_.push_back(node.field);
        return MakeOperand(OperandKind::kField, static_cast<uint32_t>(node.field));
      case NodeKind::kVariable: return variables_[static_cast<size_t>(node.variable)];
      case NodeKind::kBinary: return Chain(node, free);
      case NodeKind::kConditional: return Conditional(node, free);
      case NodeKind::kSelect: {
        const Operand map = Generate(*node.children[0], free);
        return Emit(node.op, 0, free, 0, map, BytesConstant(Type::kString, node.text));
      }
      case NodeKind::kList:
        if (std::all_of(node.children.begin(), node.children.end(), IsLiteral)) {
          return ConstantList(node);
        }
        return Arguments(node, free);
      case NodeKind::kMap: return Arguments(node, free);
      case NodeKind::kMacro: return Macro(node, free);
      default: return Operation(node, free);
    }
  }

  Operand Operation(const Node& node, uint32_t free) {
    if (node.op == Op::kMove) return FirstNonNull(node, free);
    // timestamp('2013-01-01T00:00:00Z') is read here, once.
    if (node.op >= Op::kBoolFromString && node.op <= Op::kDurationFromString &&
        IsLiteral(node.children[0])) {
      return Constant(ApplyConversion(node.op, LiteralValue(*node.children[0]), nullptr));
    }
    if (node.op >= Op::kConcat) return Arguments(node, free);
    if (node.children.size() == 1 || !node.zone.empty()) {
      return Unary(node, Generate(*node.children[0], free), free);
    }
    Operand left = Generate(*node.children[0], free);
    for (size_t i = 1; i < node.children.size(); ++i) {
      left = Combine(node, left, *node.children[i], free);
    }
    return left;
  }

  // Binary operators lean to the left as far as the text is long: no recursion there.
  Operand Chain(const Node& node, uint32_t free) {
    std::vector<const Node*> chain;
    const Node* first = &node;
    for (; first->kind == NodeKind::kBinary; first = first->children[0].get()) {
      chain.push_back(first);
    }
    Operand left = Generate(*first, free);
    for (; !chain.empty(); chain.pop_back()) left = Binary(*chain.back(), left, free);
    return left;
  }

  Operand Binary(const Node& node, Operand left, uint32_t free) {
    const Node& right = *node.children[1];
    switch (node.op) {
      case Op::kAnd:
      case Op::kOr: return Logical(node, left, free);
      case Op::kIsNull:
      case Op::kIsNotNull:
        // One side is null by its type: the other is what is asked about.
        if (node.children[0]->type == Type::kNull) left = Generate(right, free);
        return Unary(node, left, free);
      case Op::kConcat:
        if (left != Temporary(free)) Move(left, free);
        GenerateInto(right, free + 1);
        program_.uses_scratch = true;
        return Emit(node.op, node.detail, free, 2, Temporary(free), Temporary(free));
      case Op::kInCollection:
        if (right.kind == NodeKind::kList &&
            std::all_of(right.children.begin(), right.children.end(), IsLiteral)) {
          return InLiterals(node, left, free);
        }
        break;
      default: break;
    }
    return Combine(node, left, right, free);
  }

  // Into temporary `free`, whatever the node is.
  void GenerateInto(const Node& node, uint32_t free) {
    const Operand result = Generate(node, free);
    if (result != Temporary(free)) Move(result, free);
  }
  void Move(Operand from, uint32_t to) { Emit(Op::kMove, 0, to, 0, from, from); }

  Operand Unary(const Node& node, Operand operand, uint32_t free) {
    if (node.op == Op::kStringFrom) program_.uses_scratch = true;
    const uint32_t n = node.zone.empty() ? 0 : Zone(node.zone);
    return Emit(node.op, node.detail, free, n, operand, operand);
  }

  Operand Combine(const Node& node, Operand left, const Node& child, uint32_t free) {
    const bool left_needs_it = left == Temporary(free);
    const Operand right = Generate(child, left_needs_it ? free + 1 : free);
    return Emit(node.op, node.detail, free, 0, left, right);
  }

  // All children side by side, for what takes any number.
  Operand Arguments(const Node& node, uint32_t free) {
    const auto count = static_cast<uint32_t>(node.children.size());
    for (uint32_t i = 0; i < count; ++i) GenerateInto(*node.children[i], free + i);
    program_.uses_scratch = true;
    return Emit(node.op, node.detail, free, count, Temporary(free), Temporary(free));
  }

  // Only "false && …" and "true || …" are decided by the left side: null is not.
  Operand Logical(const Node& node, Operand left, uint32_t free) {
    if (left != Temporary(free)) Move(left, free);
    size_t decided;
    if (node.op == Op::kAnd) {
      decided = EmitJump(Op::kJumpIfFalse, Temporary(free));
    } else {
      const size_t undecided = EmitJump(Op::kJumpUnlessTrue, Temporary(free));
      decided = EmitJump(Op::kJump, null_);
      Land(undecided);
    }
    const Operand right = Generate(*node.children[1], free + 1);
    Emit(node.op, 0, free, 0, Temporary(free), right);
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

  Operand ConstantList(const Node& node) {
    ListBuilder list;
    for (const auto& item : node.children) list.Add(LiteralValue(*item));
    return BytesConstant(Type::kList, list.value().string_value());
  }

  // A list of literals is compared item by item without being made.
  Operand InLiterals(const Node& node, Operand operand, uint32_t free) {
    const Node& value = *node.children[0];
    const Node& list = *node.children[1];
    std::vector<Operand> items;
    for (const auto& item : list.children) {
      if (item->type != Type::kNull) items.push_back(Literal(*item));
    }
    if (items.empty()) {  // nothing is in it, but null is not known to be
      return Emit(Op::kCompareInts, static_cast<uint8_t>(Relation::kNotEqual), free, 0, operand,
                  operand);
    }
    const Op op = value.type == Type::kDouble ? Op::kInDoubles
                  : HasBytes(value.type.type) ? Op::kInBytes
                                              : Op::kInInts;
    return Emit(op, 0, free, static_cast<uint32_t>(items.size()), operand, items[0]);
  }

  // A loop. From `free` on: the result, what is left of the collection, the item, the mark.
  Operand Macro(const Node& node, uint32_t free) {
    const Operand result = Temporary(free);
    const Operand rest = Temporary(free + 1);
    const Operand item = Temporary(free + 2);
    const uint32_t body = free + 4;
    const bool makes_list = node.text == "filter" || node.text == "map";
    const Operand mark = makes_list ? result : Temporary(free + 3);
    program_.uses_scratch = true;

    GenerateInto(*node.children[0], free + 1);
    Move(null_, free);
    const size_t no_collection = EmitJump(Op::kJumpIfNull, rest);
    if (makes_list) {
      Emit(Op::kBeginList, 0, free, 0, null_, null_);
    } else {
      Move(node.text == "exists_one" ? Constant(Value::Int(0))
                                     : Constant(Value::Bool(node.text == "all")),
           free);
      Emit(Op::kMark, 0, free + 3, 0, null_, null_);
    }
    const size_t next = Here();
    Emit({Op::kNextItem, 0, Target(free + 2), 0, rest, mark});
    variables_.push_back(item);
    if (makes_list) {
      ListBody(node, free, next, body);
    } else {
      TestBody(node, free, next, body);
    }
    variables_.pop_back();
    Land(next);
    if (node.text == "exists_one") {
      Emit(Op::kCompareInts, static_cast<uint8_t>(Relation::kEqual), free, 0, result,
           Constant(Value::Int(1)));
    }
    Land(no_collection);
    return result;
  }

  void ListBody(const Node& node, uint32_t free, size_t next, uint32_t body) {
    Operand made = variables_.back();
    const bool has_test = node.text == "filter" || node.children.size() == 3;
    if (has_test) EmitJumpTo(Op::kJumpUnlessTrue, Generate(*node.children[1], body), next);
    if (node.text == "map") made = Generate(*node.children.back(), body);
    Emit(Op::kAppendItem, 0, free, 0, made, made);
    EmitJumpTo(Op::kJump, null_, next);
  }

  void TestBody(const Node& node, uint32_t free, size_t next, uint32_t body) {
    const Operand result = Temporary(free);
    const Operand found = Generate(*node.children[1], body);
    if (node.text == "exists_one") {
      Emit(Op::kCountTrue, 0, free, 0, found, found);
    } else if (node.text == "all") {
      Emit(Op::kAnd, 0, free, 0, result, found);
      const size_t decided = EmitJump(Op::kJumpIfFalse, result);
      EmitJumpTo(Op::kJump, null_, next);
      Land(decided);
      return;
    } else {
      Emit(Op::kOr, 0, free, 0, result, found);
      EmitJumpTo(Op::kJumpUnlessTrue, result, next);
      return;
    }
    EmitJumpTo(Op::kJump, null_, next);
  }

  uint32_t Zone(const std::string& name) {
    const auto [found, added] = zones_.emplace(name, static_cast<uint32_t>(program_.zones.size()));
    if (added) {
      absl::TimeZone zone;
      CHECK(LoadZone(name, &zone));  // as CheckTypes saw
      program_.zones.push_back(std::make_unique<ZoneOffsets>(zone));
    }
    return found->second;
  }

  Program& program_;
  std::vector<int>& used_fields_;
  std::map<std::string, uint32_t> zones_;
  std::vector<Operand> variables_;  // of the macros around
  uint32_t temporaries_ = 0;
  Operand null_{};
};

}  // namespace

absl::Status GenerateProgram(const Node& root, size_t text_bytes, Program* program,
                             std::vector<int>* used_fields) {
  return Generator(text_bytes, program, used_fields).Run(root);
}

}  // namespace millrace
