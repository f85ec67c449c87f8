// What the serving benchmarks answer from: a store of 6 views of 400 airports in memory, a task
// over all their 24 features, a taught logistic model, and the services over them.

#ifndef MILLRACE_BENCH_SERVED_TASK_H_
#define MILLRACE_BENCH_SERVED_TASK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/snapshot.h"
#include "featurestore/memory_state_store.h"
#include "featurestore/online_store.h"
#include "serving/deployment.h"
#include "serving/feature_reader.h"
#include "serving/request_scorer.h"
#include "serving/scorer.h"
#include "serving/service.h"
#include "stream/log_positions.h"

namespace millrace {

class ServedTask {
 public:
  static constexpr int kViews = 6;
  static constexpr int kKeys = 400;

  // Made once, never destroyed.
  static ServedTask& Get();

  static std::string Key(size_t i);
  const Scorer& scorer() const { return *scorer_; }
  const Snapshot<Deployment>& live() const { return live_; }
  int64_t now_ms() const { return now_ms_; }
  RequestScorer& request_scorer() { return *request_scorer_; }
  FeatureReader& feature_reader() { return *feature_reader_; }
  Services services() {
    return {.features = feature_reader_.get(), .scores = request_scorer_.get()};
  }

 private:
  ServedTask();
  void MakePlan();
  void Teach();

  MemoryStateStore state_;
  std::unique_ptr<OnlineStore> store_;
  std::shared_ptr<ScoringPlan> plan_;
  std::unique_ptr<Scorer> scorer_;
  Snapshot<Deployment> live_;
  int64_t now_ms_ = 0;
  std::unique_ptr<RequestScorer> request_scorer_;
  LogPositions positions_{{}, Clock::Real()};
  std::unique_ptr<FeatureReader> feature_reader_;
};

}  // namespace millrace

#endif  // MILLRACE_BENCH_SERVED_TASK_H_
