// Fitting a value as a protocol had it (JSON knows no timestamps) to a declared type. Pure
// functions.

#ifndef MILLRACE_SERVING_TYPED_VALUE_H_
#define MILLRACE_SERVING_TYPED_VALUE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "core/value.h"

namespace millrace {

// The value as `type`, if nothing is lost: int ↔ double when exact, int ↔ timestamp or duration
// (milliseconds), an RFC 3339 string to a timestamp, "90s" to a duration, base64 to bytes, a list
// of numbers to a vector of that length; the items of lists and maps likewise. Null fits every
// type. Absent when it does not fit; doubles that are not finite never do.
std::optional<OwnedValue> FitValue(const Value& value, const ValueType& type);

// Why a value that FitValue refuses does not fit: "is a double, not a string", "is a list<int>, and
// this list does not fit".
std::string Misfit(const Value& value, const ValueType& type);

}  // namespace millrace

#endif  // MILLRACE_SERVING_TYPED_VALUE_H_
