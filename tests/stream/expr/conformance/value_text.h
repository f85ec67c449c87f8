// Values as convert.py writes them, "list [int 1, int 2]". Test code; thread-safe.

#ifndef MILLRACE_TESTS_STREAM_EXPR_CONFORMANCE_VALUE_TEXT_H_
#define MILLRACE_TESTS_STREAM_EXPR_CONFORMANCE_VALUE_TEXT_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "core/value.h"

namespace millrace {

struct TypedValue {
  ValueType type;
  OwnedValue value;
};

// Absent for anything else.
std::optional<TypedValue> ReadValueText(absl::string_view text);

}  // namespace millrace

#endif  // MILLRACE_TESTS_STREAM_EXPR_CONFORMANCE_VALUE_TEXT_H_
