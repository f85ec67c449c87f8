#include "app/log_watch.h"

#include "core/log_line.h"

namespace millrace {

bool LogWatch::Ask() {
  const absl::Status answer = log_.Ping();
  const int64_t now_ms = ToEpochMillis(clock_.Now());
  absl::MutexLock lock(&mutex_);
  if (answer.ok()) {
    if (loss_) LogLine(LogLevel::kInfo, "log_back").With("away_ms", now_ms - loss_->since_ms);
    loss_.reset();
    return true;
  }
  if (!loss_) {
    const absl::string_view message = answer.message();
    loss_ = Loss{now_ms, std::string(message.substr(0, message.find('\n')))};
    LogLine(LogLevel::kError, "log_lost").With("reason", loss_->why);
  }
  return false;
}

std::optional<LogWatch::Loss> LogWatch::loss() const {
  absl::MutexLock lock(&mutex_);
  return loss_;
}

}  // namespace millrace
