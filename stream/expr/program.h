// Program: an expression as a short list of instructions over fields, constants and temporaries.
// An operation whose operand is null gives null, except where stated. Immutable once built;
// thread-safe then.

#ifndef MILLRACE_STREAM_EXPR_PROGRAM_H_
#define MILLRACE_STREAM_EXPR_PROGRAM_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/value.h"
#include "stream/expr/zone_offsets.h"

namespace millrace {

enum class Op : uint8_t {
  // These see nulls. `n` is the instruction that a jump goes to.
  kMove,
  kJump,
  kJumpIfFalse,
  kJumpUnlessTrue,
  kJumpIfNull,
  kJumpIfNotNull,
  kAnd,
  kOr,
  kIsNull,
  kIsNotNull,
  // From here on null operands give null. kNot: bool → bool.
  kNot,
  // `detail` is the Relation. Ints are also bools, timestamps and durations.
  kCompareInts,
  kCompareDoubles,
  kCompareBytes,
  // b is the first of n constants.
  kInInts,
  kInDoubles,
  kInBytes,
  // `detail` is the Type of the result. Overflow and division by zero give null.
  kAddInts,
  kSubtractInts,
  kMultiplyInts,
  kDivideInts,
  kModuloInts,
  kNegateInt,
  kAbsInt,
  kMinInts,
  kMaxInts,
  // IEEE 754; min and max of a NaN are NaN.
  kAddDoubles,
  kSubtractDoubles,
  kMultiplyDoubles,
  kDivideDoubles,
  kNegateDouble,
  kAbsDouble,
  kMinDoubles,
  kMaxDoubles,
  kFloor,
  kCeil,
  kRound,
  kLog,
  kExp,
  kSqrt,
  kPow,
  // `n` is the zone.
  kHour,
  kMinute,
  kWeekday,
  kDay,
  kMonth,
  kHourOfWeek,
  // Conversions; null where the target type has no such value. Millis: timestamp or duration,
  // converted to and from seconds as CEL does.
  kIntFromBool,
  kIntFromDouble,
  kIntFromString,
  kIntFromMillis,
  kDoubleFromBool,
  kDoubleFromInt,
  kDoubleFromString,
  kDoubleFromMillis,
  kTimestampFromString,
  kTimestampFromInt,
  kDurationFromString,
  kStringFromBytes,
  kStringFrom,  // `n` is its slot of kStringSlotBytes in the scratch
  kSizeOfString,
  kSizeOfBytes,
  kStartsWith,
  kEndsWith,
  kContains,
};

enum class Relation : uint8_t { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

// Names a Value: two bits say where it stands, the others which one.
enum class Operand : uint32_t {};
enum class OperandKind : uint8_t { kField = 0, kConstant = 1, kTemporary = 2 };
constexpr Operand MakeOperand(OperandKind kind, uint32_t index) {
  return static_cast<Operand>(static_cast<uint32_t>(kind) << 30 | index);
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
  static constexpr size_t kStringSlotBytes = 40;

  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The value of `result` after running; see Expression::Evaluate.
  Value Run(std::span<const Value> fields, std::string* scratch) const;

  // What the code generator fills in, before the first Run.
  std::vector<Instruction> instructions;
  std::vector<Value> constants;
  std::string literal_bytes;  // of the string constants; never grows beyond its first capacity
  std::vector<std::unique_ptr<const ZoneOffsets>> zones;
  uint32_t string_slots = 0;
  Operand result{};

 private:
  Value Apply(const Instruction& in, const Value& a, const Value& b, char* slots) const;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_PROGRAM_H_
