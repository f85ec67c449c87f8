#include "tests/stream/expr/scalar_trees.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <limits>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

constexpr Type kTypes[] = {Type::kBool,   Type::kInt,       Type::kDouble,
                           Type::kString, Type::kTimestamp, Type::kDuration};

bool IsNull(const Maybe& v) { return v.index() == 0; }

Maybe Checked(absl::int128 v) {
  if (v < std::numeric_limits<int64_t>::min() || v > std::numeric_limits<int64_t>::max()) return {};
  return static_cast<int64_t>(v);
}

// The result of integer arithmetic as a value of `like`'s kind.
Maybe As(const Maybe& v, Type type) {
  if (IsNull(v)) return {};
  const int64_t n = std::get<int64_t>(v);
  // The years 1 to 9999, and 10,000 years of 365.25 days.
  const absl::int128 years_ms = absl::int128(315'576'000'000) * 1'000;
  if (type == Type::kTimestamp && (n < -62'135'596'800'000 || n > 253'402'300'799'999)) return {};
  if (type == Type::kDuration && (n < -years_ms || n > years_ms)) return {};
  if (type == Type::kTimestamp) return Moment{n};
  if (type == Type::kDuration) return Millis{n};
  return n;
}

int64_t Whole(const Maybe& v) {
  if (const auto* n = std::get_if<int64_t>(&v)) return *n;
  if (const auto* n = std::get_if<Millis>(&v)) return n->ms;
  if (const auto* n = std::get_if<Moment>(&v)) return n->ms;
  return std::get<bool>(v) ? 1 : 0;
}

Maybe Arithmetic(char op, const Maybe& a, const Maybe& b, Type result) {
  if (IsNull(a) || IsNull(b)) return {};
  if (result == Type::kDouble) {
    const double x = std::get<double>(a);
    const double y = std::get<double>(b);
    return op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : x / y;
  }
  const absl::int128 x = Whole(a);
  const absl::int128 y = Whole(b);
  if ((op == '/' || op == '%') && y == 0) return {};
  return As(Checked(op == '+'   ? x + y
                    : op == '-' ? x - y
                    : op == '*' ? x * y
                    : op == '/' ? x / y
                                : x % y),
            result);
}

template <typename T>
bool Relate(const std::string& op, const T& a, const T& b) {
  if (op == "==") return a == b;
  if (op == "!=") return a != b;
  if (op == "<") return a < b;
  if (op == "<=") return a <= b;
  return op == ">" ? a > b : a >= b;
}

Maybe Compare(const std::string& op, const Maybe& a, const Maybe& b) {
  if (IsNull(a) || IsNull(b)) return {};
  if (a.index() == 3) return Relate(op, std::get<double>(a), std::get<double>(b));
  if (a.index() == 4) return Relate(op, std::get<std::string>(a), std::get<std::string>(b));
  return Relate(op, Whole(a), Whole(b));
}

// Parentheses everywhere but around atoms: precedence has its own table.
std::string In(const ScalarTree& tree) {
  return tree.atom ? tree.text : absl::StrCat("(", tree.text, ")");
}

}  // namespace

Value ToValue(const Maybe& v) {
  switch (v.index()) {
    case 1: return Value::Bool(std::get<bool>(v));
    case 2: return Value::Int(std::get<int64_t>(v));
    case 3: return Value::Double(std::get<double>(v));
    case 4: return Value::String(std::get<std::string>(v));
    case 5: return Value::Duration(std::get<Millis>(v).ms);
    case 6: return Value::Timestamp(std::get<Moment>(v).ms);
    default: return Value::Null();
  }
}

Scope ScalarMaker::MakeScope() const {
  Scope scope;
  for (const Type type : kTypes) {
    scope.push_back({absl::StrCat("f_", TypeName(type)), type});
    scope.push_back({absl::StrCat("view.", TypeName(type)), type});
  }
  return scope;
}

std::vector<Maybe> ScalarMaker::MakeFields() {
  std::vector<Maybe> fields;
  for (const Type type : kTypes) {
    fields.push_back(Chance(10) ? Maybe() : MakeValue(type));
    fields.push_back(Chance(50) ? Maybe() : MakeValue(type));
  }
  return fields;
}

