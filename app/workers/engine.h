// Engine: the event loop of a process: reads the sources, folds every record into the feature
// state, and drives the tasks in event time. One thread runs it and owns all state that changes.
//
// Live, a record is applied the moment it is read, in whatever order it comes; decisions wait until
// every input has progressed to their time (stream/progress.h). In a simulation the loop is one
// sequence in event time: a record is taken only when nothing earlier can come, which a frontier
// promises; so features, examples and models are the same at any speed, on any machine.
//
// All state changes reach the disk through commits of one moment of the loop (app/workers/
// committer.h): every commit holds all tasks and positions, and the feature rows of some shards in
// turn, so no shard is ever ahead of the tasks.

#ifndef MILLRACE_APP_WORKERS_ENGINE_H_
#define MILLRACE_APP_WORKERS_ENGINE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "app/project.h"
#include "app/workers/available_from.h"
#include "app/workers/committer.h"
#include "app/workers/engine_status.h"
#include "app/workers/freshness.h"
#include "app/workers/holdback_watch.h"
#include "app/workers/learner_report.h"
#include "app/workers/source_history.h"
#include "app/workers/source_ids.h"
#include "app/workers/source_input.h"
#include "app/workers/task_worker.h"
#include "app/workers/tombstones.h"
#include "core/clock.h"
#include "core/log_limit.h"
#include "core/snapshot.h"
#include "featurestore/online_store.h"
#include "stream/log.h"
#include "stream/log_positions.h"
#include "stream/outbox.h"
#include "stream/state_store.h"

namespace millrace {

// A promise about a simulation's inputs: every record with event time < time_ms stands below the
// given end offsets, one per (source, partition) in the order of Engine::inputs().
struct Frontier {
  int64_t time_ms = INT64_MIN;
  std::vector<int64_t> ends;
};

class Engine {
 public:
  struct Dependencies {
    const Project* project;
    Log* log;
    const StateStore* state;
    OnlineStore* store;
    Outbox* outbox;
    Committer* committer;
    Clock* clock;
    Registry* registry = nullptr;  // null: nothing is measured
  };
  enum class Mode { kLive, kSimulation };

  // Opens tasks and positions as last committed. REQUIRES: dependencies outlive the engine; the
  // topics of all sources and tasks exist; what an earlier process left in the outbox is shipped.
  static absl::StatusOr<std::unique_ptr<Engine>> Open(const Dependencies& dependencies, Mode mode);
  ~Engine();

  struct InputName {
    TopicPartition topic_partition;
    int32_t source = 0;
  };
  // The partitions read, in the order of Frontier::ends.
  const std::vector<InputName>& inputs() const { return input_names_; }

  // Runs the loop on the calling thread until Stop, an error, or, in a simulation, the end of a
  // frontier with time kEndOfTime. What was done is committed and shipped on return.
  absl::Status Run();

  // What a simulation does when its frontier has ended: kLeavePending leaves open decisions open;
  // kSettle lets time run out for all of them.
  enum class AtEnd { kLeavePending, kSettle };

  // Thread-safe from here on.
  void Stop();
  // Moves the promise forward. REQUIRES: Mode::kSimulation; times ascend.
  void SetFrontier(Frontier frontier, AtEnd at_end = AtEnd::kLeavePending);
  // Records a decision made on a request; blocks until it is durable. Unavailable when the loop has
  // ended, DeadlineExceeded after 5 s (it may be recorded nevertheless).
  absl::StatusOr<DecisionAnswer> RecordDecision(int task, DecisionRequest request);
  // Whether the log answers (Log::Ping). While it does not, no input is at its end: a live time
  // stands where its records end.
  void SetLogReachable(bool reachable) { log_reachable_.store(reachable); }
  Mode mode() const { return mode_; }
  // Of inputs(), in their order. Closed when the loop has ended.
  LogPositions& positions() { return *positions_; }
  // Never null once Run has begun; refreshed several times a second.
  std::shared_ptr<const EngineStatus> status() const { return status_.Read(); }
  Snapshot<Deployment>& deployment(int task) { return tasks_[task]->trainer().deployment(); }
  const Scorer& scorer(int task) const { return tasks_[task]->scorer(); }

  // For digests and final reports; REQUIRES: Run is not running.
  TaskWorker& task(int i) { return *tasks_[i]; }
  EngineStatus MakeStatus() const;

 private:
  struct PendingRequest;
  static constexpr int64_t kUnknownEnd = INT64_MAX;

