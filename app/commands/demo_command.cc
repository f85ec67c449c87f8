// millrace demo flights: a year of real flights through the whole system.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "app/commands/command.h"
#include "app/demo/demo_directory.h"
#include "app/demo/demo_view.h"
#include "app/demo/flights_data.h"
#include "app/demo/flights_replay.h"
#include "app/node.h"
#include "app/run_report.h"
#include "app/signals.h"
#include "core/clock.h"
#include "core/hashing.h"
#include "core/status_macros.h"
#include "stream/dead_letter.h"
#include "stream/kafka/kafka_log.h"

namespace millrace {
namespace {

// The line of the demo's configuration that --kafka replaces.
constexpr absl::string_view kEmbeddedLog = "log: {embedded: {path: ./data/log}}";

// Seconds of event time a second: a day in about four seconds, the year in under half an hour.
constexpr double kDefaultSpeed = 20'000;

struct DemoOptions {
  std::string name = "flights";
  std::string speed;
  int month = 0;
  std::string kafka;
  int partitions = 1;
  bool exit = false;
  bool fresh = false;
};

// Where the demo keeps its log and state unless -C says otherwise.
std::filesystem::path DefaultDirectory() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state != 0) {
    return std::filesystem::path(state) / "millrace" / "demo-flights";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != 0) {
    return std::filesystem::path(home) / ".local/state/millrace/demo-flights";
  }
  return std::filesystem::temp_directory_path() / absl::StrCat("millrace-demo-flights-", getuid());
}

class Demo {
 public:
  Demo(const GlobalOptions& global, const DemoOptions& options)
      : global_(global), options_(options), clock_(Clock::Real()) {}

