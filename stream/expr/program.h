// Program: an expression as a short list of instructions over fields, constants and temporaries.
// An operation whose operand is null gives null, except where op.h says otherwise. Immutable once
// built; thread-safe then.

#ifndef MILLRACE_STREAM_EXPR_PROGRAM_H_
#define MILLRACE_STREAM_EXPR_PROGRAM_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/value.h"
#include "stream/expr/op.h"
#include "stream/expr/scratch.h"
#include "stream/expr/zone_offsets.h"

namespace millrace {

// Names a Value: two bits say where it stands, the others which one.
enum class Operand : uint32_t {};
enum class OperandKind : uint8_t { kField = 0, kConstant = 1, kTemporary = 2 };
constexpr Operand MakeOperand(OperandKind kind, uint32_t index) {
  return static_cast<Operand>(static_cast<uint32_t>(kind) << 30 | index);
}
constexpr uint32_t IndexOf(Operand operand) {
  return static_cast<uint32_t>(operand) & ~(uint32_t{3} << 30);
}

struct Instruction {
  Op op = Op::kMove;
  uint8_t detail = 0;
  uint16_t target = 0;  // the temporary that gets the result
  uint32_t n = 0;
  Operand a{};
  Operand b{};  // of a unary operation: a again
};

class Program {
 public:
  static constexpr uint32_t kMaxTemporaries = 512;
  // Items that the loops of one evaluation may visit together, and bytes that they may read of
  // lists, maps and strings, in units of kWorkBytes.
  static constexpr int64_t kMaxWork = int64_t{1} << 20;
  static constexpr int64_t kWorkBytes = 32;

  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The value of `result` after running; see Expression::Evaluate.
  Value Run(std::span<const Value> fields, std::string* scratch) const;

  // What the code generator fills in, before the first Run.
  std::vector<Instruction> instructions;
  std::vector<Value> constants;
  std::string literal_bytes;  // of the constants; never grows beyond its first capacity
  std::vector<std::unique_ptr<const ZoneOffsets>> zones;
  bool uses_scratch = false;  // any operation does, or a result may have to be copied there
  Operand result{};

 private:
  // `scratch` is null in a program that does not use it; only others have loops, whose work is
  // counted.
  template <bool kUsesScratch>
  Value Execute(std::span<const Value> fields, Scratch* scratch) const;
  Value Apply(const Instruction& in, const Value& a, const Value& b, Scratch* scratch) const;
  bool IsOwn(const Value& value) const;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_PROGRAM_H_
