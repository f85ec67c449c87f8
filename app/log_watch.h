// LogWatch: whether the log answers, as last asked; says once in the log lines when it is lost and
// when it is back. Ask is called by one thread; loss() by any.

#ifndef MILLRACE_APP_LOG_WATCH_H_
#define MILLRACE_APP_LOG_WATCH_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/clock.h"
#include "stream/log.h"

namespace millrace {

class LogWatch {
 public:
  // REQUIRES: both outlive this.
  LogWatch(Log& log, Clock& clock) : log_(log), clock_(clock) {}

  // Asks the log; blocks as Log::Ping. Returns whether it answers.
  bool Ask();

  struct Loss {
    int64_t since_ms = 0;  // when it was noticed
    std::string why;       // one line
  };
  // None while the log answers.
  std::optional<Loss> loss() const;

 private:
  Log& log_;
  Clock& clock_;
  mutable absl::Mutex mutex_;
  std::optional<Loss> loss_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace

#endif  // MILLRACE_APP_LOG_WATCH_H_
