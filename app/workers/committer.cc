#include "app/workers/committer.h"

#include <algorithm>
#include <utility>

#include "core/log_line.h"

namespace millrace {
namespace {

constexpr absl::Duration kFirstRetry = absl::Milliseconds(100);
constexpr absl::Duration kLastRetry = absl::Seconds(5);

}  // namespace

Committer::Committer(StateStore& state, Log& log, Outbox& outbox, Clock& clock)
    : state_(state), log_(log), outbox_(outbox), clock_(clock), thread_([this] { Run(); }) {}

Committer::~Committer() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    retrying_ = false;
  }
  thread_.join();
}

absl::Status Committer::Submit(Commit commit) {
  absl::MutexLock lock(&mutex_);
  const auto has_room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return queue_.size() < kMaxQueued || !status_.ok();
  };
  mutex_.Await(absl::Condition(&has_room));
  if (!status_.ok()) {
    for (const auto& done : commit.done) done(status_);
    return status_;
  }
  queue_.push_back(std::move(commit));
  return absl::OkStatus();
}

absl::Status Committer::Drain() {
  absl::MutexLock lock(&mutex_);
  const auto drained = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return queue_.empty() && !busy_;
  };
  mutex_.Await(absl::Condition(&drained));
  return status_;
}

void Committer::StopRetrying() {
  absl::MutexLock lock(&mutex_);
  retrying_ = false;
}

absl::Status Committer::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

void Committer::Run() {
  const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !queue_.empty() || stopping_;
  };
  while (true) {
    Commit commit;
    absl::Status status;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&has_work));
      if (queue_.empty()) return;
      commit = std::move(queue_.front());
      queue_.pop_front();
      busy_ = true;
      status = status_;
    }
    if (status.ok()) status = state_.Commit(commit.batch);
    for (const auto& done : commit.done) done(status);
    if (status.ok()) {
      Ship(commit.ship);
    } else {
      LogLine(LogLevel::kError, "commit_failed").With("error", status.ToString());
    }
    absl::MutexLock lock(&mutex_);
    if (status_.ok()) status_ = status;
    busy_ = false;
  }
}

void Committer::Ship(const std::vector<OutboxEntry>& entries) {
  absl::Duration wait = kFirstRetry;
  while (!left_behind_) {
    const absl::Status status = outbox_.Ship(log_, entries);
    if (status.ok()) return;
    LogLine(LogLevel::kWarn, "outbox_not_shipped").With("error", status.ToString());
    {
      absl::MutexLock lock(&mutex_);
      // Trying again does not help against what the log will never take.
      if (absl::IsInvalidArgument(status)) {
        status_ = status;
        left_behind_ = true;
        return;
      }
      left_behind_ = !retrying_;
    }
    if (left_behind_) return;  // it is committed: the next process ships it
    clock_.SleepFor(wait);
    wait = std::min(2 * wait, kLastRetry);
  }
}

}  // namespace millrace
