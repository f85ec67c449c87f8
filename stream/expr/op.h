// Op: what one instruction of a Program does. The order matters: operations of one kind stand
// together, and the comments name their bounds.

#ifndef MILLRACE_STREAM_EXPR_OP_H_
#define MILLRACE_STREAM_EXPR_OP_H_

#include <cstdint>

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
  // Collections from the `n` temporaries from `a` on: items, or keys and values in turn. The item
  // of the one is null-safe, the key of the other is not: a null key gives null.
  kMakeList,
  kMakeMap,
  // Loops over a list, a vector or the keys of a map. kMark: the target is where the scratch is
  // free. kBeginList: the target is an empty list that kAppendItem lengthens by `a`, which must be
  // the newest in the scratch. kNextItem: takes an item off the front of temporary `a` and frees
  // what came after `b`, a mark or a growing list; at the end it goes to `n`. kCountTrue: the
  // target plus 1 if `a` is true; null for ever once `a` is.
  kMark,
  kBeginList,
  kAppendItem,
  kNextItem,
  kCountTrue,
  // From here on null operands give null. kNot: bool → bool.
  kNot,
  // `detail` is the Relation. Ints are also bools, timestamps and durations; of collections only
  // equality.
  kCompareInts,
  kCompareDoubles,
  kCompareBytes,
  kCompareCollections,
  // b is the first of n constants.
  kInInts,
  kInDoubles,
  kInBytes,
  // Unary and binary, without a result of their own bytes.
  kSizeOfString,
  kSizeOfBytes,
  kSizeOfCollection,
  kStartsWith,
  kEndsWith,
  kContains,
  kInCollection,  // an item in a list or vector, a key in a map
  kItem,          // of a list or vector, by index
  kEntry,         // of a map, by key
  kHash,
  kHashBuckets,
  // kAddInts … kBitShiftRight. `detail` is the Type of the result. Overflow and division by zero
  // give null, as do timestamps and durations beyond their range.
  kAddInts,
  kSubtractInts,
  kMultiplyInts,
  kDivideInts,
  kModuloInts,
  kNegateInt,
  kAbsInt,
  kMinInts,
  kMaxInts,
  kSignInt,
  kBitAnd,
  kBitOr,
  kBitXor,
  kBitNot,
  kBitShiftLeft,
  kBitShiftRight,
  // kAddDoubles … kAtan2: IEEE 754; min and max of a NaN are NaN.
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
  kTrunc,
  kSign,
  kLog,
  kLog2,
  kLog10,
  kLog1p,
  kExp,
  kSqrt,
  kPow,
  kSin,
  kCos,
  kTan,
  kAtan2,
  // kIsNan … kIsFinite: double → bool.
  kIsNan,
  kIsInf,
  kIsFinite,
  // kHour … kStartOfYear: of a timestamp. `n` is the zone.
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kWeekday,      // Monday is 0
  kDayOfWeek,    // Sunday is 0
  kDay,          // from 1
  kDayOfMonth,   // from 0
  kMonth,        // from 1
  kMonthOfYear,  // from 0
  kYear,
  kDayOfYear,   // from 0
  kOrdinalDay,  // day of the year from 1
  kHourOfWeek,
  kStartOfMinute,
  kStartOfHour,
  kStartOfDay,
  kStartOfWeek,
  kStartOfMonth,
  kStartOfYear,
  // kWholeHours … kMillisPart: of a duration.
  kWholeHours,
  kWholeMinutes,
  kWholeSeconds,
  kMillisPart,
  // kBoolFromString … kStringFrom: conversions; null where the target type has no such value.
  // Millis: timestamp or duration, converted to and from seconds as CEL does.
  kBoolFromString,
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
  kBytesFromString,
  kStringFromBytes,
  kStringFrom,
  // From here on the arguments are the `n` temporaries from `a` on. kConcat … kJoin: of text;
  // the result may need scratch. kConcat also joins bytes and lists.
  kConcat,
  kCharAt,
  kIndexOf,
  kLastIndexOf,
  kSubstring,
  kLowerAscii,
  kUpperAscii,
  kTrim,
  kReverse,
  kReplace,
  kSplit,
  kJoin,
  // kLeastItem … kNorm: of lists, maps and vectors.
  kLeastItem,
  kGreatestItem,
  kSumOfInts,
  kSumOfDoubles,
  kSumOfDurations,
  kMeanOfItems,
  kKeys,
  kValues,
  kDot,
  kCosine,
  kNorm,
  // kGeoDistance … kGeohash.
  kGeoDistance,
  kGeohash,
};

enum class Relation : uint8_t { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_OP_H_
