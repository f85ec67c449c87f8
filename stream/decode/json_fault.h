// FindJsonFault: where and why a text is not JSON. The fast parser says only that it is not; this
// slow scanner reads a rejected record once more so that its dead letter can name the byte.
// Thread-safe: a pure function.

#ifndef MILLRACE_STREAM_DECODE_JSON_FAULT_H_
#define MILLRACE_STREAM_DECODE_JSON_FAULT_H_

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"

namespace millrace {

struct JsonFault {
  size_t byte = 0;            // offset of the first byte that does not fit
  absl::string_view problem;  // "expected ':' after a key"; a literal
};

// The first fault of `text` as one JSON value of RFC 8259 in UTF-8, nested at most max_depth deep
// (an empty object or array does not count, as with simdjson); absent when it has none. Numbers of
// any size are well-formed. Cost linear in the size; memory a bit per level.
std::optional<JsonFault> FindJsonFault(absl::string_view text, int max_depth);

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_JSON_FAULT_H_
