// LogLimit: how many lines a source of log lines may write in a time, where others decide how many
// there are: libraries that log what their input does to them. Thread-safe.

#ifndef MILLRACE_CORE_LOG_LIMIT_H_
#define MILLRACE_CORE_LOG_LIMIT_H_

#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/clock.h"

namespace millrace {

class LogLimit {
 public:
  // REQUIRES: the clock outlives this; `every` is positive.
  LogLimit(int lines_per_second, Clock& clock)
      : LogLimit(lines_per_second, absl::Seconds(1), clock) {}
  LogLimit(int lines, absl::Duration every, Clock& clock)
      : lines_(lines), every_ns_(absl::ToInt64Nanoseconds(every)), clock_(clock) {}

  // How many lines were left out since the last that was written; nullopt: leave this one out too.
  std::optional<int64_t> Admit();

 private:
  const int lines_;
  const int64_t every_ns_;
  Clock& clock_;
  absl::Mutex mutex_;
  int64_t period_ ABSL_GUARDED_BY(mutex_) = -1;
  int written_ ABSL_GUARDED_BY(mutex_) = 0;  // in this period
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace

#endif  // MILLRACE_CORE_LOG_LIMIT_H_
