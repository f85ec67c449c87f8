#include "stream/expr/functions.h"

#include <algorithm>

#include "stream/expr/expression.h"

namespace millrace {
namespace {

using enum Parameter;
using enum CallStyle;
using enum Arity;

// Overloads of one name stand together.
const Overload kOverloads[] = {
    {"coalesce", kFunction, kVariadic, {kValue}, kValue, Op::kMove},
    {"min", kFunction, kVariadic, {kInt}, kInt, Op::kMinInts},
    {"min", kFunction, kVariadic, {kDouble}, kDouble, Op::kMinDoubles},
    {"min", kFunction, kVariadic, {kTime}, kTime, Op::kMinInts},
    {"min", kFunction, kVariadic, {kSpan}, kSpan, Op::kMinInts},
    {"min", kFunction, kFixed, {kItems}, kItem, Op::kLeastItem},
    {"max", kFunction, kVariadic, {kInt}, kInt, Op::kMaxInts},
    {"max", kFunction, kVariadic, {kDouble}, kDouble, Op::kMaxDoubles},
    {"max", kFunction, kVariadic, {kTime}, kTime, Op::kMaxInts},
    {"max", kFunction, kVariadic, {kSpan}, kSpan, Op::kMaxInts},
    {"max", kFunction, kFixed, {kItems}, kItem, Op::kGreatestItem},
    {"least", kFunction, kVariadic, {kInt}, kInt, Op::kMinInts},
    {"least", kFunction, kVariadic, {kDouble}, kDouble, Op::kMinDoubles},
    {"least", kFunction, kVariadic, {kTime}, kTime, Op::kMinInts},
    {"least", kFunction, kVariadic, {kSpan}, kSpan, Op::kMinInts},
    {"least", kFunction, kFixed, {kItems}, kItem, Op::kLeastItem},
    {"greatest", kFunction, kVariadic, {kInt}, kInt, Op::kMaxInts},
    {"greatest", kFunction, kVariadic, {kDouble}, kDouble, Op::kMaxDoubles},
    {"greatest", kFunction, kVariadic, {kTime}, kTime, Op::kMaxInts},
    {"greatest", kFunction, kVariadic, {kSpan}, kSpan, Op::kMaxInts},
    {"greatest", kFunction, kFixed, {kItems}, kItem, Op::kGreatestItem},

    {"hour", kFunction, kZoned, {kTime}, kInt, Op::kHour},
    {"minute", kFunction, kZoned, {kTime}, kInt, Op::kMinute},
    {"second", kFunction, kZoned, {kTime}, kInt, Op::kSecond},
    {"weekday", kFunction, kZoned, {kTime}, kInt, Op::kWeekday},
    {"day", kFunction, kZoned, {kTime}, kInt, Op::kDay},
    {"month", kFunction, kZoned, {kTime}, kInt, Op::kMonth},
    {"year", kFunction, kZoned, {kTime}, kInt, Op::kYear},
    {"day_of_year", kFunction, kZoned, {kTime}, kInt, Op::kOrdinalDay},
    {"hour_of_week", kFunction, kZoned, {kTime}, kInt, Op::kHourOfWeek},
    {"start_of_minute", kFunction, kZoned, {kTime}, kTime, Op::kStartOfMinute},
    {"start_of_hour", kFunction, kZoned, {kTime}, kTime, Op::kStartOfHour},
    {"start_of_day", kFunction, kZoned, {kTime}, kTime, Op::kStartOfDay},
    {"start_of_week", kFunction, kZoned, {kTime}, kTime, Op::kStartOfWeek},
    {"start_of_month", kFunction, kZoned, {kTime}, kTime, Op::kStartOfMonth},
    {"start_of_year", kFunction, kZoned, {kTime}, kTime, Op::kStartOfYear},
    {"getFullYear", kMethod, kZoned, {kTime}, kInt, Op::kYear},
    {"getMonth", kMethod, kZoned, {kTime}, kInt, Op::kMonthOfYear},
    {"getDate", kMethod, kZoned, {kTime}, kInt, Op::kDay},
    {"getDayOfMonth", kMethod, kZoned, {kTime}, kInt, Op::kDayOfMonth},
    {"getDayOfWeek", kMethod, kZoned, {kTime}, kInt, Op::kDayOfWeek},
    {"getDayOfYear", kMethod, kZoned, {kTime}, kInt, Op::kDayOfYear},
    {"getHours", kMethod, kZoned, {kTime}, kInt, Op::kHour},
    {"getHours", kMethod, kFixed, {kSpan}, kInt, Op::kWholeHours},
    {"getMinutes", kMethod, kZoned, {kTime}, kInt, Op::kMinute},
    {"getMinutes", kMethod, kFixed, {kSpan}, kInt, Op::kWholeMinutes},
    {"getSeconds", kMethod, kZoned, {kTime}, kInt, Op::kSecond},
    {"getSeconds", kMethod, kFixed, {kSpan}, kInt, Op::kWholeSeconds},
    {"getMilliseconds", kMethod, kZoned, {kTime}, kInt, Op::kMillisecond},
    {"getMilliseconds", kMethod, kFixed, {kSpan}, kInt, Op::kMillisPart},

    {"abs", kFunction, kFixed, {kInt}, kInt, Op::kAbsInt},
    {"abs", kFunction, kFixed, {kDouble}, kDouble, Op::kAbsDouble},
    {"abs", kFunction, kFixed, {kSpan}, kSpan, Op::kAbsInt},
    {"sign", kFunction, kFixed, {kInt}, kInt, Op::kSignInt},
    {"sign", kFunction, kFixed, {kDouble}, kDouble, Op::kSign},
    {"floor", kFunction, kFixed, {kDouble}, kDouble, Op::kFloor},
    {"ceil", kFunction, kFixed, {kDouble}, kDouble, Op::kCeil},
    {"round", kFunction, kFixed, {kDouble}, kDouble, Op::kRound},
    {"trunc", kFunction, kFixed, {kDouble}, kDouble, Op::kTrunc},
    {"log", kFunction, kFixed, {kDouble}, kDouble, Op::kLog},
    {"log2", kFunction, kFixed, {kDouble}, kDouble, Op::kLog2},
    {"log10", kFunction, kFixed, {kDouble}, kDouble, Op::kLog10},
    {"log1p", kFunction, kFixed, {kDouble}, kDouble, Op::kLog1p},
    {"exp", kFunction, kFixed, {kDouble}, kDouble, Op::kExp},
    {"sqrt", kFunction, kFixed, {kDouble}, kDouble, Op::kSqrt},
    {"pow", kFunction, kFixed, {kDouble, kDouble}, kDouble, Op::kPow},
    {"sin", kFunction, kFixed, {kDouble}, kDouble, Op::kSin},
    {"cos", kFunction, kFixed, {kDouble}, kDouble, Op::kCos},
    {"tan", kFunction, kFixed, {kDouble}, kDouble, Op::kTan},
    {"atan2", kFunction, kFixed, {kDouble, kDouble}, kDouble, Op::kAtan2},
    {"isNaN", kFunction, kFixed, {kDouble}, kBool, Op::kIsNan},
    {"isInf", kFunction, kFixed, {kDouble}, kBool, Op::kIsInf},
    {"isFinite", kFunction, kFixed, {kDouble}, kBool, Op::kIsFinite},
    {"bitAnd", kFunction, kFixed, {kInt, kInt}, kInt, Op::kBitAnd},
    {"bitOr", kFunction, kFixed, {kInt, kInt}, kInt, Op::kBitOr},
    {"bitXor", kFunction, kFixed, {kInt, kInt}, kInt, Op::kBitXor},
    {"bitNot", kFunction, kFixed, {kInt}, kInt, Op::kBitNot},
    {"bitShiftLeft", kFunction, kFixed, {kInt, kInt}, kInt, Op::kBitShiftLeft},
    {"bitShiftRight", kFunction, kFixed, {kInt, kInt}, kInt, Op::kBitShiftRight},

    {"bool", kFunction, kFixed, {kBool}, kBool, Op::kMove},
    {"bool", kFunction, kFixed, {kString}, kBool, Op::kBoolFromString},
    {"int", kFunction, kFixed, {kInt}, kInt, Op::kMove},
    {"int", kFunction, kFixed, {kBool}, kInt, Op::kIntFromBool},
    {"int", kFunction, kFixed, {kDouble}, kInt, Op::kIntFromDouble},
    {"int", kFunction, kFixed, {kString}, kInt, Op::kIntFromString},
    {"int", kFunction, kFixed, {kTime}, kInt, Op::kIntFromMillis},
    {"int", kFunction, kFixed, {kSpan}, kInt, Op::kIntFromMillis},
    {"double", kFunction, kFixed, {kDouble}, kDouble, Op::kMove},
    {"double", kFunction, kFixed, {kBool}, kDouble, Op::kDoubleFromBool},
    {"double", kFunction, kFixed, {kInt}, kDouble, Op::kDoubleFromInt},
    {"double", kFunction, kFixed, {kString}, kDouble, Op::kDoubleFromString},
    {"double", kFunction, kFixed, {kTime}, kDouble, Op::kDoubleFromMillis},
    {"double", kFunction, kFixed, {kSpan}, kDouble, Op::kDoubleFromMillis},
    {"string", kFunction, kFixed, {kString}, kString, Op::kMove},
    {"string", kFunction, kFixed, {kBool}, kString, Op::kStringFrom},
    {"string", kFunction, kFixed, {kInt}, kString, Op::kStringFrom},
    {"string", kFunction, kFixed, {kDouble}, kString, Op::kStringFrom},
    {"string", kFunction, kFixed, {kTime}, kString, Op::kStringFrom},
    {"string", kFunction, kFixed, {kSpan}, kString, Op::kStringFrom},
    {"string", kFunction, kFixed, {kBytes}, kString, Op::kStringFromBytes},
    {"bytes", kFunction, kFixed, {kBytes}, kBytes, Op::kMove},
    {"bytes", kFunction, kFixed, {kString}, kBytes, Op::kBytesFromString},
    {"timestamp", kFunction, kFixed, {kTime}, kTime, Op::kMove},
    {"timestamp", kFunction, kFixed, {kString}, kTime, Op::kTimestampFromString},
    {"timestamp", kFunction, kFixed, {kInt}, kTime, Op::kTimestampFromInt},
    {"duration", kFunction, kFixed, {kSpan}, kSpan, Op::kMove},
    {"duration", kFunction, kFixed, {kString}, kSpan, Op::kDurationFromString},

    {"hash", kFunction, kFixed, {kValue}, kInt, Op::kHash},
    {"hash", kFunction, kFixed, {kValue, kInt}, kInt, Op::kHashBuckets},
    {"geo_distance",
     kFunction,
     kFixed,
     {kDouble, kDouble, kDouble, kDouble},
     kDouble,
     Op::kGeoDistance},
    {"geohash", kFunction, kFixed, {kDouble, kDouble, kInt}, kString, Op::kGeohash},
    {"size", kFunction, kFixed, {kString}, kInt, Op::kSizeOfString},
    {"size", kFunction, kFixed, {kBytes}, kInt, Op::kSizeOfBytes},
    {"size", kFunction, kFixed, {kItems}, kInt, Op::kSizeOfCollection},
    {"size", kFunction, kFixed, {kMap}, kInt, Op::kSizeOfCollection},
    {"size", kFunction, kFixed, {kVector}, kInt, Op::kSizeOfCollection},
    {"size", kMethod, kFixed, {kString}, kInt, Op::kSizeOfString},
    {"size", kMethod, kFixed, {kBytes}, kInt, Op::kSizeOfBytes},
    {"size", kMethod, kFixed, {kItems}, kInt, Op::kSizeOfCollection},
    {"size", kMethod, kFixed, {kMap}, kInt, Op::kSizeOfCollection},
    {"size", kMethod, kFixed, {kVector}, kInt, Op::kSizeOfCollection},

    {"startsWith", kMethod, kFixed, {kString, kString}, kBool, Op::kStartsWith},
    {"endsWith", kMethod, kFixed, {kString, kString}, kBool, Op::kEndsWith},
    {"contains", kMethod, kFixed, {kString, kString}, kBool, Op::kContains},
    {"charAt", kMethod, kFixed, {kString, kInt}, kString, Op::kCharAt},
    {"indexOf", kMethod, kFixed, {kString, kString}, kInt, Op::kIndexOf},
    {"indexOf", kMethod, kFixed, {kString, kString, kInt}, kInt, Op::kIndexOf},
    {"lastIndexOf", kMethod, kFixed, {kString, kString}, kInt, Op::kLastIndexOf},
    {"lastIndexOf", kMethod, kFixed, {kString, kString, kInt}, kInt, Op::kLastIndexOf},
    {"substring", kMethod, kFixed, {kString, kInt}, kString, Op::kSubstring},
    {"substring", kMethod, kFixed, {kString, kInt, kInt}, kString, Op::kSubstring},
    {"lowerAscii", kMethod, kFixed, {kString}, kString, Op::kLowerAscii},
    {"upperAscii", kMethod, kFixed, {kString}, kString, Op::kUpperAscii},
    {"trim", kMethod, kFixed, {kString}, kString, Op::kTrim},
    {"reverse", kMethod, kFixed, {kString}, kString, Op::kReverse},
    {"replace", kMethod, kFixed, {kString, kString, kString}, kString, Op::kReplace},
    {"replace", kMethod, kFixed, {kString, kString, kString, kInt}, kString, Op::kReplace},
    {"split", kMethod, kFixed, {kString, kString}, kTexts, Op::kSplit},
    {"split", kMethod, kFixed, {kString, kString, kInt}, kTexts, Op::kSplit},
    {"join", kMethod, kFixed, {kTexts}, kString, Op::kJoin},
    {"join", kMethod, kFixed, {kTexts, kString}, kString, Op::kJoin},

    {"min", kMethod, kFixed, {kItems}, kItem, Op::kLeastItem},
    {"max", kMethod, kFixed, {kItems}, kItem, Op::kGreatestItem},
    {"sum", kMethod, kFixed, {kInts}, kInt, Op::kSumOfInts},
    {"sum", kMethod, kFixed, {kReals}, kDouble, Op::kSumOfDoubles},
    {"sum", kMethod, kFixed, {kSpans}, kSpan, Op::kSumOfDurations},
    {"mean", kMethod, kFixed, {kInts}, kDouble, Op::kMeanOfItems},
    {"mean", kMethod, kFixed, {kReals}, kDouble, Op::kMeanOfItems},
    {"keys", kMethod, kFixed, {kMap}, kTexts, Op::kKeys},
    {"values", kMethod, kFixed, {kMap}, kItems, Op::kValues},
    {"dot", kMethod, kFixed, {kVector, kVector}, kDouble, Op::kDot},
    {"cosine", kMethod, kFixed, {kVector, kVector}, kDouble, Op::kCosine},
    {"norm", kMethod, kFixed, {kVector}, kDouble, Op::kNorm},
};

constexpr absl::string_view kMacros[] = {"all", "exists", "exists_one", "filter", "map"};

constexpr absl::string_view kMathFunctions[] = {
    "greatest", "least",  "ceil",   "floor",        "round",         "trunc",
    "abs",      "sign",   "isNaN",  "isInf",        "isFinite",      "bitAnd",
    "bitOr",    "bitXor", "bitNot", "bitShiftLeft", "bitShiftRight", "sqrt"};

struct Advice {
  absl::string_view name;
  absl::string_view text;
};
constexpr Advice kAdvice[] = {
    {"matches",
     "there are no regular expressions; use startsWith, endsWith, contains, indexOf or split"},
    {"uint", "there are no unsigned integers; int has 64 bits"},
    {"dyn", "every type is known when the expression is compiled"},
    {"not", "it is written !"},
    {"type", "every type is known when the expression is compiled"},
    {"format", "join strings with + and string(x)"},
    {"lower", "did you mean 'lowerAscii'?"},
    {"upper", "did you mean 'upperAscii'?"},
    {"toLowerCase", "did you mean 'lowerAscii'?"},
    {"toUpperCase", "did you mean 'upperAscii'?"},
    {"strip", "did you mean 'trim'?"},
    {"substr", "did you mean 'substring'?"},
    {"len", "did you mean 'size'?"},
    {"length", "did you mean 'size'?"},
    {"avg", "did you mean 'mean'?"},
    {"average", "did you mean 'mean'?"},
    {"any", "did you mean 'exists'?"},
    {"ln", "did you mean 'log'?"},
    {"power", "did you mean 'pow'?"},
    {"ceiling", "did you mean 'ceil'?"},
    {"truncate", "did you mean 'trunc'?"},
    {"ifnull", "did you mean 'coalesce'?"},
    {"nvl", "did you mean 'coalesce'?"},
    {"concat", "strings and lists are joined with +"},
    {"if", "write condition ? a : b"},
    {"iff", "write condition ? a : b"},
    {"now", "an expression has no clock; the time of the record or decision is 'at'"},
    {"rand", "an expression has no randomness; hash(x, buckets) spreads values evenly"},
    {"random", "an expression has no randomness; hash(x, buckets) spreads values evenly"},
};

}  // namespace

size_t Overload::parameter_count() const {
  return static_cast<size_t>(std::find(parameters.begin(), parameters.end(), kNone) -
                             parameters.begin());
}

std::span<const Overload> AllOverloads() { return kOverloads; }

std::vector<std::string> FunctionNames(CallStyle style) {
  std::vector<std::string> names;
  for (const Overload& overload : kOverloads) {
    if (overload.style != style) continue;
    if (names.empty() || names.back() != overload.name) names.emplace_back(overload.name);
  }
  if (style == kFunction) names.emplace_back("has");
  if (style == kMethod) {
    for (const absl::string_view macro : kMacros) names.emplace_back(macro);
  }
  return names;
}

bool IsMacro(absl::string_view name) {
  return std::find(std::begin(kMacros), std::end(kMacros), name) != std::end(kMacros);
}

absl::string_view MathFunction(absl::string_view name) {
  const auto* const found = std::find(std::begin(kMathFunctions), std::end(kMathFunctions), name);
  return found == std::end(kMathFunctions) ? absl::string_view() : *found;
}

absl::string_view AdviceFor(absl::string_view name) {
  for (const Advice& advice : kAdvice) {
    if (advice.name == name) return advice.text;
  }
  return {};
}

bool IsExpressionFunction(absl::string_view name) {
  if (name == "has") return true;
  for (const Overload& overload : kOverloads) {
    if (overload.style == kFunction && overload.name == name) return true;
  }
  return false;
}

}  // namespace millrace
