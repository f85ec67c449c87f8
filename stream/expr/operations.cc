#include "stream/expr/operations.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/time/civil_time.h"
#include "core/portable_math.h"
#include "stream/expr/time_text.h"
#include "stream/expr/utf8.h"

namespace millrace {
namespace {

constexpr int64_t kMinInt = std::numeric_limits<int64_t>::min();
constexpr int64_t kDayMs = 86'400'000;

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

Value DoubleToInt(double v) {
  // Both bounds are doubles exactly; NaN fails both comparisons.
  if (!(v >= -0x1p63 && v < 0x1p63)) return Value::Null();
  return Value::Int(static_cast<int64_t>(v));
}

template <typename Number>
bool ParseWhole(absl::string_view text, Number* out) {
  // from_chars takes no leading plus and no spaces.
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *out);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

Value WriteString(const Value& a, char* slot) {
  constexpr absl::string_view kWords[] = {"false", "true"};
  char* const end = slot + Program::kStringSlotBytes;
  size_t size = 0;
  switch (a.type()) {
    case Type::kBool: return Value::String(kWords[a.bool_value() ? 1 : 0]);
    case Type::kInt:
      size = static_cast<size_t>(std::to_chars(slot, end, a.int_value()).ptr - slot);
      break;
    case Type::kDouble:
      // As core/double_text.h.
      if (std::isnan(a.double_value())) return Value::String("NaN");
      if (std::isinf(a.double_value())) {
        return Value::String(a.double_value() > 0 ? "+Inf" : "-Inf");
      }
      size = static_cast<size_t>(std::to_chars(slot, end, a.double_value()).ptr - slot);
      break;
    case Type::kTimestamp:
      size = WriteTimestamp(a.int_value(), slot);
      if (size == 0) return Value::Null();
      break;
    case Type::kDuration: size = WriteDuration(a.int_value(), slot); break;
    default: return a;
  }
  return Value::String(absl::string_view(slot, size));
}
static_assert(kMaxTimeTextBytes <= Program::kStringSlotBytes);

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
    default: return Value::Null();
  }
  return overflow ? Value::Null() : IntegerOf(result, v);
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
    case Op::kLog: return of(PortableLog(a));
    case Op::kExp: return of(PortableExp(a));
    case Op::kSqrt: return of(std::sqrt(a));
    case Op::kPow: return of(Power(a, b));
    default: return Value::Null();
  }
}

Value ApplyCivil(Op op, int64_t epoch_ms, const ZoneOffsets& zone) {
  // Civil time is defined for the years that timestamps can be written in; a margin for the zone.
  if (epoch_ms < kMinTimestampMs - kDayMs || epoch_ms > kMaxTimestampMs + kDayMs) {
    return Value::Null();
  }
  const int64_t local_ms = epoch_ms + zone.SecondsAt(epoch_ms) * 1000;
  const int64_t days = FloorDiv(local_ms, kDayMs);
  const int64_t in_day_ms = local_ms - days * kDayMs;
  const int64_t hour = in_day_ms / 3'600'000;
  // 1970-01-01 was a Thursday, day 3 of a week that begins on Monday.
  const int64_t weekday = (days + 3) - FloorDiv(days + 3, 7) * 7;
  switch (op) {
    case Op::kHour: return Value::Int(hour);
    case Op::kMinute: return Value::Int(in_day_ms / 60'000 % 60);
    case Op::kWeekday: return Value::Int(weekday);
    case Op::kHourOfWeek: return Value::Int(weekday * 24 + hour);
    case Op::kDay: return Value::Int((absl::CivilDay(1970, 1, 1) + days).day());
    case Op::kMonth: return Value::Int((absl::CivilDay(1970, 1, 1) + days).month());
    default: return Value::Null();
  }
}

Value ApplyConversion(Op op, const Value& a, char* slot) {
  switch (op) {
    case Op::kIntFromBool: return Value::Int(a.bool_value() ? 1 : 0);
    case Op::kIntFromDouble: return DoubleToInt(a.double_value());
    case Op::kIntFromString: {
      int64_t v;
      return ParseWhole(a.string_value(), &v) ? Value::Int(v) : Value::Null();
    }
    case Op::kIntFromMillis: return Value::Int(FloorDiv(a.int_value(), 1000));
    case Op::kDoubleFromBool: return Value::Double(a.bool_value() ? 1 : 0);
    case Op::kDoubleFromInt: return Value::Double(static_cast<double>(a.int_value()));
    case Op::kDoubleFromString: {
      double v;
      const bool read = ParseWhole(a.string_value(), &v) && std::isfinite(v);
      return read ? Value::Double(v) : Value::Null();
    }
    case Op::kDoubleFromMillis: return Value::Double(static_cast<double>(a.int_value()) / 1000);
    case Op::kTimestampFromString: {
      const std::optional<int64_t> ms = ParseRfc3339(a.string_value());
      return ms.has_value() ? Value::Timestamp(*ms) : Value::Null();
    }
    case Op::kTimestampFromInt: {
      int64_t ms;
      const bool fits = !__builtin_mul_overflow(a.int_value(), int64_t{1000}, &ms);
      return fits ? Value::Timestamp(ms) : Value::Null();
    }
    case Op::kDurationFromString: {
      const std::optional<int64_t> ms = ParseDurationText(a.string_value());
      return ms.has_value() ? Value::Duration(*ms) : Value::Null();
    }
    case Op::kStringFromBytes: {
      const absl::string_view bytes = a.string_value();
      return ValidUtf8Prefix(bytes) == bytes.size() ? Value::String(bytes) : Value::Null();
    }
    case Op::kStringFrom: return WriteString(a, slot);
    default: return Value::Null();
  }
}

}  // namespace millrace
