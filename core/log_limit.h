// LogLimit: how many lines a second a source of log lines may write, where others decide how many
// there are: libraries that log what their input does to them. Thread-safe.

#ifndef MILLRACE_CORE_LOG_LIMIT_H_
#define MILLRACE_CORE_LOG_LIMIT_H_

#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/clock.h"

namespace millrace {

class LogLimit {
 public:
  // REQUIRES: the clock outlives this.
  LogLimit(int lines_per_second, Clock& clock)
      : lines_per_second_(lines_per_second), clock_(clock) {}

  // How many lines were left out since the last that was written; nullopt: leave this one out too.
  std::optional<int64_t> Admit();

 private:
  const int lines_per_second_;
  Clock& clock_;
  absl::Mutex mutex_;
  int64_t second_ ABSL_GUARDED_BY(mutex_) = -1;
  int lines_ ABSL_GUARDED_BY(mutex_) = 0;  // of this second
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace

#endif  // MILLRACE_CORE_LOG_LIMIT_H_
