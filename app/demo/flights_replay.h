// FlightsReplay: appends the demo's events to the topics of its sources, in order, at a chosen
// speed, and promises the engine how far they have come. A replay goes on where the topics end.

#ifndef MILLRACE_APP_DEMO_FLIGHTS_REPLAY_H_
#define MILLRACE_APP_DEMO_FLIGHTS_REPLAY_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "app/demo/flights_data.h"
#include "app/workers/engine.h"
#include "core/clock.h"
#include "stream/log.h"

namespace millrace {

class FlightsReplay {
 public:
  struct Options {
    // Seconds of event time a second; nullopt: as fast as the log takes them.
    std::optional<double> speed;
    Engine::AtEnd at_end = Engine::AtEnd::kSettle;
  };
  // REQUIRES: all outlive the replay; the topics exist.
  FlightsReplay(const FlightsData& data, const Project& project, Log& log, Engine& engine,
                Clock& clock, Options options);

  // Appends until the data end or Stop. Blocks.
  absl::Status Run();
  // Thread-safe.
  void Stop() { stop_.store(true); }
  // Records appended by this and earlier runs. Thread-safe.
  uint64_t appended() const { return appended_.load(std::memory_order_relaxed); }

 private:
  absl::Status FindEnds();
  absl::Status AppendUpTo(size_t end, size_t* next);

  const FlightsData& data_;
  const Project& project_;
  Log& log_;
  Engine& engine_;
  Clock& clock_;
  const Options options_;
  std::vector<std::string> topics_;            // by FlightEventKind
  std::vector<int32_t> partitions_;            // of those topics
  std::map<TopicPartition, size_t> input_;     // index into Engine::inputs()
  std::map<TopicPartition, int64_t> already_;  // records to skip: an earlier run's
  std::vector<int64_t> ends_;
  std::atomic<uint64_t> appended_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace millrace

#endif  // MILLRACE_APP_DEMO_FLIGHTS_REPLAY_H_
