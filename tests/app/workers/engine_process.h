// EngineProcess: an engine with all it needs, opened as a process opens it, over a log and a state
// that outlive it; so destroying one and making another is a restart. And what it left in its logs.

#ifndef MILLRACE_TESTS_APP_WORKERS_ENGINE_PROCESS_H_
#define MILLRACE_TESTS_APP_WORKERS_ENGINE_PROCESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/project.h"
#include "app/workers/committer.h"
#include "app/workers/engine.h"
#include "core/clock.h"
#include "featurestore/online_store.h"
#include "stream/log.h"
#include "stream/outbox.h"
#include "stream/state_store.h"

namespace millrace {

// The project of a configuration's text, whose paths are below "/". Ends the test program when the
// text does not load.
std::shared_ptr<const Project> LoadedProject(const std::string& text);

// A shop: visits and clicks of users make features; every ask is decided (task `bought`), its label
// is a good click within 5 s; decisions on request are task `asked`.
// Empty text: as it stands; else `replace` is replaced by `by`, which must occur.
std::shared_ptr<const Project> ShopProject(const std::string& replace = "",
                                           const std::string& by = "");

class EngineProcess {
 public:
  // Creates the topics, ships what was left and opens the engine. Fails the test on an error,
  // unless `opened` is given. REQUIRES: all outlive the process.
  EngineProcess(std::shared_ptr<const Project> project, Log& log, StateStore& state, Clock& clock,
                Engine::Mode mode, absl::Status* opened = nullptr);
  // Stops the engine's thread if there is one.
  ~EngineProcess();

  Engine& engine() { return *engine_; }
  OnlineStore& store() { return *store_; }

  // Runs a simulation over everything that is in the log, to its end. On the calling thread.
  absl::Status Simulate(Engine::AtEnd at_end = Engine::AtEnd::kSettle);
  // The ends of all inputs.
  std::vector<int64_t> Ends();
  // Starts the loop on a thread of its own; Stop ends it and gives its status.
  void Start();
  absl::Status Stop();
  // Waits for the end of a loop that ends by itself.
  absl::Status AwaitEnd();

  // Everything that two equal runs must agree on: feature digest, models, metrics and counts.
  std::string Outcome();

 private:
  absl::Status Open(StateStore& state, Clock& clock, Engine::Mode mode);

  const std::shared_ptr<const Project> project_;
  Log& log_;
  std::unique_ptr<OnlineStore> store_;
  std::unique_ptr<Outbox> outbox_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<Engine> engine_;
  std::thread thread_;
  absl::Status ended_;
};

// The values of an emitted topic's records without repeats, "n value". A gap fails the test.
std::vector<std::string> ChannelTexts(Log& log, const std::string& topic);
// Appends a JSON value to partition 0, or another one.
void AppendJson(Log& log, const std::string& topic, const std::string& json, int32_t partition = 0);

}  // namespace millrace

#endif  // MILLRACE_TESTS_APP_WORKERS_ENGINE_PROCESS_H_
