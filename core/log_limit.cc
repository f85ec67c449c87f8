#include "core/log_limit.h"

#include <utility>

namespace millrace {

std::optional<int64_t> LogLimit::Admit() {
  const int64_t second = clock_.MonotonicNanos() / 1'000'000'000;
  absl::MutexLock lock(&mutex_);
  if (second != second_) {
    second_ = second;
    lines_ = 0;
  }
  if (++lines_ > lines_per_second_) {
    ++left_out_;
    return std::nullopt;
  }
  return std::exchange(left_out_, 0);
}

}  // namespace millrace
