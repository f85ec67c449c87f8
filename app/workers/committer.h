// Committer: the thread that makes commits durable and then ships what they emit. Commits are done
// in the order of Submit, so the state on disk is always that of one moment of the event loop.
//
// Thread-safe. After a failed commit nothing more is written: status() tells, Submit refuses, and
// the process goes on serving what it has. A log that does not take the emitted records is tried
// again until it does; meanwhile Submit blocks once kMaxQueued commits wait (backpressure).

#ifndef MILLRACE_APP_WORKERS_COMMITTER_H_
#define MILLRACE_APP_WORKERS_COMMITTER_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "core/clock.h"
#include "stream/log.h"
#include "stream/outbox.h"
#include "stream/state_store.h"

namespace millrace {

struct Commit {
  StateBatch batch;
  std::vector<OutboxEntry> ship;
  // Called on the committer's thread once the batch is durable (before shipping), or failed.
  std::vector<std::function<void(const absl::Status&)>> done;
};

class Committer {
 public:
  static constexpr size_t kMaxQueued = 4;

  // REQUIRES: all outlive the committer.
  Committer(StateStore& state, Log& log, Outbox& outbox, Clock& clock);
  // Commits what was submitted; what the log does not take then is shipped by the next process.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // Queues the commit. Blocks while kMaxQueued wait. Returns status(), and then drops the commit,
  // if an earlier one failed.
  absl::Status Submit(Commit commit);
  // Blocks until everything submitted is committed and shipped, or has failed.
  absl::Status Drain();
  // From now on what the log does not take at once, and everything after it, is left to the next
  // process.
  void StopRetrying();
  // OK, or why the first commit failed, or what the log refused for good.
  absl::Status status() const;

 private:
  void Run();
  void Ship(const std::vector<OutboxEntry>& entries);

  StateStore& state_;
  Log& log_;
  Outbox& outbox_;
  Clock& clock_;
  mutable absl::Mutex mutex_;
  std::deque<Commit> queue_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool retrying_ ABSL_GUARDED_BY(mutex_) = true;
  // The thread's own: something committed was not shipped, so nothing after it may be.
  bool left_behind_ = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // last: runs on the members above
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_COMMITTER_H_
