// millrace serve: the server; with --until-caught-up a simulation of what the logs held at start.

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>

#include "app/commands/command.h"
#include "app/node.h"
#include "app/run_report.h"
#include "app/signals.h"
#include "core/clock.h"
#include "core/status_macros.h"
#include "stream/progress.h"

namespace millrace {
namespace {

struct ServeOptions {
  bool until_caught_up = false;
  bool settle = false;
};

// Everything the logs hold now, and nothing that comes later.
absl::StatusOr<Frontier> FrontierNow(Node& node) {
  Frontier frontier;
  frontier.time_ms = kEndOfTime;
  for (const Engine::InputName& input : node.engine().inputs()) {
    ASSIGN_OR_RETURN(const OffsetRange range, node.log().Offsets(input.topic_partition));
    frontier.ends.push_back(range.end);
  }
  return frontier;
}

// The host by which a client on this machine reaches a server that listens at `address`.
std::string HostToAsk(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  return host == "0.0.0.0" || host == "[::]" ? "127.0.0.1" : host;
}

absl::Status RunServer(const GlobalOptions& global, const std::shared_ptr<const Project>& project,
                       const ServeOptions& options) {
  Clock& clock = Clock::Real();
  const int64_t start_ns = clock.MonotonicNanos();
  std::atomic<bool> interrupted{false};
  std::atomic<Node*> running{nullptr};
  Signals signals([&](int) {
    interrupted = true;
    if (Node* node = running.load(); node != nullptr && options.until_caught_up) {
      node->engine().Stop();
    }
  });
  const Engine::Mode mode =
      options.until_caught_up ? Engine::Mode::kSimulation : Engine::Mode::kLive;
  ASSIGN_OR_RETURN(const std::unique_ptr<Node> node, Node::Open(project, {mode, &clock}));
  if (options.until_caught_up) {
    RunPart part{.records_before = RecordsRead(*node)};
    ASSIGN_OR_RETURN(Frontier frontier, FrontierNow(*node));
    node->engine().SetFrontier(std::move(frontier), options.settle ? Engine::AtEnd::kSettle
                                                                   : Engine::AtEnd::kLeavePending);
    node->Start();
    running = node.get();
    RETURN_IF_ERROR(node->WaitForEnd());
    RETURN_IF_ERROR(node->Stop());
    if (interrupted) {
      return absl::CancelledError(
          "interrupted before the end of the logs; the next run goes on from here");
    }
    part.seconds = static_cast<double>(clock.MonotonicNanos() - start_ns) * 1e-9;
    if (global.json) {
      ASSIGN_OR_RETURN(const std::string report, RunReportJson(*node, part));
      std::printf("%s\n", report.c_str());
    } else {
      std::fputs(RunReportText(*node, part).c_str(), stdout);
    }
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(node->Serve());
  node->Start();
  if (!global.quiet) {
    std::fprintf(stderr, "millrace serves project %s: http port %d, grpc port %d, log %s\n",
                 project->name.c_str(), node->http_port(), node->grpc_port(),
                 project->log.kafka ? "kafka" : "embedded");
    std::fprintf(stderr, "  ask it: millrace status --server http://%s:%d   Ctrl-C stops it\n",
                 HostToAsk(project->server.http).c_str(), node->http_port());
  }
  // An engine that has ended answers with what it had, and never anything new: better to end.
  while (!interrupted && !node->ended()) clock.SleepFor(absl::Milliseconds(50));
  RETURN_IF_ERROR(node->Stop());
  if (!global.quiet) std::fputs("stopped; the next start goes on from here\n", stderr);
  return absl::OkStatus();
}

}  // namespace

void AddServe(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* serve = app.add_subcommand("serve", "Run the server of a project");
  serve->add_flag("--until-caught-up", options->until_caught_up,
                  "Process all that the logs hold now, print the totals and exit");
  serve
      ->add_flag("--settle", options->settle,
                 "With --until-caught-up: let the time of all open decisions run out")
      ->needs("--until-caught-up");
  serve->footer("Example: millrace serve -f millrace.yaml");
  serve->callback([&global, options, run] {
    *run = [&global, options] {
      const std::shared_ptr<const Project> project = LoadProject(global);
      if (project == nullptr) return static_cast<int>(kExitConfig);
      const absl::Status status = RunServer(global, project, *options);
      return status.ok() ? static_cast<int>(kExitOk) : Fail("serve", status);
    };
  });
}

}  // namespace millrace
