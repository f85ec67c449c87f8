// Scratch: where one evaluation of an expression puts the bytes that it makes, a stack within a
// string of the caller, which keeps its size from record to record, so that a warm one is never
// reallocated. Views into it stay valid while it is in use: it does not grow meanwhile. When it is
// too small the evaluation starts over with a larger one (an expression has no effects).
//
// Owned by one evaluation.

#ifndef MILLRACE_STREAM_EXPR_SCRATCH_H_
#define MILLRACE_STREAM_EXPR_SCRATCH_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace millrace {

class Scratch {
 public:
  // The most that an evaluation may make, all in all.
  static constexpr size_t kMaxBytes = size_t{4} << 20;

  explicit Scratch(std::string* bytes);
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // Room for `size` bytes; null when there is none, and then Grow must follow.
  char* Take(size_t size);
  // A copy of `text`; empty when there is no room.
  absl::string_view Copy(absl::string_view text);
  // The first free byte; never null.
  char* top() const { return base_ + used_; }
  // Gives back everything from `place` on. REQUIRES: a former top().
  void Rewind(const char* place) { used_ = static_cast<size_t>(place - base_); }
  size_t used() const { return used_; }

  bool exhausted() const { return wanted_ != 0; }
  // Empties the scratch and makes it larger than what was asked of it; false beyond kMaxBytes.
  bool Grow();

 private:
  std::string* const bytes_;
  char* base_;
  size_t used_ = 0;
  size_t wanted_ = 0;  // not 0: what it would have had to hold
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_EXPR_SCRATCH_H_
