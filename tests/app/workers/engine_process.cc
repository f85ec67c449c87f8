#include "tests/app/workers/engine_process.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "app/config/load.h"
#include "app/workers/topics.h"
#include "core/double_text.h"
#include "core/hashing.h"
#include "core/status_macros.h"
#include "gtest/gtest.h"
#include "stream/channel.h"
#include "stream/progress.h"

namespace millrace {
namespace {

constexpr absl::string_view kShop = R"(
version: 1
project: shop
log: {embedded: {path: ./log, partitions: 2}}
state: {path: ./state, shards: 4, commit_every: 200ms}
sources:
  asks:   {topic: asks, time: {field: at, unit: ms}, schema: {id: int, user: string, amount: double}}
  clicks: {topic: clicks, time: {field: at, unit: ms}, schema: {id: int, user: string, good: bool}}
  visits: {topic: visits, time: {field: at, unit: ms}, schema: {user: string, pages: double}}
entities:
  user: {key: [user]}
views:
  user_visits: {from: visits, entity: user, features: {pages_10s: {sum: pages, window: 10s}, seen: {count: "*", window: 1h}}}
  user_clicks: {from: clicks, entity: user, features: {share: {mean: "good ? 1.0 : 0.0", window: 1m}}}
tasks:
  bought:
    kind: binary
    decide: {trigger: {record: asks}, id: id, align_timeout: 1h}
    label: {any: good, from: clicks, id: id, within: 5s, empty: false}
    inputs: [user_visits.*, user_clicks.*, amount, user]
    learners: {online: {type: logistic, optimizer: adagrad, rate: 0.1}, constant: {type: constant}}
    publish: {every: 2s, max_delay: 4s}
    serve: {champion: online}
  asked:
    kind: binary
    decide: {trigger: request, id: id, request: {id: int, user: string, amount: double}}
    label: {last: good, from: clicks, id: id, within: 5s, empty: drop}
    inputs: [user_visits.*, amount]
    learners: {online: {type: logistic, optimizer: adagrad, rate: 0.1}, constant: {type: constant}}
    serve: {champion: online}
)";

std::string ReportText(const BinaryReport& report) {
  const auto number = [](const std::optional<double>& v) { return v ? absl::StrCat(*v) : "-"; };
  return absl::StrCat(report.n, " ", number(report.auc), " ", number(report.log_loss), " ",
                      number(report.calibration));
}

}  // namespace

std::shared_ptr<const Project> LoadedProject(const std::string& text) {
  LoadResult loaded = Load({.path = "project.yaml", .text = text, .directory = "/"});
  if (!loaded.project) {
    ADD_FAILURE() << loaded.diagnostics[0].message;
    std::abort();
  }
  return std::make_shared<const Project>(*std::move(loaded.project));
}

std::shared_ptr<const Project> ShopProject(const std::string& replace, const std::string& by) {
  std::string text(kShop.data(), kShop.size());
  if (!replace.empty()) {
    EXPECT_NE(text.find(replace), std::string::npos) << replace;
    text = absl::StrReplaceAll(text, {{replace, by}});
  }
  return LoadedProject(text);
}

EngineProcess::EngineProcess(std::shared_ptr<const Project> project, Log& log, StateStore& state,
                             Clock& clock, Engine::Mode mode, absl::Status* opened)
    : project_(std::move(project)), log_(log) {
  const absl::Status status = Open(state, clock, mode);
  if (opened != nullptr) {
    *opened = status;
  } else {
    EXPECT_TRUE(status.ok()) << status;
  }
}

absl::Status EngineProcess::Open(StateStore& state, Clock& clock, Engine::Mode mode) {
  RETURN_IF_ERROR(CreateTopics(*project_, log_));
  ASSIGN_OR_RETURN(store_,
                   OnlineStore::Open(state, project_->views, {.shards = project_->state.shards}));
  ASSIGN_OR_RETURN(outbox_, Outbox::Open(state));
  RETURN_IF_ERROR(OpenChannels(*project_, log_, *outbox_));
  RETURN_IF_ERROR(outbox_->Ship(log_, outbox_->TakeUnshipped()));
  committer_ = std::make_unique<Committer>(state, log_, *outbox_, clock);
  ASSIGN_OR_RETURN(engine_, Engine::Open({project_.get(), &log_, &state, store_.get(),
                                          outbox_.get(), committer_.get(), &clock},
                                         mode));
  return absl::OkStatus();
}

