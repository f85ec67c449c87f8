#include "stream/expr/program.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/match.h"
#include "core/collection.h"
#include "stream/expr/civil_time.h"
#include "stream/expr/collection_operations.h"
#include "stream/expr/conversions.h"
#include "stream/expr/geo.h"
#include "stream/expr/operations.h"
#include "stream/expr/text_operations.h"
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

Value CountTrue(const Value& count, const Value& found) {
  if (count.is_null() || found.is_null()) return Value::Null();
  return Value::Int(count.int_value() + (found.bool_value() ? 1 : 0));
}

bool Contains(Op op, const Value& a, std::span<const Value> list) {
  for (const Value& item : list) {
    if (op == Op::kInInts && a.int_value() == item.int_value()) return true;
    if (op == Op::kInDoubles && a.double_value() == item.double_value()) return true;
    if (op == Op::kInBytes && a.string_value() == item.string_value()) return true;
  }
  return false;
}

// The next item of a list or vector, or key of a map; false at its end.
bool TakeItem(Value* collection, Value* item) {
  absl::string_view rest = collection->string_value();
  if (collection->type() == Type::kMap) {
    absl::string_view key;
    Value unused;
    if (!NextEntry(&rest, &key, &unused)) return false;
    *item = Value::String(key);
  } else if (!NextItem(collection->type(), &rest, item)) {
    return false;
  }
  *collection = Value::OfBytes(collection->type(), rest);
  return true;
}

// Frees what came after a mark or a growing list.
void FreeAfter(const Value& place, Scratch* scratch) {
  const absl::string_view bytes = place.string_value();
  scratch->Rewind(bytes.data() + bytes.size());
}

int64_t WorkOf(const Value& v) {
  return HasBytes(v.type()) ? static_cast<int64_t>(v.string_value().size()) / Program::kWorkBytes
                            : 0;
}

}  // namespace

Value Program::Apply(const Instruction& in, const Value& a, const Value& b,
                     Scratch* scratch) const {
  const auto relation = static_cast<Relation>(in.detail);
  switch (in.op) {
    case Op::kNot: return Value::Bool(!a.bool_value());
    case Op::kCompareInts: return Value::Bool(Holds(relation, a.int_value(), b.int_value()));
    case Op::kCompareDoubles:
      return Value::Bool(Holds(relation, a.double_value(), b.double_value()));
    case Op::kCompareBytes: return Value::Bool(Holds(relation, a.string_value(), b.string_value()));
    case Op::kCompareCollections:
      return Value::Bool(SameCollections(a, b) == (relation == Relation::kEqual));
    case Op::kInInts:
    case Op::kInDoubles:
    case Op::kInBytes:
      return Value::Bool(Contains(in.op, a, std::span(constants).subspan(IndexOf(in.b), in.n)));
    case Op::kSizeOfString: return Value::Int(CountCodePoints(a.string_value()));
    case Op::kSizeOfBytes: return Value::Int(static_cast<int64_t>(a.string_value().size()));
    case Op::kSizeOfCollection: return Value::Int(CollectionSize(a));
    case Op::kStartsWith: return Value::Bool(absl::StartsWith(a.string_value(), b.string_value()));
    case Op::kEndsWith: return Value::Bool(absl::EndsWith(a.string_value(), b.string_value()));
    case Op::kContains: return Value::Bool(absl::StrContains(a.string_value(), b.string_value()));
    case Op::kInCollection: return Value::Bool(IsIn(a, b));
    case Op::kItem: return ItemAt(a, b.int_value());
    case Op::kEntry: return FindEntry(a, b.string_value());
    case Op::kHash: return Value::Int(HashOf(a));
    case Op::kHashBuckets: return BucketOf(a, b.int_value());
    default: break;
  }
  if (in.op <= Op::kBitShiftRight) {
    return ApplyInts(in.op, static_cast<Type>(in.detail), a.int_value(), b.int_value());
  }
  if (in.op <= Op::kIsFinite) return ApplyDoubles(in.op, a.double_value(), b.double_value());
  if (in.op <= Op::kStartOfYear) return ApplyCivil(in.op, a.int_value(), *zones[in.n]);
  if (in.op <= Op::kMillisPart) return ApplyDurationPart(in.op, a.int_value());
  if (in.op <= Op::kStringFrom) return ApplyConversion(in.op, a, scratch);
  const std::span<const Value> arguments(&a, in.n);
  for (const Value& argument : arguments) {
    if (argument.is_null()) return Value::Null();
  }
  if (in.op <= Op::kJoin) return ApplyText(in.op, arguments, scratch);
  if (in.op <= Op::kNorm) return ApplyCollections(in.op, arguments, scratch);
  return ApplyGeo(in.op, arguments, scratch);
}

template <bool kUsesScratch>
Value Program::Execute(std::span<const Value> fields, Scratch* scratch) const {
  // Not initialized: the generator writes each temporary before it reads it.
  alignas(Value) std::byte storage[kMaxTemporaries * sizeof(Value)];
  auto* const temporaries = reinterpret_cast<Value*>(storage);
  const Value* const bases[] = {fields.data(), constants.data(), temporaries};
  const auto get = [&bases](Operand operand) -> const Value& {
    return bases[static_cast<uint32_t>(operand) >> 30][IndexOf(operand)];
  };
  [[maybe_unused]] int64_t work = kMaxWork;
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
      case Op::kMakeList: target = MakeList({&a, in.n}, scratch); break;
      case Op::kMakeMap: target = MakeMap({&a, in.n}, scratch); break;
      case Op::kMark: target = Value::Bytes(absl::string_view(scratch->top(), 0)); break;
      case Op::kBeginList:
        target = Value::OfBytes(Type::kList, absl::string_view(scratch->top(), 0));
        break;
      case Op::kAppendItem: target = AppendItem(target, a, scratch); break;
      case Op::kNextItem: {
        // The collection is a temporary of this loop alone.
        Value& rest = temporaries[IndexOf(in.a)];
        if (--work < 0 || scratch->exhausted()) return Value::Null();
        FreeAfter(get(in.b), scratch);
        if (!TakeItem(&rest, &target)) i = in.n;
        break;
      }
      case Op::kCountTrue: target = CountTrue(target, a); break;
      default: {
        const Value& b = get(in.b);
        target = a.is_null() || b.is_null() ? Value::Null() : Apply(in, a, b, scratch);
        if constexpr (kUsesScratch) work -= WorkOf(a) + WorkOf(b);
      }
    }
  }
  return get(result);
}

bool Program::IsOwn(const Value& value) const {
  if (!HasBytes(value.type())) return false;
  const char* const data = value.string_value().data();
  const char* const first = literal_bytes.data();
  return data >= first && data <= first + literal_bytes.size();
}

Value Program::Run(std::span<const Value> fields, std::string* scratch) const {
  if (!uses_scratch) return Execute<false>(fields, nullptr);
  Scratch room(scratch);
  while (true) {
    Value value = Execute<true>(fields, &room);
    // Bytes of the program itself must not outlive it in the caller's hands.
    if (!room.exhausted() && IsOwn(value)) {
      value = Value::OfBytes(value.type(), room.Copy(value.string_value()));
    }
    if (!room.exhausted()) return value;
    if (!room.Grow()) return Value::Null();
  }
}

}  // namespace millrace
