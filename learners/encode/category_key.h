// CategoryKey: the canonical bytes of one or more typed values: equal bytes if and only if the
// values are equal. On the stack; never allocates. A string of more than 64 bytes is stood for by
// its size and a 128-bit hash, so that keys have a bound. The bytes are stored, so they never
// change.

#ifndef MILLRACE_LEARNERS_ENCODE_CATEGORY_KEY_H_
#define MILLRACE_LEARNERS_ENCODE_CATEGORY_KEY_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "core/value.h"

namespace millrace {

class CategoryKey {
 public:
  static constexpr size_t kMaxValues = 16;
  static constexpr size_t kMaxStringBytes = 64;

  CategoryKey() = default;
  // Starts with a number, such as the input the values belong to.
  explicit CategoryKey(uint32_t number) { AppendFixed(number, sizeof(number)); }

  // False, with a null appended, for a double that is not finite. -0.0 counts as 0.0.
  // REQUIRES: at most kMaxValues calls.
  bool Append(const Value& value);

  // Valid as long as this object.
  absl::string_view bytes() const { return {buffer_, size_}; }

 private:
  static constexpr size_t kMaxValueBytes = 2 + kMaxStringBytes;  // type, size, content

  void AppendFixed(uint64_t bits, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) {
      buffer_[size_++] = static_cast<char>(bits >> (8 * i));
    }
  }

  size_t size_ = 0;
  char buffer_[sizeof(uint32_t) + kMaxValues * kMaxValueBytes];
};

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_ENCODE_CATEGORY_KEY_H_
