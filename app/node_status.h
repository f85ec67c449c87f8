// NodeStatus: what a node tells of itself: /api/v1/status, health and metrics, all from the
// engine's last status. Thread-safe.

#ifndef MILLRACE_APP_NODE_STATUS_H_
#define MILLRACE_APP_NODE_STATUS_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "app/log_watch.h"
#include "app/project.h"
#include "app/workers/committer.h"
#include "app/workers/engine.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "featurestore/online_store.h"
#include "serving/service.h"

namespace millrace {

class NodeStatus final : public StatusService {
 public:
  // REQUIRES: all outlive this.
  NodeStatus(const Project& project, const Engine& engine, const OnlineStore& store,
             const Committer& committer, const LogWatch& log, Clock& clock, Registry& registry);

  absl::StatusOr<std::string> StatusJson() override;
  Health GetHealth() override;

  void RefreshMetrics() override;
  // Measures what the views' state takes, which RefreshMetrics does not: it may read files.
  void MeasureState();

  // The engine's thread is over; an error makes the node not ready.
  void EngineEnded(const absl::Status& status);
  // The node is stopping: not ready from now on.
  void Draining();

 private:
  const Project& project_;
  const Engine& engine_;
  const OnlineStore& store_;
  const Committer& committer_;
  const LogWatch& log_;
  Clock& clock_;
  Registry& registry_;
  const int64_t started_ns_;
  absl::Mutex refresh_mutex_;  // so that one thread at a time raises counters
  absl::Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace

#endif  // MILLRACE_APP_NODE_STATUS_H_
