#include "app/demo/demo_view.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace millrace {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(100);
constexpr int64_t kRedrawNs = 500'000'000;
constexpr int64_t kLineEveryNs = 5'000'000'000;
constexpr int kUsualPort = 7470;  // the commands' own default

uint64_t RecordsRead(const EngineStatus& status) {
  uint64_t records = 0;
  for (const EngineStatus::Input& input : status.inputs) records += input.counts.read;
  return records;
}

std::string EventTime(int64_t time_ms) {
  if (time_ms == INT64_MIN) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%MZ", absl::FromUnixMillis(time_ms), absl::UTCTimeZone());
}

std::string Staleness(const EngineStatus& status, const DeployedModel& model) {
  if (!model.newest_label_time_ms || status.event_time_ms == INT64_MIN) return "-";
  const int64_t minutes = (status.event_time_ms - *model.newest_label_time_ms) / 60'000;
  return absl::StrFormat("%d min", std::max<int64_t>(minutes, 0));
}

// A metric, "-" before it has a value.
std::string Number(const std::optional<double>& value) {
  return value ? absl::StrFormat("%.4f", *value) : "-";
}

bool OnTerminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && (term == nullptr || std::string(term) != "dumb");
}

// How a second shell in this directory calls the program that runs.
std::string Program() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return "millrace";
  const std::filesystem::path here = self.lexically_relative(std::filesystem::current_path(error));
  return error || here.empty() || *here.begin() == ".." ? self.string() : here.string();
}

}  // namespace

DemoView::DemoView(const GlobalOptions& global, Node& node, const FlightsReplay& replay,
                   size_t total_records, std::string directory, bool resumed, Clock& clock)
    : global_(global),
      node_(node),
      replay_(replay),
      total_records_(total_records),
      directory_(std::move(directory)),
      resumed_(resumed),
      clock_(clock),
      start_ns_(clock.MonotonicNanos()),
      terminal_(OnTerminal()) {}

void DemoView::PrintHeader() {
  std::fprintf(stderr,
               "Millrace demo: every flight from New York in 2013, decided 30 minutes before "
               "departure: will it arrive late?\n");
  std::fprintf(stderr, " log %s   data %s%s\n", node_.project().log.kafka ? "kafka" : "embedded",
               directory_.c_str(), resumed_ ? "   (going on with an unfinished run)" : "");
  if (node_.http_port() != 0) {
    std::fprintf(stderr, " http 127.0.0.1:%d   grpc 127.0.0.1:%d\n", node_.http_port(),
                 node_.grpc_port());
    const std::string millrace = Program();
    const std::string server = node_.http_port() == kUsualPort
                                   ? ""
                                   : absl::StrCat(" --server http://127.0.0.1:", node_.http_port());
    std::fprintf(stderr,
                 " try in a second shell:\n"
                 "   %s get origin_out origin=JFK%s\n"
                 "   %s score delayed carrier=B6 origin=JFK dest=BOS tailnum=N324JB distance=187.0 "
                 "sched_dep=2013-06-01T12:00:00Z%s\n"
                 "   curl -s localhost:%d/api/v1/features -d "
                 "'{\"features\":[\"origin_out.*\"],\"keys\":[{\"origin\":\"JFK\"}]}'\n"
                 "   curl -s localhost:%d/api/v1/status\n",
                 millrace.c_str(), server.c_str(), millrace.c_str(), server.c_str(),
                 node_.http_port(), node_.http_port());
  }
  std::fprintf(stderr, " Ctrl-C stops; the same command goes on later\n\n");
}

void DemoView::RunUntilEnd(const std::function<bool()>& interrupted) {
  const bool silent = global_.quiet;
  if (!silent) PrintHeader();
  while (true) {
    const bool over = node_.ended() || interrupted();
    const std::shared_ptr<const EngineStatus> status = node_.engine().status();
    if (!silent && status != nullptr) {
      PrintFirsts(*status);
      const int64_t now_ns = clock_.MonotonicNanos();
      const bool due = now_ns - last_draw_ns_ >= (terminal_ ? kRedrawNs : kLineEveryNs);
      if (over || (due && RecordsRead(*status) > 0)) Draw(*status);
    }
    if (over) return;
    clock_.SleepFor(kLook);
  }
}

