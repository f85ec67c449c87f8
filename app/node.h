// Node: a running Millrace: the log, the state, the engine's thread, the servers. The one place
// where the modules meet.
//
//   ASSIGN_OR_RETURN(auto node, Node::Open(project, options));
//   RETURN_IF_ERROR(node->Serve());        // optional: HTTP and gRPC
//   node->Start();                         // the engine's thread
//   … node->WaitForEnd() or node->Stop() …
//
// Owned by one thread; accessors may be used by any between Open and destruction.

#ifndef MILLRACE_APP_NODE_H_
#define MILLRACE_APP_NODE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "app/log_watch.h"
#include "app/node_status.h"
#include "app/project.h"
#include "app/workers/committer.h"
#include "app/workers/engine.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "featurestore/online_store.h"
#include "serving/feature_reader.h"
#include "serving/grpc/grpc_server.h"
#include "serving/http/http_server.h"
#include "serving/log_records.h"
#include "serving/request_scorer.h"
#include "stream/log.h"
#include "stream/outbox.h"
#include "stream/state_store.h"

namespace millrace {

struct NodeOptions {
  Engine::Mode mode = Engine::Mode::kLive;
  Clock* clock = &Clock::Real();
};

class Node {
 public:
  // Opens or creates log, topics and state, and ships what an earlier process left. Errors:
  // Aborted (a path in use by another process), FailedPrecondition (state built with another
  // configuration: the message names what differs), NotFound (a source's topic on Kafka), DataLoss,
  // Unavailable.
  static absl::StatusOr<std::unique_ptr<Node>> Open(std::shared_ptr<const Project> project,
                                                    const NodeOptions& options);
  // Stops, if it runs.
  ~Node();

  // Binds the servers of the configuration. Unavailable when an address is in use.
  absl::Status Serve();
  // Starts the engine's thread and housekeeping.
  void Start();
  // Blocks until the engine has ended; its status.
  absl::Status WaitForEnd();
  bool ended() const;
  // Not ready at once, requests under way finish within the configured drain, state is committed.
  absl::Status Stop();

  const Project& project() const { return *project_; }
  Log& log() { return *log_; }
  Engine& engine() { return *engine_; }
  const Engine& engine() const { return *engine_; }
  OnlineStore& store() { return *store_; }
  Services services();
  Registry& registry() { return registry_; }
  uint16_t http_port() const { return http_ ? http_->port() : 0; }
  uint16_t grpc_port() const { return grpc_ ? grpc_->port() : 0; }

 private:
  Node(std::shared_ptr<const Project> project, const NodeOptions& options);
  absl::Status OpenLog();
  absl::Status OpenState();
  absl::Status OpenEngine();
  void OpenServices();
  std::vector<size_t> PartitionsOf(const ViewSpec& view) const;
  DecisionRecorder MakeRecorder(int task);
  void Housekeep();

  const std::shared_ptr<const Project> project_;
  const NodeOptions options_;
  Registry registry_;
  std::unique_ptr<Log> log_;
  std::function<absl::Status()> enforce_retention_;  // of the embedded log
  std::string log_identity_;
  std::unique_ptr<StateStore> state_;
  std::unique_ptr<OnlineStore> store_;
  std::unique_ptr<Outbox> outbox_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<FeatureReader> features_;
  std::unique_ptr<RequestScorer> scores_;
  std::unique_ptr<LogRecords> records_;
  std::unique_ptr<LogWatch> log_watch_;
  std::unique_ptr<NodeStatus> status_;
  std::string catalog_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<GrpcServer> grpc_;

  mutable absl::Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
  std::thread engine_thread_;
  std::thread housekeeper_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_NODE_H_
