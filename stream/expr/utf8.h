// UTF-8 as RFC 3629 has it: shortest forms only, no surrogates, nothing above U+10FFFF.
// Thread-safe.

#ifndef MILLRACE_STREAM_EXPR_UTF8_H_
#define MILLRACE_STREAM_EXPR_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

// Length in bytes of the longest prefix that is valid UTF-8; text.size() when all of it is.
size_t ValidUtf8Prefix(absl::string_view text);

// Number of code points. REQUIRES: valid UTF-8 (else the number of bytes that begin one).
int64_t CountCodePoints(absl::string_view text);

// Appends the encoding of a code point; false for surrogates and beyond U+10FFFF.
bool AppendUtf8(uint32_t code_point, std::string* out);

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_UTF8_H_