void DemoView::PrintFirsts(const EngineStatus& status) {
  const double seconds = static_cast<double>(clock_.MonotonicNanos() - start_ns_) * 1e-9;
  if (!feature_seen_ && RecordsRead(status) > 0) {
    feature_seen_ = true;
    PrintAboveBlock(absl::StrFormat(" %5.1f s  first features readable\n", seconds));
  }
  if (!model_seen_ && status.tasks[0].counts.models_published > 0) {
    model_seen_ = true;
    const DeployedModel& champion = status.tasks[0].deployment->champion_model();
    PrintAboveBlock(absl::StrFormat(" %5.1f s  first model published: %s.%s/%d.%d\n", seconds,
                                    status.tasks[0].name, champion.learner, champion.generation,
                                    champion.step));
  }
}

void DemoView::PrintAboveBlock(const std::string& line) {
  if (lines_drawn_ > 0) std::fputs(absl::StrCat("\033[", lines_drawn_, "A\033[J").c_str(), stderr);
  lines_drawn_ = 0;
  std::fputs(line.c_str(), stderr);
}

void DemoView::Draw(const EngineStatus& status) {
  const int64_t now_ns = clock_.MonotonicNanos();
  const uint64_t records = RecordsRead(status);
  if (last_draw_ns_ != 0 && now_ns > last_draw_ns_) {
    rate_ = static_cast<double>(records - last_records_) * 1e9 /
            static_cast<double>(now_ns - last_draw_ns_);
  }
  last_draw_ns_ = now_ns;
  last_records_ = records;
  if (!terminal_) {
    std::fputs(Line(status).c_str(), stderr);
    return;
  }
  std::string out;
  if (lines_drawn_ > 0) absl::StrAppend(&out, "\033[", lines_drawn_, "A");
  const std::string block = Block(status);
  absl::StrAppend(&out, block);
  lines_drawn_ = static_cast<int>(std::count(block.begin(), block.end(), '\n'));
  std::fputs(out.c_str(), stderr);
}

std::string DemoView::Line(const EngineStatus& status) {
  const EngineStatus::Task& task = status.tasks[0];
  const DeployedModel& champion = task.deployment->champion_model();
  const LearnerReport& best = task.learners[task.deployment->champion];
  const LearnerReport* constant = nullptr;
  for (const LearnerReport& learner : task.learners) {
    if (learner.type == "constant") constant = &learner;
  }
  return absl::StrFormat(
      " %s  %d records  %.0f/s  examples %d  AUC %s  logloss %s (constant %s)  model "
      "%s/%d.%d  staleness %s\n",
      EventTime(status.event_time_ms), RecordsRead(status), rate_, task.counts.examples,
      Number(best.served.auc), Number(best.served.log_loss),
      Number(constant ? constant->served.log_loss : std::nullopt), champion.learner,
      champion.generation, champion.step, Staleness(status, champion));
}

std::string DemoView::Block(const EngineStatus& status) {
  const EngineStatus::Task& task = status.tasks[0];
  const DeployedModel& champion = task.deployment->champion_model();
  const uint64_t behind = replay_.appended() - std::min(replay_.appended(), RecordsRead(status));
  std::string out;
  const auto line = [&out](const std::string& text) {
    absl::StrAppend(&out, "\033[2K", text, "\n");
  };
  line(absl::StrFormat(" event time  %s   records %d of %d   %.0f/s",
                       EventTime(status.event_time_ms), RecordsRead(status), total_records_,
                       rate_));
  line(absl::StrFormat(" freshness   %d records appended and not yet in features", behind));
  line(absl::StrFormat(" decisions   %d   examples %d   waiting for a label %d   dropped %d",
                       task.counts.join.decisions, task.counts.examples, task.counts.pending,
                       task.counts.join.dropped));
  line(absl::StrFormat(" model       %s.%s/%d.%d   staleness %s   published %d", task.name,
                       champion.learner, champion.generation, champion.step,
                       Staleness(status, champion), task.counts.models_published));
  line(absl::StrFormat(" %-12s %10s %8s %8s %8s %14s", "learner", "role", "AUC", "logloss", "NE",
                       "AUC last day"));
  for (size_t i = 0; i < task.learners.size(); ++i) {
    const LearnerReport& learner = task.learners[i];
    line(absl::StrFormat(" %-12s %10s %8s %8s %8s %14s", learner.name,
                         std::string(LearnerRoleName(task.deployment->models[i].role)),
                         Number(learner.served.auc), Number(learner.served.log_loss),
                         Number(learner.served.ne), Number(learner.day.metrics.auc)));
  }
  return out;
}

}  // namespace millrace
