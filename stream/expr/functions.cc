#include "stream/expr/functions.h"

#include "stream/expr/expression.h"

namespace millrace {
namespace {

constexpr Type kNone = Type::kNull;
constexpr Type kBool = Type::kBool;
constexpr Type kInt = Type::kInt;
constexpr Type kDouble = Type::kDouble;
constexpr Type kString = Type::kString;
constexpr Type kBytes = Type::kBytes;
constexpr Type kTime = Type::kTimestamp;
constexpr Type kSpan = Type::kDuration;
constexpr CallStyle kFunction = CallStyle::kFunction;
constexpr CallStyle kMethod = CallStyle::kMethod;
constexpr CallStyle kCivil = CallStyle::kCivil;
constexpr CallStyle kVariadic = CallStyle::kVariadic;

const Overload kOverloads[] = {
    {"coalesce", kVariadic, kNone, 1, kNone, Op::kMove},
    {"min", kVariadic, kInt, 2, kInt, Op::kMinInts},
    {"min", kVariadic, kDouble, 2, kDouble, Op::kMinDoubles},
    {"min", kVariadic, kTime, 2, kTime, Op::kMinInts},
    {"min", kVariadic, kSpan, 2, kSpan, Op::kMinInts},
    {"max", kVariadic, kInt, 2, kInt, Op::kMaxInts},
    {"max", kVariadic, kDouble, 2, kDouble, Op::kMaxDoubles},
    {"max", kVariadic, kTime, 2, kTime, Op::kMaxInts},
    {"max", kVariadic, kSpan, 2, kSpan, Op::kMaxInts},

    {"hour", kCivil, kTime, 1, kInt, Op::kHour},
    {"minute", kCivil, kTime, 1, kInt, Op::kMinute},
    {"weekday", kCivil, kTime, 1, kInt, Op::kWeekday},
    {"day", kCivil, kTime, 1, kInt, Op::kDay},
    {"month", kCivil, kTime, 1, kInt, Op::kMonth},
    {"hour_of_week", kCivil, kTime, 1, kInt, Op::kHourOfWeek},

    {"abs", kFunction, kInt, 1, kInt, Op::kAbsInt},
    {"abs", kFunction, kDouble, 1, kDouble, Op::kAbsDouble},
    {"abs", kFunction, kSpan, 1, kSpan, Op::kAbsInt},
    {"floor", kFunction, kDouble, 1, kDouble, Op::kFloor},
    {"ceil", kFunction, kDouble, 1, kDouble, Op::kCeil},
    {"round", kFunction, kDouble, 1, kDouble, Op::kRound},
    {"log", kFunction, kDouble, 1, kDouble, Op::kLog},
    {"exp", kFunction, kDouble, 1, kDouble, Op::kExp},
    {"sqrt", kFunction, kDouble, 1, kDouble, Op::kSqrt},
    {"pow", kFunction, kDouble, 2, kDouble, Op::kPow},

    {"int", kFunction, kInt, 1, kInt, Op::kMove},
    {"int", kFunction, kBool, 1, kInt, Op::kIntFromBool},
    {"int", kFunction, kDouble, 1, kInt, Op::kIntFromDouble},
    {"int", kFunction, kString, 1, kInt, Op::kIntFromString},
    {"int", kFunction, kTime, 1, kInt, Op::kIntFromMillis},
    {"int", kFunction, kSpan, 1, kInt, Op::kIntFromMillis},
    {"double", kFunction, kDouble, 1, kDouble, Op::kMove},
    {"double", kFunction, kBool, 1, kDouble, Op::kDoubleFromBool},
    {"double", kFunction, kInt, 1, kDouble, Op::kDoubleFromInt},
    {"double", kFunction, kString, 1, kDouble, Op::kDoubleFromString},
    {"double", kFunction, kTime, 1, kDouble, Op::kDoubleFromMillis},
    {"double", kFunction, kSpan, 1, kDouble, Op::kDoubleFromMillis},
    {"string", kFunction, kString, 1, kString, Op::kMove},
    {"string", kFunction, kBool, 1, kString, Op::kStringFrom},
    {"string", kFunction, kInt, 1, kString, Op::kStringFrom},
    {"string", kFunction, kDouble, 1, kString, Op::kStringFrom},
    {"string", kFunction, kTime, 1, kString, Op::kStringFrom},
    {"string", kFunction, kSpan, 1, kString, Op::kStringFrom},
    {"string", kFunction, kBytes, 1, kString, Op::kStringFromBytes},
    {"timestamp", kFunction, kTime, 1, kTime, Op::kMove},
    {"timestamp", kFunction, kString, 1, kTime, Op::kTimestampFromString},
    {"timestamp", kFunction, kInt, 1, kTime, Op::kTimestampFromInt},
    {"duration", kFunction, kSpan, 1, kSpan, Op::kMove},
    {"duration", kFunction, kString, 1, kSpan, Op::kDurationFromString},
    {"size", kFunction, kString, 1, kInt, Op::kSizeOfString},
    {"size", kFunction, kBytes, 1, kInt, Op::kSizeOfBytes},

    {"size", kMethod, kString, 1, kInt, Op::kSizeOfString},
    {"size", kMethod, kBytes, 1, kInt, Op::kSizeOfBytes},
    {"startsWith", kMethod, kString, 2, kBool, Op::kStartsWith},
    {"endsWith", kMethod, kString, 2, kBool, Op::kEndsWith},
    {"contains", kMethod, kString, 2, kBool, Op::kContains},
};

}  // namespace

std::span<const Overload> AllOverloads() { return kOverloads; }

std::vector<std::string> FunctionNames(bool methods) {
  std::vector<std::string> names;
  for (const Overload& overload : kOverloads) {
    if ((overload.style == CallStyle::kMethod) != methods) continue;
    if (names.empty() || names.back() != overload.name) names.emplace_back(overload.name);
  }
  return names;
}

bool IsExpressionFunction(absl::string_view name) {
  for (const Overload& overload : kOverloads) {
    if (overload.style != CallStyle::kMethod && overload.name == name) return true;
  }
  return false;
}

}  // namespace millrace
