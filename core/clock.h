// Clock: the only way to read time or to sleep. Event time never comes from here: it comes from
// records. Thread-safe.

#ifndef MILLRACE_CORE_CLOCK_H_
#define MILLRACE_CORE_CLOCK_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace millrace {

class Clock {
 public:
  virtual ~Clock() = default;

  // Wall-clock time, UTC.
  virtual absl::Time Now() = 0;
  // Nanoseconds since an arbitrary start; never goes back. For measuring durations.
  virtual int64_t MonotonicNanos() = 0;
  // Blocks for `duration`.
  virtual void SleepFor(absl::Duration duration) = 0;
  // Waits until `condition` holds or `timeout` of this clock has passed; true when it holds.
  // REQUIRES: `mutex` is held.
  virtual bool AwaitWithTimeout(absl::Mutex& mutex, const absl::Condition& condition,
                                absl::Duration timeout) = 0;

  // The process-wide real clock.
  static Clock& Real();
};

inline int64_t ToEpochMillis(absl::Time time) { return absl::ToUnixMillis(time); }

}  // namespace millrace

#endif  // MILLRACE_CORE_CLOCK_H_