ScalarTree ScalarMaker::Make(Type type, int depth) {
  if (depth == 0 || Chance(15)) return Leaf(type);
  if (Chance(12)) return Conditional(type, depth);
  if (Chance(8)) return Coalesce(type, depth);
  switch (type) {
    case Type::kBool: return Bool(depth);
    case Type::kInt: return Chance(15) ? Civil(depth) : Number(type, "+-*/%", depth);
    case Type::kDouble: return Chance(15) ? FromInt(depth) : Number(type, "+-*/", depth);
    case Type::kTimestamp: {
      const char op = Chance(50) ? '+' : '-';
      return Infix(op, Make(Type::kTimestamp, depth - 1), Make(Type::kDuration, depth - 1), type);
    }
    case Type::kDuration:
      if (Chance(50)) {
        return Infix('-', Make(Type::kTimestamp, depth - 1), Make(Type::kTimestamp, depth - 1),
                     type);
      }
      return Number(type, "+-", depth);
    default: return Leaf(type);
  }
}

Type ScalarMaker::AnyType() { return kTypes[random_() % std::size(kTypes)]; }

int64_t ScalarMaker::AnyInt() {
  constexpr int64_t kOdd[] = {
      0, 1, -1, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(), 60};
  if (Chance(30)) return kOdd[random_() % std::size(kOdd)];
  return static_cast<int64_t>(random_() % 2000) - 1000;
}

Maybe ScalarMaker::MakeValue(Type type) {
  switch (type) {
    case Type::kBool: return Chance(50);
    case Type::kInt: return AnyInt();
    case Type::kDouble:
      if (Chance(5)) return std::numeric_limits<double>::quiet_NaN();
      return static_cast<double>(AnyInt() % 1000) / 4;
    case Type::kString: return std::string(random_() % 3, static_cast<char>('a' + random_() % 3));
    case Type::kTimestamp: return Moment{static_cast<int64_t>(random_() % 2'000'000'000'000)};
    default: return Millis{AnyInt() % 300'000'000'000'000};
  }
}

