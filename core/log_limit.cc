#include "core/log_limit.h"

#include <utility>

namespace millrace {

std::optional<int64_t> LogLimit::Admit() {
  const int64_t period = clock_.MonotonicNanos() / every_ns_;
  absl::MutexLock lock(&mutex_);
  if (period != period_) {
    period_ = period;
    written_ = 0;
  }
  if (++written_ > lines_) {
    ++left_out_;
    return std::nullopt;
  }
  return std::exchange(left_out_, 0);
}

}  // namespace millrace
