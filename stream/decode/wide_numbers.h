// WideNumbers: JSON with numbers that fit neither 64 bits nor a double, which simdjson refuses and
// RFC 8259 allows. They are written anew as integers that it reads, each of which names its value.
// Slow, and needed for few records. Owned by one thread.

#ifndef MILLRACE_STREAM_DECODE_WIDE_NUMBERS_H_
#define MILLRACE_STREAM_DECODE_WIDE_NUMBERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace millrace {

class WideNumbers {
 public:
  // Takes the numbers of a text in place of those before. REQUIRES: the text is JSON.
  void Rewrite(absl::string_view text);
  // As if there had been no text.
  void Clear() { values_.clear(); }

  // What was written: the text with every number that fits no int64 and no double, and every other
  // integer beyond int64, as an integer between 2^63 and 2^64.
  absl::string_view text() const { return text_; }
  // The double nearest to the number that was written so, infinite if it is beyond them all; of a
  // text that was not rewritten, `written` itself. REQUIRES: written >= 2^63.
  double ValueOf(uint64_t written) const;

 private:
  void AppendNumber(absl::string_view number);

  std::string text_;
  std::vector<double> values_;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_DECODE_WIDE_NUMBERS_H_