ScalarTree ScalarMaker::Leaf(Type type) {
  int index = 0;
  for (const Type t : kTypes) {
    if (t == type) break;
    index += 2;
  }
  if (type == Type::kTimestamp || Chance(60)) {
    const bool second = Chance(50);
    index += second ? 1 : 0;
    return {absl::StrCat(second ? "view." : "f_", TypeName(type)), true,
            [index](const std::vector<Maybe>& fields) { return fields[index]; }};
  }
  Maybe value = MakeValue(type);
  std::string text;
  switch (type) {
    case Type::kBool: text = std::get<bool>(value) ? "true" : "false"; break;
    case Type::kInt: text = absl::StrCat(std::get<int64_t>(value)); break;
    case Type::kDouble: {
      double& v = std::get<double>(value);
      if (std::isnan(v)) v = 1.5;
      char digits[64];
      std::snprintf(digits, sizeof digits, "%.17e", v);
      text = digits;
      break;
    }
    case Type::kString: text = absl::StrCat("'", std::get<std::string>(value), "'"); break;
    default:
      value = Millis{static_cast<int64_t>(random_() % 100) * 60'000};
      text = absl::StrCat(Whole(value) / 60'000, "m");
  }
  return {text, true, [value](const std::vector<Maybe>&) { return value; }};
}

ScalarTree ScalarMaker::Infix(char op, const ScalarTree& a, const ScalarTree& b, Type result) {
  const std::string text = absl::StrCat(In(a), std::string(1, op), " ", In(b));
  return {text, false, [=](const std::vector<Maybe>& f) {
            return Arithmetic(op, a.value(f), b.value(f), result);
          }};
}

ScalarTree ScalarMaker::Number(Type type, const std::string& ops, int depth) {
  if (Chance(25)) {
    const bool least = Chance(50);
    ScalarTree a = Make(type, depth - 1);
    ScalarTree b = Make(type, depth - 1);
    return {absl::StrCat(least ? "min(" : "max(", a.text, ", ", b.text, ")"), true,
            [=](const std::vector<Maybe>& f) -> Maybe {
              const Maybe x = a.value(f);
              const Maybe y = b.value(f);
              if (IsNull(x) || IsNull(y)) return {};
              if (const auto* d = std::get_if<double>(&x)) {
                const double e = std::get<double>(y);
                if (std::isnan(*d) || std::isnan(e)) return *d + e;
                if (*d == 0 && e == 0) return std::signbit(*d) == least ? x : y;
              }
              const Maybe less = Compare("<", y, x);
              return std::get<bool>(less) == least ? y : x;
            }};
  }
  if (Chance(10)) {
    ScalarTree a = Make(type, depth - 1);
    return {absl::StrCat("-(", a.text, ")"), false, [=](const std::vector<Maybe>& f) -> Maybe {
              const Maybe x = a.value(f);
              if (IsNull(x)) return {};
              if (type == Type::kDouble) return -std::get<double>(x);
              return As(Checked(-absl::int128(Whole(x))), type);
            }};
  }
  return Infix(ops[random_() % ops.size()], Make(type, depth - 1), Make(type, depth - 1), type);
}

ScalarTree ScalarMaker::Civil(int depth) {
  ScalarTree a = Make(Type::kTimestamp, depth - 1);
  const bool new_york = Chance(50);
  absl::TimeZone zone = absl::UTCTimeZone();
  if (new_york && !absl::LoadTimeZone("America/New_York", &zone)) ADD_FAILURE();
  const bool hour = Chance(50);
  return {
      absl::StrCat(hour ? "hour(" : "weekday(", a.text, new_york ? ", 'America/New_York')" : ")"),
      true, [=](const std::vector<Maybe>& f) -> Maybe {
        const Maybe x = a.value(f);
        if (IsNull(x)) return {};
        const int64_t ms = Whole(x);
        const absl::CivilSecond civil = absl::ToCivilSecond(absl::FromUnixMillis(ms), zone);
        if (hour) return int64_t{civil.hour()};
        return int64_t{static_cast<int>(absl::GetWeekday(civil))};
      }};
}

ScalarTree ScalarMaker::FromInt(int depth) {
  ScalarTree a = Make(Type::kInt, depth - 1);
  return {absl::StrCat("double(", a.text, ")"), true, [=](const std::vector<Maybe>& f) -> Maybe {
            const Maybe x = a.value(f);
            if (IsNull(x)) return {};
            return static_cast<double>(std::get<int64_t>(x));
          }};
}

ScalarTree ScalarMaker::Bool(int depth) {
  const uint64_t kind = random_() % 10;
  if (kind < 4) {
    const Type type = AnyType();
    constexpr const char* kOps[] = {"==", "!=", "<", "<=", ">", ">="};
    const std::string op = kOps[random_() % 6];
    ScalarTree a = Make(type, depth - 1);
    ScalarTree b = Make(type, depth - 1);
    return {absl::StrCat(In(a), op, In(b)), false,
            [=](const std::vector<Maybe>& f) { return Compare(op, a.value(f), b.value(f)); }};
  }
  if (kind == 4) {
    ScalarTree a = Make(AnyType(), depth - 1);
    const bool equal = Chance(50);
    return {absl::StrCat(In(a), equal ? " == null" : " != null"), false,
            [=](const std::vector<Maybe>& f) -> Maybe { return IsNull(a.value(f)) == equal; }};
  }
  if (kind == 5) {
    ScalarTree a = Make(Type::kInt, depth - 1);
    return {absl::StrCat(In(a), " in [-1, 0, 60]"), false,
            [=](const std::vector<Maybe>& f) -> Maybe {
              const Maybe x = a.value(f);
              if (IsNull(x)) return {};
              return Whole(x) == -1 || Whole(x) == 0 || Whole(x) == 60;
            }};
  }
  ScalarTree a = Make(Type::kBool, depth - 1);
  if (kind == 6) {
    return {absl::StrCat("!", In(a)), false, [=](const std::vector<Maybe>& f) -> Maybe {
              const Maybe x = a.value(f);
              if (IsNull(x)) return {};
              return !std::get<bool>(x);
            }};
  }
  ScalarTree b = Make(Type::kBool, depth - 1);
  const bool both = kind < 9;
  return {absl::StrCat(In(a), both ? " && " : " || ", In(b)), false,
          [=](const std::vector<Maybe>& f) -> Maybe {
            // As a minimum or maximum of false < null < true.
            const auto rank = [](const Maybe& v) {
              return IsNull(v) ? 1 : std::get<bool>(v) ? 2 : 0;
            };
            const int x = rank(a.value(f));
            const int y = rank(b.value(f));
            const int r = both ? std::min(x, y) : std::max(x, y);
            if (r == 1) return {};
            return r == 2;
          }};
}

ScalarTree ScalarMaker::Conditional(Type type, int depth) {
  ScalarTree c = Make(Type::kBool, depth - 1);
  ScalarTree a = Make(type, depth - 1);
  ScalarTree b = Make(type, depth - 1);
  return {absl::StrCat(In(c), " ? ", In(a), " : ", In(b)), false,
          [=](const std::vector<Maybe>& f) -> Maybe {
            const Maybe x = c.value(f);
            if (IsNull(x)) return {};
            return std::get<bool>(x) ? a.value(f) : b.value(f);
          }};
}

ScalarTree ScalarMaker::Coalesce(Type type, int depth) {
  ScalarTree a = Make(type, depth - 1);
  ScalarTree b = Make(type, depth - 1);
  return {absl::StrCat("coalesce(", a.text, ", null, ", b.text, ")"), true,
          [=](const std::vector<Maybe>& f) -> Maybe {
            Maybe x = a.value(f);
            return IsNull(x) ? b.value(f) : x;
          }};
}

}  // namespace millrace
