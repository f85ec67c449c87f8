// Simulation: a project in memory, driven record by record: what `millrace test` runs a case on. It
// is the engine's event-time loop (app/workers/engine.h), made of the same parts (SourceInput
// decodes, judges and counts; OnlineStore folds; TaskWorker decides, joins, learns) without
// threads, so that a test can stop it anywhere, reopen it, and change the order in which records
// reach the store.
//
// Owned by one thread. Records wait until Settle, Advance or Request lets time run.

#ifndef MILLRACE_APP_TESTING_SIMULATION_H_
#define MILLRACE_APP_TESTING_SIMULATION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "app/project.h"
#include "app/testing/test_file.h"
#include "app/workers/source_ids.h"
#include "app/workers/source_input.h"
#include "app/workers/task_worker.h"
#include "app/workers/tombstones.h"
#include "core/simulated_clock.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "serving/request_scorer.h"
#include "serving/service.h"
#include "stream/memory_log.h"
#include "stream/outbox.h"

namespace millrace {

struct SimulationOptions {
  // Close and reopen all state after every record.
  bool restart = false;
  // Give the store its records in this random order. REQUIRES: no task in the project.
  std::optional<uint64_t> shuffle_seed;
  // Positions are kept beside the rows and everything below them counts as applied, as in a running
  // node. REQUIRES: offsets ascend in each partition, and no shuffle.
  bool position_marks = false;
  std::optional<int64_t> available_from_ms;
};

// What became of the records of a source, and of its rows.
struct TestCounts {
  SourceCounts records;
  EventCounts events;
};

class Simulation {
 public:
  // REQUIRES: the project outlives the simulation; its log is no Kafka and has a partition for
  // every record that will be added.
  static absl::StatusOr<std::unique_ptr<Simulation>> Open(const Project& project,
                                                          const SimulationOptions& options);

  // Puts the record into its source's log. One whose (source, partition, offset) was there before
  // is counted as duplicate and goes nowhere.
  absl::Status Add(const TestRecord& record);
  // Takes what was added, in the order of a simulation, and lets the tasks do all that is due up to
  // the newest time seen. FailedPrecondition when a source with `on_error: stop` had to stop.
  absl::Status Settle();
  // The same, with time going on to `to_ms`.
  absl::Status Advance(int64_t to_ms);
  // Scores a request at its time, as a server would.
  absl::StatusOr<ScoreResponse> Request(const TestRequest& request);

  const Project& project() const { return project_; }
  const OnlineStore& store() const { return *store_; }
  const TaskWorker& task(int task) const { return *tasks_[static_cast<size_t>(task)]; }
  // Of all partitions of the source.
  TestCounts counts(int32_t source) const;
  // Newest time of a record, request or advance; kNoTime before the first.
  int64_t time_ms() const { return time_ms_; }
  // Everything below was done by the tasks.
  int64_t progress_ms() const { return progress_ms_; }
  // Visits the records of a topic's partition 0.
  absl::Status Visit(const std::string& topic, absl::FunctionRef<void(const Record&)> visit);

 private:
  using InputKey = std::pair<int32_t, int32_t>;  // source, partition

  Simulation(const Project& project, const SimulationOptions& options);
  absl::Status OpenState();
  absl::Status OpenInputs();
  absl::Status Commit();
  absl::Status Reopen();
  absl::Status RejectRecord(int32_t source, Record record, const Rejection& rejection);
  int64_t OffsetOf(int32_t source, int32_t partition, int64_t log_offset) const;
  absl::StatusOr<SourceInput*> EarliestHead();
  absl::Status Process(SourceInput& input);
  absl::Status Apply(const Event& event);
  absl::Status ApplyToStore(const Event& event);
  void AddIdsCommit(StateBatch* batch);
  absl::Status ProcessAll();
  absl::Status ProcessShuffled();
  absl::Status RunTasks(int64_t progress_ms);
  absl::StatusOr<RecordedDecision> RecordDecision(int task, const OwnedValue& id,
                                                  const DecisionRow& row,
                                                  const Deployment& deployment);

  const Project& project_;
  const SimulationOptions options_;
  SimulatedClock clock_;
  MemoryLog log_;
  MemoryStateStore state_;
  std::vector<std::vector<std::pair<int, int>>> labels_;  // by source: (task, label source)
  // Offsets as the test gives them, by their place in the log.
  std::map<InputKey, std::vector<int64_t>> offsets_;
  std::set<std::tuple<int32_t, int32_t, int64_t>> seen_;
  std::vector<uint64_t> duplicates_;  // by source
  int64_t time_ms_ = INT64_MIN;
  int64_t progress_ms_ = INT64_MIN;

  // What a restart closes and opens again.
  std::unique_ptr<OnlineStore> store_;
  std::unique_ptr<Outbox> outbox_;
  std::vector<std::unique_ptr<TaskWorker>> tasks_;
  std::unique_ptr<SourceIds> ids_;
  std::unique_ptr<Tombstones> tombstones_;
  std::vector<std::unique_ptr<SourceInput>> inputs_;
  std::unique_ptr<LogReader> reader_;
};

}  // namespace millrace

#endif  // MILLRACE_APP_TESTING_SIMULATION_H_