EngineProcess::~EngineProcess() {
  if (thread_.joinable()) Stop().IgnoreError();
}

std::vector<int64_t> EngineProcess::Ends() {
  std::vector<int64_t> ends;
  for (const Engine::InputName& input : engine_->inputs()) {
    const auto range = log_.Offsets(input.topic_partition);
    EXPECT_TRUE(range.ok()) << range.status();
    ends.push_back(range->end);
  }
  return ends;
}

absl::Status EngineProcess::Simulate(Engine::AtEnd at_end) {
  engine_->SetFrontier({kEndOfTime, Ends()}, at_end);
  return engine_->Run();
}

void EngineProcess::Start() {
  thread_ = std::thread([this] { ended_ = engine_->Run(); });
}

absl::Status EngineProcess::AwaitEnd() {
  thread_.join();
  return ended_;
}

absl::Status EngineProcess::Stop() {
  engine_->Stop();
  return AwaitEnd();
}

std::string EngineProcess::Outcome() {
  const auto digest = store_->Digest();
  EXPECT_TRUE(digest.ok()) << digest.status();
  std::string text = absl::StrCat("features ", *digest, "\n");
  const EngineStatus status = engine_->MakeStatus();
  for (const EngineStatus::Input& input : status.inputs) {
    const SourceCounts& c = input.counts;
    EXPECT_EQ(c.read, c.applied + c.duplicate + c.late + c.rejected);
    absl::StrAppend(&text, input.source, "/", input.partition, " read ", c.read, " bytes ", c.bytes,
                    " applied ", c.applied, " duplicate ", c.duplicate, " late ", c.late,
                    " rejected ", c.rejected, "\n");
  }
  for (size_t t = 0; t < status.tasks.size(); ++t) {
    const EngineStatus::Task& task = status.tasks[t];
    const TaskCounts& c = task.counts;
    EXPECT_EQ(c.join.decisions, c.pending + c.join.duplicate + c.join.settled + c.join.dropped);
    EXPECT_EQ(c.join.settled, c.examples);
    absl::StrAppend(&text, task.name, " decisions ", c.join.decisions, " duplicate ",
                    c.join.duplicate, " settled ", c.join.settled, " dropped ", c.join.dropped,
                    " pending ", c.pending, " waiting ", c.waiting, " labels ", c.join.labels,
                    " joined ", c.join.joined, " ignored ", c.join.ignored, " unmatched ",
                    c.join.no_decision, "+", c.join.before_decision, "+", c.join.too_late, "+",
                    c.join.repeated, " ids ", c.rejected_ids, " models ", c.models_published, "\n");
    for (size_t l = 0; l < task.learners.size(); ++l) {
      const LearnerReport& learner = task.learners[l];
      const std::string model =
          engine_->task(static_cast<int>(t)).trainer().DeployedModelBytes(static_cast<int>(l));
      absl::StrAppend(&text, "  ", learner.name, " step ", learner.step, " served ",
                      ReportText(learner.served), " progressive ", ReportText(learner.progressive),
                      " day ", learner.day.decided, "/", learner.day.resolved, " ",
                      ReportText(learner.day.metrics), " model ", Xxh3(model, 0), "\n");
    }
  }
  return text;
}

std::vector<std::string> ChannelTexts(Log& log, const std::string& topic) {
  std::vector<std::string> texts;
  const auto reader = log.OpenReader({{{topic, 0}, 0}});
  EXPECT_TRUE(reader.ok()) << reader.status();
  RecordBatch batch;
  while (*(*reader)->Read(0, 1 << 20, &batch) > 0) {
  }
  ChannelFilter filter;
  for (const Record& record : batch.records()) {
    const auto mark = ReadChannelMark(record);
    EXPECT_TRUE(mark.has_value());
    if (texts.empty()) {
      EXPECT_EQ(mark->n, 1u);
    }
    const auto fresh = filter.Accept(*mark);
    EXPECT_TRUE(fresh.ok()) << fresh.status();
    if (fresh.ok() && *fresh) texts.push_back(absl::StrCat(mark->n, " ", *record.value));
  }
  return texts;
}

void AppendJson(Log& log, const std::string& topic, const std::string& json, int32_t partition) {
  const std::vector<AppendRecord> records = {
      {.topic = topic, .partition = partition, .value = json}};
  const auto positions = log.Append(records);
  EXPECT_TRUE(positions.ok()) << positions.status();
}

}  // namespace millrace
