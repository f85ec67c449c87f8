// InputParts: takes the parts of a fuzz input off its front, one after another. Never fails: what
// is not there is empty or zero. The views point into the input. Thread-compatible.

#ifndef MILLRACE_TESTS_FUZZ_INPUT_PARTS_H_
#define MILLRACE_TESTS_FUZZ_INPUT_PARTS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace millrace {

class InputParts {
 public:
  explicit InputParts(absl::string_view input) : rest_(input) {}

  bool empty() const { return rest_.empty(); }
  absl::string_view rest() const { return rest_; }

  uint8_t Byte() { return rest_.empty() ? 0 : static_cast<uint8_t>(Take(1).front()); }
  // At most that many bytes.
  absl::string_view Take(size_t size) {
    const absl::string_view part = rest_.substr(0, size);
    rest_.remove_prefix(part.size());
    return part;
  }
  // Up to the mark, which is taken too; without one all there is.
  absl::string_view Until(absl::string_view mark) {
    const size_t end = rest_.find(mark);
    const absl::string_view part = Take(end);
    Take(mark.size());
    return part;
  }
  absl::string_view Line() { return Until("\n"); }
  // As many bytes as the two bytes before them say (big-endian), so that mutations of one part
  // leave the others where they are.
  absl::string_view Sized() {
    const size_t high = Byte();
    return Take(high << 8 | Byte());
  }

 private:
  absl::string_view rest_;
};

}  // namespace millrace

#endif  // MILLRACE_TESTS_FUZZ_INPUT_PARTS_H_
