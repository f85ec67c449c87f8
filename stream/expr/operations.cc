#include "stream/expr/operations.h"

#include <cmath>
#include <limits>

#include "core/portable_math.h"
#include "core/portable_trigonometry.h"
#include "stream/expr/time_text.h"

namespace millrace {
namespace {

constexpr int64_t kMinInt = std::numeric_limits<int64_t>::min();

// x^y. Small whole exponents by multiplication, so that squares are exact; others as exp(y log x).
double Power(double x, double y) {
  if (std::isnan(x) || std::isnan(y)) return std::numeric_limits<double>::quiet_NaN();
  if (y == 0 || x == 1) return 1;
  const bool whole = y == std::trunc(y);
  if (whole && std::fabs(y) <= 64) {
    double result = 1;
    double factor = x;
    for (auto n = static_cast<unsigned>(std::fabs(y)); n != 0; n >>= 1) {
      if (n & 1) result *= factor;
      factor *= factor;
    }
    return y < 0 ? 1 / result : result;
  }
  const bool odd = whole && std::fabs(y) < 0x1p53 && std::fmod(y, 2) != 0;
  double size = std::fabs(x);
  if (std::isinf(y)) {
    size = size == 1 ? 1 : (size > 1) == (y > 0) ? std::numeric_limits<double>::infinity() : 0;
  } else if (size == 0 || std::isinf(size)) {
    size = (size == 0) == (y > 0) ? 0 : std::numeric_limits<double>::infinity();
  } else if (x < 0 && !whole) {
    return std::numeric_limits<double>::quiet_NaN();
  } else {
    size = PortablePow(size, y);
  }
  return std::signbit(x) && odd ? -size : size;
}

// IEEE 754-2019 minimum: NaN if one is, and -0.0 is less than 0.0, so that the order of the
// arguments does not matter.
double Least(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == b) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

bool IsBeyondRange(Type type, int64_t v) {
  if (type == Type::kTimestamp) return v < kMinTimestampMs || v > kMaxTimestampMs;
  return type == Type::kDuration && (v < -kMaxDurationMs || v > kMaxDurationMs);
}

}  // namespace

Value IntegerOf(Type type, int64_t v) {
  switch (type) {
    case Type::kBool: return Value::Bool(v != 0);
    case Type::kTimestamp: return Value::Timestamp(v);
    case Type::kDuration: return Value::Duration(v);
    default: return Value::Int(v);
  }
}

Value ApplyInts(Op op, Type result, int64_t a, int64_t b) {
  int64_t v = 0;
  bool overflow = false;
  switch (op) {
    case Op::kAddInts: overflow = __builtin_add_overflow(a, b, &v); break;
    case Op::kSubtractInts: overflow = __builtin_sub_overflow(a, b, &v); break;
    case Op::kMultiplyInts: overflow = __builtin_mul_overflow(a, b, &v); break;
    case Op::kDivideInts:
      overflow = b == 0 || (a == kMinInt && b == -1);
      if (!overflow) v = a / b;
      break;
    case Op::kModuloInts:
      overflow = b == 0;
      // The smallest int % -1 is 0, but traps on x86.
      if (!overflow) v = b == -1 ? 0 : a % b;
      break;
    case Op::kNegateInt: overflow = __builtin_sub_overflow(int64_t{0}, a, &v); break;
    case Op::kAbsInt:
      overflow = a == kMinInt;
      if (!overflow) v = a < 0 ? -a : a;
      break;
    case Op::kMinInts: v = b < a ? b : a; break;
    case Op::kMaxInts: v = b > a ? b : a; break;
    case Op::kSignInt: v = a > 0 ? 1 : a < 0 ? -1 : 0; break;
    case Op::kBitAnd: v = a & b; break;
    case Op::kBitOr: v = a | b; break;
    case Op::kBitXor: v = a ^ b; break;
    case Op::kBitNot: v = ~a; break;
    // Shifts of the 64 bits: zeros move in.
    case Op::kBitShiftLeft:
      overflow = b < 0;
      if (b >= 0 && b < 64) v = static_cast<int64_t>(static_cast<uint64_t>(a) << b);
      break;
    case Op::kBitShiftRight:
      overflow = b < 0;
      if (b >= 0 && b < 64) v = static_cast<int64_t>(static_cast<uint64_t>(a) >> b);
      break;
    default: return Value::Null();
  }
  return overflow || IsBeyondRange(result, v) ? Value::Null() : IntegerOf(result, v);
}

Value ApplyDoubles(Op op, double a, double b) {
  const auto of = [](double v) { return Value::Double(v); };
  switch (op) {
    case Op::kAddDoubles: return of(a + b);
    case Op::kSubtractDoubles: return of(a - b);
    case Op::kMultiplyDoubles: return of(a * b);
    case Op::kDivideDoubles: return of(a / b);
    case Op::kNegateDouble: return of(-a);
    case Op::kAbsDouble: return of(std::fabs(a));
    case Op::kMinDoubles: return of(Least(a, b));
    case Op::kMaxDoubles: return of(-Least(-a, -b));
    case Op::kFloor: return of(std::floor(a));
    case Op::kCeil: return of(std::ceil(a));
    case Op::kRound: return of(std::round(a));
    case Op::kTrunc: return of(std::trunc(a));
    case Op::kSign: return of(std::isnan(a) ? a : a > 0 ? 1 : a < 0 ? -1 : 0);
    case Op::kLog: return of(PortableLog(a));
    case Op::kLog2: return of(PortableLog2(a));
    case Op::kLog10: return of(PortableLog10(a));
    case Op::kLog1p: return of(PortableLog1p(a));
    case Op::kExp: return of(PortableExp(a));
    case Op::kSqrt: return of(std::sqrt(a));
    case Op::kPow: return of(Power(a, b));
    case Op::kSin: return of(PortableSin(a));
    case Op::kCos: return of(PortableCos(a));
    case Op::kTan: return of(PortableSin(a) / PortableCos(a));
    case Op::kAtan2: return of(PortableAtan2(a, b));
    case Op::kIsNan: return Value::Bool(std::isnan(a));
    case Op::kIsInf: return Value::Bool(std::isinf(a));
    case Op::kIsFinite: return Value::Bool(std::isfinite(a));
    default: return Value::Null();
  }
}

}  // namespace millrace
