#include "stream/expr/program.h"

#include <cstddef>

#include "absl/strings/match.h"
#include "stream/expr/operations.h"
#include "stream/expr/utf8.h"

namespace millrace {
namespace {

template <typename T>
bool Holds(Relation relation, const T& a, const T& b) {
  switch (relation) {
    case Relation::kEqual: return a == b;
    case Relation::kNotEqual: return a != b;
    case Relation::kLess: return a < b;
    case Relation::kLessOrEqual: return a <= b;
    case Relation::kGreater: return a > b;
    case Relation::kGreaterOrEqual: return a >= b;
  }
  return false;
}

// Three-valued logic of Kleene: null is "not known".
Value And(const Value& a, const Value& b) {
  if (!a.is_null() && !a.bool_value()) return a;
  if (!b.is_null() && !b.bool_value()) return b;
  return a.is_null() || b.is_null() ? Value::Null() : Value::Bool(true);
}

Value Or(const Value& a, const Value& b) {
  if (!a.is_null() && a.bool_value()) return a;
  if (!b.is_null() && b.bool_value()) return b;
  return a.is_null() || b.is_null() ? Value::Null() : Value::Bool(false);
}

bool Contains(Op op, const Value& a, std::span<const Value> list) {
  for (const Value& item : list) {
    if (op == Op::kInInts && a.int_value() == item.int_value()) return true;
    if (op == Op::kInDoubles && a.double_value() == item.double_value()) return true;
    if (op == Op::kInBytes && a.string_value() == item.string_value()) return true;
  }
  return false;
}

}  // namespace

Value Program::Apply(const Instruction& in, const Value& a, const Value& b, char* slots) const {
  const auto relation = static_cast<Relation>(in.detail);
  switch (in.op) {
    case Op::kNot: return Value::Bool(!a.bool_value());
    case Op::kCompareInts: return Value::Bool(Holds(relation, a.int_value(), b.int_value()));
    case Op::kCompareDoubles:
      return Value::Bool(Holds(relation, a.double_value(), b.double_value()));
    case Op::kCompareBytes: return Value::Bool(Holds(relation, a.string_value(), b.string_value()));
    case Op::kInInts:
    case Op::kInDoubles:
    case Op::kInBytes: {
      const auto first = static_cast<uint32_t>(in.b) & ~(uint32_t{3} << 30);
      return Value::Bool(Contains(in.op, a, std::span(constants).subspan(first, in.n)));
    }
    case Op::kSizeOfString: return Value::Int(CountCodePoints(a.string_value()));
    case Op::kSizeOfBytes: return Value::Int(static_cast<int64_t>(a.string_value().size()));
    case Op::kStartsWith: return Value::Bool(absl::StartsWith(a.string_value(), b.string_value()));
    case Op::kEndsWith: return Value::Bool(absl::EndsWith(a.string_value(), b.string_value()));
    case Op::kContains: return Value::Bool(absl::StrContains(a.string_value(), b.string_value()));
    default: break;
  }
  if (in.op <= Op::kMaxInts) {
    return ApplyInts(in.op, static_cast<Type>(in.detail), a.int_value(), b.int_value());
  }
  if (in.op <= Op::kPow) return ApplyDoubles(in.op, a.double_value(), b.double_value());
  if (in.op <= Op::kHourOfWeek) return ApplyCivil(in.op, a.int_value(), *zones[in.n]);
  if (in.op != Op::kStringFrom) return ApplyConversion(in.op, a, nullptr);
  return ApplyConversion(in.op, a, slots + in.n * kStringSlotBytes);
}

Value Program::Run(std::span<const Value> fields, std::string* scratch) const {
  char* slots = nullptr;
  if (string_slots != 0) {
    scratch->resize(string_slots * kStringSlotBytes);
    slots = scratch->data();
  }
  // Not initialized: the generator writes each temporary before it reads it.
  alignas(Value) std::byte storage[kMaxTemporaries * sizeof(Value)];
  auto* const temporaries = reinterpret_cast<Value*>(storage);
  const Value* const bases[] = {fields.data(), constants.data(), temporaries};
  const auto get = [&bases](Operand operand) -> const Value& {
    const auto bits = static_cast<uint32_t>(operand);
    return bases[bits >> 30][bits & ~(uint32_t{3} << 30)];
  };
  const size_t size = instructions.size();
  for (size_t i = 0; i < size;) {
    const Instruction& in = instructions[i++];
    const Value& a = get(in.a);
    Value& target = temporaries[in.target];
    switch (in.op) {
      case Op::kMove: target = a; break;
      case Op::kJump: i = in.n; break;
      case Op::kJumpIfFalse:
        if (!a.is_null() && !a.bool_value()) i = in.n;
        break;
      case Op::kJumpUnlessTrue:
        if (a.is_null() || !a.bool_value()) i = in.n;
        break;
      case Op::kJumpIfNull:
        if (a.is_null()) i = in.n;
        break;
      case Op::kJumpIfNotNull:
        if (!a.is_null()) i = in.n;
        break;
      case Op::kAnd: target = And(a, get(in.b)); break;
      case Op::kOr: target = Or(a, get(in.b)); break;
      case Op::kIsNull: target = Value::Bool(a.is_null()); break;
      case Op::kIsNotNull: target = Value::Bool(!a.is_null()); break;
      default: {
        const Value& b = get(in.b);
        target = a.is_null() || b.is_null() ? Value::Null() : Apply(in, a, b, slots);
      }
    }
  }
  const Value value = get(result);
  // A string of the program itself must not outlive it in the caller's hands.
  if (value.type() == Type::kString && !literal_bytes.empty()) {
    const char* const data = value.string_value().data();
    const char* const first = literal_bytes.data();
    if (data >= first && data <= first + literal_bytes.size()) {
      const size_t bytes = value.string_value().size();
      scratch->assign(data, bytes);
      return Value::String(absl::string_view(scratch->data(), bytes));
    }
  }
  return value;
}

}  // namespace millrace
