// The bytes of a typed value: one type byte, then varint, big-endian double or length-prefixed
// bytes. Equal values give equal bytes.

#ifndef MILLRACE_CORE_VALUE_CODING_H_
#define MILLRACE_CORE_VALUE_CODING_H_

#include <string>

#include "absl/strings/string_view.h"
#include "core/value.h"

namespace millrace {

void PutValue(std::string* out, const Value& value);
// Takes one value off the front of *in. False when it does not parse. The view form points into
// *in.
bool GetValueView(absl::string_view* in, Value* value);
bool GetValue(absl::string_view* in, OwnedValue* value);

}  // namespace millrace

#endif  // MILLRACE_CORE_VALUE_CODING_H_
