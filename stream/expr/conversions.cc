#include "stream/expr/conversions.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "stream/expr/time_text.h"
#include "stream/expr/utf8.h"

namespace millrace {
namespace {

Value DoubleToInt(double v) {
  // As CEL, which leaves out the smallest int; NaN fails both comparisons.
  if (!(v > -0x1p63 && v < 0x1p63)) return Value::Null();
  return Value::Int(static_cast<int64_t>(v));
}

template <typename Number>
bool ParseWhole(absl::string_view text, Number* out) {
  // from_chars takes no leading plus and no spaces.
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *out);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

// The words that CEL takes.
Value BoolOf(absl::string_view text) {
  for (const absl::string_view word : {"true", "True", "TRUE", "t", "1"}) {
    if (text == word) return Value::Bool(true);
  }
  for (const absl::string_view word : {"false", "False", "FALSE", "f", "0"}) {
    if (text == word) return Value::Bool(false);
  }
  return Value::Null();
}

Value WriteString(const Value& a, Scratch* scratch) {
  constexpr size_t kMaxTextBytes = 32;
  static_assert(kMaxTimeTextBytes <= kMaxTextBytes);
  constexpr absl::string_view kWords[] = {"false", "true"};
  if (a.type() == Type::kBool) return Value::String(kWords[a.bool_value() ? 1 : 0]);
  if (a.type() == Type::kDouble && !std::isfinite(a.double_value())) {
    // As core/double_text.h.
    if (std::isnan(a.double_value())) return Value::String("NaN");
    return Value::String(a.double_value() > 0 ? "+Inf" : "-Inf");
  }
  char* const out = scratch->Take(kMaxTextBytes);
  if (out == nullptr) return Value::Null();
  char* const end = out + kMaxTextBytes;
  size_t size = 0;
  switch (a.type()) {
    case Type::kInt:
      size = static_cast<size_t>(std::to_chars(out, end, a.int_value()).ptr - out);
      break;
    case Type::kDouble:
      size = static_cast<size_t>(std::to_chars(out, end, a.double_value()).ptr - out);
      break;
    case Type::kTimestamp:
      size = WriteTimestamp(a.int_value(), out);
      if (size == 0) return Value::Null();
      break;
    default: size = WriteDuration(a.int_value(), out);
  }
  scratch->Rewind(out + size);
  return Value::String(absl::string_view(out, size));
}

}  // namespace

Value ApplyConversion(Op op, const Value& a, Scratch* scratch) {
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
      const bool fits = !__builtin_mul_overflow(a.int_value(), int64_t{1000}, &ms) &&
                        ms >= kMinTimestampMs && ms <= kMaxTimestampMs;
      return fits ? Value::Timestamp(ms) : Value::Null();
    }
    case Op::kDurationFromString: {
      const std::optional<int64_t> ms = ParseDurationText(a.string_value());
      const bool fits = ms.has_value() && *ms >= -kMaxDurationMs && *ms <= kMaxDurationMs;
      return fits ? Value::Duration(*ms) : Value::Null();
    }
    case Op::kStringFromBytes: {
      const absl::string_view bytes = a.string_value();
      return ValidUtf8Prefix(bytes) == bytes.size() ? Value::String(bytes) : Value::Null();
    }
    case Op::kBoolFromString: return BoolOf(a.string_value());
    case Op::kBytesFromString: return Value::Bytes(a.string_value());
    case Op::kStringFrom: return WriteString(a, scratch);
    default: return Value::Null();
  }
}

}  // namespace millrace
