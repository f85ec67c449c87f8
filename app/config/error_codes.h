// ConfigErrorCode: the numbers of the messages about a configuration, each with what it means and
// what to do. They are never reused, so that people can look them up. Pure; thread-safe.

#ifndef MILLRACE_APP_CONFIG_ERROR_CODES_H_
#define MILLRACE_APP_CONFIG_ERROR_CODES_H_

#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

enum class ConfigErrorCode : int {
  // The text
  kUnreadable = 2001,
  kTooLarge = 2002,
  kSyntax = 2003,
  kTab = 2004,
  kAnchor = 2005,
  kDuplicateKey = 2006,
  kBooleanWord = 2007,
  kInterpolation = 2008,
  kOverride = 2009,
  // The schema
  kUnknownKey = 2101,
  kMissingKey = 2102,
  kWrongType = 2103,
  kNotSupported = 2104,
  kInvalidValue = 2105,
  kOutOfRange = 2106,
  kUnknownAggregation = 2107,
  kInvalidName = 2108,
  kConflict = 2109,
  // The meaning
  kUnknownReference = 2201,
  kExpression = 2202,
  kExpressionType = 2203,
  kKeyFields = 2204,
  kDuplicate = 2205,
  kLabelLeak = 2206,
  kLearner = 2207,
  kDecisionId = 2208,
  kOpenToNetwork = 2209,
  kRecordSchema = 2210,
  kOverDiskBudget = 2211,
};

struct ErrorCodeInfo {
  ConfigErrorCode code;
  absl::string_view title;
  absl::string_view explanation;  // what is wrong and what to do; Markdown, one paragraph
};

// "MILLRACE-2107".
std::string ErrorCodeName(ConfigErrorCode code);

// All codes, ascending.
std::span<const ErrorCodeInfo> ErrorCodes();

// By "MILLRACE-2107" or "2107", in any case; null when there is none.
const ErrorCodeInfo* FindErrorCode(absl::string_view name);

}  // namespace millrace

#endif  // MILLRACE_APP_CONFIG_ERROR_CODES_H_