  int Run() {
    std::optional<double> speed = kDefaultSpeed;
    if (options_.speed == "max") {
      speed = std::nullopt;
    } else if (!options_.speed.empty()) {
      double number = 0;
      if (!absl::SimpleAtod(options_.speed, &number) || !(number > 0)) {
        std::fprintf(stderr, "millrace: demo: --speed takes a number above 0, or max, not '%s'\n",
                     options_.speed.c_str());
        return kExitUsage;
      }
      speed = number;
    }
    directory_ = global_.directory.empty() ? DefaultDirectory() : std::filesystem::path(".");
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error) {
      return Fail("demo", absl::UnavailableError(absl::StrCat("cannot make ", directory_.string(),
                                                              ": ", error.message())));
    }
    directory_ = std::filesystem::canonical(directory_);
    absl::StatusOr<std::string> config = ConfigText();
    if (!config.ok()) return Fail("demo", config.status());
    config_ = *std::move(config);
    GlobalOptions global = global_;
    if (!global.file_given) global.file = "millrace.yaml (of the demo)";
    project_ = LoadProject(global, {}, config_, directory_.string());
    if (project_ == nullptr) return kExitConfig;
    const absl::Status status = RunProject(speed);
    return status.ok() ? kExitOk : Fail("demo", status);
  }

 private:
  // The demo's own configuration, or that of --file, with the log that --kafka asks for.
  absl::StatusOr<std::string> ConfigText() const {
    std::string text(FlightsData::Config());
    if (global_.file_given) {
      std::ifstream file(global_.file);
      text.assign(std::istreambuf_iterator<char>(file), {});
      if (!file) return absl::InvalidArgumentError(absl::StrCat("cannot read ", global_.file));
    }
    if (options_.kafka.empty()) return text;
    if (!absl::StrContains(text, kEmbeddedLog)) {
      return absl::InvalidArgumentError(absl::StrCat("--kafka replaces the line `", kEmbeddedLog,
                                                     "`, which ", global_.file, " does not have"));
    }
    return absl::StrReplaceAll(
        text, {{kEmbeddedLog, absl::StrCat("log: {kafka: {brokers: \"", options_.kafka, "\"}}")}});
  }

  // What makes two runs the same one.
  std::string RunName() const {
    return absl::StrCat(
        "month=", options_.month, " kafka=", options_.kafka,
        " partitions=", options_.kafka.empty() ? 1 : options_.partitions, " config=",
        absl::Hex(Xxh3(absl::StrCat(config_, "\n", absl::StrJoin(global_.settings, "\n")))), "\n");
  }

  // An unfinished run of the same kind is resumed; anything else starts over.
  absl::Status ResumeOrEmpty(const DemoDirectory& directory) {
    const std::string found = directory.UnfinishedRun();
    resumed_ = !options_.fresh && found == RunName();
    if (resumed_) return absl::OkStatus();
    RETURN_IF_ERROR(directory.Empty());
    if (!found.empty() && !options_.fresh && !global_.quiet) {
      std::fprintf(stderr, "starting over: the unfinished run in %s was one with other options\n",
                   directory_.c_str());
    }
    return absl::OkStatus();
  }

  absl::Status RunProject(std::optional<double> speed) {
    const int64_t start_ns = clock_.MonotonicNanos();
    ASSIGN_OR_RETURN(const DemoDirectory directory, DemoDirectory::Claim(directory_));
    RETURN_IF_ERROR(ResumeOrEmpty(directory));
    if (!options_.kafka.empty()) RETURN_IF_ERROR(PrepareTopics());
    std::unique_ptr<Signals> signals = std::make_unique<Signals>([this](int) { Interrupt(); });
    ASSIGN_OR_RETURN(const std::unique_ptr<Node> node,
                     Node::Open(project_, {Engine::Mode::kSimulation, &clock_}));
    RETURN_IF_ERROR(directory.MarkStarted(RunName()));
    RunPart part{.records_before = RecordsRead(*node)};
    const auto run_so_far = [&] {
      part.seconds = static_cast<double>(clock_.MonotonicNanos() - start_ns) * 1e-9;
      return part;
    };
    if (!options_.exit) RETURN_IF_ERROR(node->Serve());
    ASSIGN_OR_RETURN(
        const FlightsData data,
        FlightsData::Load(options_.month > 0 ? std::optional(options_.month) : std::nullopt));
    FlightsReplay replay(data, *project_, node->log(), node->engine(), clock_,
                         {speed, Engine::AtEnd::kSettle});
    {
      absl::MutexLock lock(&mutex_);
      replay_ = &replay;
      node_ = node.get();
    }
    node->Start();
    absl::Status replayed;
    std::thread producer([&] {
      replayed = replay.Run();
      if (!replayed.ok()) node->engine().Stop();
    });
    {
      DemoView view(global_, *node, replay, data.size(), directory_.string(), resumed_, clock_);
      view.RunUntilEnd([this] { return interrupted_.load(); });
    }
    replay.Stop();
    producer.join();
    const bool finished = node->ended() && !interrupted_;
    if (finished && !options_.exit) {
      if (!global_.quiet) {
        std::fprintf(stderr, "\n%sthe data end here; serving until Ctrl-C\n",
                     RunReportText(*node, run_so_far()).c_str());
      }
      WaitForInterrupt();
    }
    const absl::Status stopped = node->Stop();
    signals.reset();
    RETURN_IF_ERROR(replayed);
    RETURN_IF_ERROR(stopped);
    if (interrupted_ && !finished) {
      std::fprintf(stderr, "stopped; the same command goes on from here\n");
      return absl::OkStatus();
    }
    if (global_.json) {
      ASSIGN_OR_RETURN(const std::string report, RunReportJson(*node, run_so_far()));
      std::printf("%s\n", report.c_str());
    } else if (options_.exit) {
      std::fputs(RunReportText(*node, run_so_far()).c_str(), stdout);
    }
    return directory.MarkFinished();  // the next run starts over
  }

  // Kafka: the sources' topics with the partitions asked for; those of an earlier run go first.
  absl::Status PrepareTopics() const {
    ASSIGN_OR_RETURN(const std::unique_ptr<KafkaLog> log,
                     KafkaLog::Open({.brokers = options_.kafka, .clock = &clock_}));
    if (!resumed_) {
      ASSIGN_OR_RETURN(const std::vector<TopicInfo> topics, log->Topics());
      for (const TopicInfo& topic : topics) {
        if (IsOfDemo(topic.name)) RETURN_IF_ERROR(log->DeleteTopic(topic.name));
      }
    }
    for (const SourceSpec& source : project_->sources) {
      RETURN_IF_ERROR(log->CreateTopic(source.topic, {.partitions = options_.partitions}));
    }
    return absl::OkStatus();
  }

  // A topic that this configuration names, and no other that looks like one.
  bool IsOfDemo(absl::string_view topic) const {
    if (absl::StartsWith(topic, project_->OwnTopic(""))) return true;
    return std::any_of(project_->sources.begin(), project_->sources.end(),
                       [topic](const SourceSpec& source) {
                         return topic == source.topic || topic == DeadLetterTopic(source.topic);
                       });
  }

  void Interrupt() {
    interrupted_ = true;
    absl::MutexLock lock(&mutex_);
    if (replay_ != nullptr) replay_->Stop();
    if (node_ != nullptr) node_->engine().Stop();
  }

  void WaitForInterrupt() {
    while (!interrupted_) clock_.SleepFor(absl::Milliseconds(100));
  }

  const GlobalOptions& global_;
  const DemoOptions& options_;
  Clock& clock_;
  std::filesystem::path directory_;
  std::string config_;
  std::shared_ptr<const Project> project_;
  bool resumed_ = false;
  std::atomic<bool> interrupted_{false};
  absl::Mutex mutex_;
  FlightsReplay* replay_ ABSL_GUARDED_BY(mutex_) = nullptr;
  Node* node_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace

void AddDemo(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* demo =
      app.add_subcommand("demo", "Replay a year of real flights through the whole system");
  demo->add_option("NAME", options->name, "Which demo")->check(CLI::IsMember({"flights"}));
  demo->add_option("--speed", options->speed,
                   "Seconds of event time a second, or max (default 20000)");
  demo->add_option("--month", options->month, "Only this month of 2013")->check(CLI::Range(1, 12));
  demo->add_option(
      "--kafka", options->kafka,
      "HOST:PORT of a Kafka broker to use in place of the embedded log; a new run deletes the "
      "topics of the one before (flights.*, millrace.flights.*)");
  demo->add_option("--partitions", options->partitions, "Partitions of each source topic on Kafka")
      ->check(CLI::Range(1, 64));
  demo->add_flag("--exit", options->exit, "Exit when the data end, without serving");
  demo->add_flag("--fresh", options->fresh, "Begin anew, also when an unfinished run could go on");
  demo->footer("Example: millrace demo flights --speed max --exit --json");
  demo->callback([&global, options, run] {
    *run = [&global, options] { return Demo(global, *options).Run(); };
  });
}

}  // namespace millrace