  explicit Engine(const Dependencies& dependencies, Mode mode);
  absl::Status OpenInputs();
  absl::Status OpenTasks();
  absl::Status Loop();
  // What a turn of the loop found to do.
  enum class Found { kWork, kNothing, kEnd };
  absl::StatusOr<Found> LiveTurn();
  absl::StatusOr<Found> SimulationTurn();
  absl::StatusOr<bool> Redo();
  absl::StatusOr<SourceInput*> EarliestHead();
  // `partitions`: of the topic, if its records are checked against them; else 0.
  absl::Status OpenInput(int32_t source, int32_t partition, int32_t partitions,
                         std::vector<ReadFrom>* reads);
  absl::Status OpenHistory(int32_t source);
  absl::Status AddInput(int32_t source, int32_t partition, InputPosition position,
                        int64_t redo_from, SourceInput::Parts parts);
  bool MustWait(SourceInput& input) const;
  absl::StatusOr<bool> Peek(size_t input);
  absl::Status Process(SourceInput& input);
  absl::Status Apply(const Event& event);
  absl::Status ApplyToStore(const Event& event);
  void AddIdsCommit(StateBatch* batch);
  absl::Status RejectRecord(int dead_letters, int32_t source, const Record& record,
                            const Rejection& rejection);
  void CountRejected(int32_t source, RejectCode reason, bool dead_letter);
  // The sources with topics that the view is computed from.
  void MarkSourcesOf(int32_t view, std::vector<bool>* sources) const;
  // Of a live engine, with what is known of the log.
  InputTimes TimesOf(const SourceInput& input) const;
  HoldbackReason HoldbackOf(const SourceInput& input, int64_t now_ms) const;
  bool IsCaughtUp() const;
  int64_t LiveProgressNow(const std::vector<bool>& sources) const;
  int64_t SimulationGate();
  int64_t NewestEventMs() const;
  absl::Status Advance(int64_t progress_ms);
  absl::Status AdvanceLive();
  // Notes what holds the task's time back, and says so once when something has waited for long.
  void WatchHoldback(size_t task);
  EngineStatus::Input InputStatus(size_t input, int64_t now_ms) const;
  absl::Status TakeRequests();
  absl::Status MaybeCommit();
  bool HasUncommitted() const;
  absl::Status CommitNow(Trainer::Scope scope, int shards);
  void TakeCommittedShards();
  void TellPositions();
  void RefreshStatus(bool now);

  const Dependencies deps_;
  const Project& project_;
  const Mode mode_;
  LogLimit reject_log_;
  Freshness freshness_;
  LogLimit misrouted_log_;
  std::vector<InputName> input_names_;
  SourceIds ids_;
  AvailableFrom available_from_;
  Tombstones tombstones_;
  std::vector<std::unique_ptr<SourceInput>> inputs_;  // those of input_names_, then histories_
  std::vector<int64_t> durable_offsets_;              // as submitted with the last commit
  std::vector<int64_t> ends_at_start_;                // by input; of files unknown: kUnknownEnd
  std::unique_ptr<LogPositions> positions_;
  std::unique_ptr<LogReader> reader_;
  std::vector<std::unique_ptr<SourceHistory>> histories_;
  std::vector<std::unique_ptr<TaskWorker>> tasks_;
  std::vector<std::vector<int>> triggered_;  // by source: tasks it triggers
  // By task, sources with topics: of its views, trigger and labels; of its trigger.
  std::vector<std::vector<bool>> task_sources_, trigger_sources_;
  // By source: what the views it looks in are computed from; empty without lookups.
  std::vector<std::vector<bool>> lookup_sources_;
  std::vector<std::vector<std::pair<int, int>>> labels_;  // by source: (task, label source)
  std::vector<HoldbackWatch> holdbacks_;                  // by task
  int64_t progress_ms_ = INT64_MIN;
  int next_shard_ = 0;
  std::vector<bool> shard_in_flight_;  // its commit is not over yet
  int64_t last_commit_ns_ = 0;
  int64_t last_whole_ns_ = 0;
  int64_t last_status_ns_ = 0;
  uint64_t commits_ = 0;
  bool caught_up_ = false;
  Found last_found_ = Found::kNothing;  // of the turn before
  // Some shards lack records below the positions: nothing may be committed, as it would say that
  // they have them.
  bool redoing_ = true;
  std::vector<std::function<void(const absl::Status&)>> on_commit_;
  std::string scratch_;

  std::atomic<bool> stop_{false};
  std::atomic<bool> log_reachable_{true};
  absl::Mutex mutex_;
  Frontier frontier_ ABSL_GUARDED_BY(mutex_);
  AtEnd at_end_ ABSL_GUARDED_BY(mutex_) = AtEnd::kLeavePending;
  std::vector<std::pair<int, bool>> committed_shards_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<PendingRequest>> requests_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  Frontier gate_;  // the loop's copy
  Snapshot<EngineStatus> status_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_WORKERS_ENGINE_H_
