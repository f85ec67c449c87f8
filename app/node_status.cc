#include "app/node_status.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/binary_report_json.h"
#include "serving/json.h"

namespace millrace {
namespace {

void WriteReport(const BinaryReport& report, JsonWriter& json) {
  json.BeginObject().Key("n").Uint(report.n);
  WriteMetrics(report, json);
  json.EndObject();
}

void WritePartition(const EngineStatus::Input& input, JsonWriter& json) {
  json.Key("source")
      .String(input.source)
      .Key("topic")
      .String(input.topic)
      .Key("partition")
      .Int(input.partition);
}

void WriteInput(const EngineStatus::Input& input, JsonWriter& json) {
  json.BeginObject();
  WritePartition(input, json);
  json.Key("applied_offset")
      .Int(input.applied_offset)
      .Key("durable_offset")
      .Int(input.durable_offset)
      .Key("at_end")
      .Bool(input.at_end)
      .Key("event_time_ms");
  if (input.newest_event_ms == INT64_MIN) {
    json.Null();
  } else {
    json.Int(input.newest_event_ms);
  }
  json.Key("held_back");
  if (input.holdback == HoldbackReason::kNone) {
    json.Null();
  } else {
    json.String(HoldbackReasonName(input.holdback));
  }
  const SourceCounts& counts = input.counts;
  json.Counts({{"read", counts.read},
               {"applied", counts.applied},
               {"duplicate", counts.duplicate},
               {"late", counts.late},
               {"rejected", counts.rejected},
               {"conflicting", counts.conflicting},
               {"one_sided", counts.one_sided},
               {"unaligned", counts.unaligned},
               {"tombstones", counts.tombstones},
               {"misrouted", counts.misrouted},
               {"late_merged", counts.late_merged}})
      .Key("events")
      .BeginArray();
  for (const auto& [source, events] : input.events) {
    json.BeginObject()
        .Key("source")
        .String(source)
        .Counts({{"inserted", events.inserted},
                 {"retracted", events.retracted},
                 {"filtered", events.filtered}})
        .EndObject();
  }
  json.EndArray().EndObject();
}

void WriteHoldback(const EngineStatus& status, const std::optional<Holdback>& holdback,
                   JsonWriter& json) {
  json.Key("held_back");
  if (!holdback) {
    json.Null();
    return;
  }
  const EngineStatus::Input& input = status.inputs[holdback->input];
  json.BeginObject();
  WritePartition(input, json);
  json.Key("reason")
      .String(HoldbackReasonName(holdback->reason))
      .Key("progress_ms")
      .OptionalInt(input.progress_ms)
      .Key("since_ms")
      .Int(holdback->since_ms)
      .Key("message")
      .String(HoldbackText(input, holdback->reason))
      .EndObject();
}

void WriteCounts(const TaskCounts& counts, JsonWriter& json) {
  json.Key("decisions")
      .BeginObject()
      .Counts({{"total", counts.join.decisions},
               {"pending", counts.pending},
               {"duplicate", counts.join.duplicate},
               {"settled", counts.join.settled},
               {"dropped", counts.join.dropped},
               {"waiting", counts.waiting},
               {"timed_out", counts.timed_out},
               {"rejected_ids", counts.rejected_ids},
               {"too_large", counts.too_large}})
      .EndObject();
  json.Key("labels")
      .BeginObject()
      .Counts({{"total", counts.join.labels},
               {"joined", counts.join.joined},
               {"ignored", counts.join.ignored},
               {"parked", counts.join.Parked()}})
      .Key("unmatched")
      .BeginObject()
      .Counts({{"no_decision", counts.join.no_decision},
               {"before_decision", counts.join.before_decision},
               {"too_late", counts.join.too_late},
               {"duplicate", counts.join.repeated}})
      .EndObject()
      .EndObject();
  json.Key("examples")
      .BeginObject()
      .Counts({{"total", counts.examples},
               {"learned", counts.examples - counts.skipped},
               {"skipped", counts.skipped}})
      .EndObject();
  json.Key("models_published").Uint(counts.models_published);
}

}  // namespace

NodeStatus::NodeStatus(const Project& project, const Engine& engine, const OnlineStore& store,
                       const Committer& committer, const LogWatch& log, Clock& clock,
                       Registry& registry)
    : project_(project),
      engine_(engine),
      store_(store),
      committer_(committer),
      log_(log),
      clock_(clock),
      registry_(registry),
      started_ns_(clock.MonotonicNanos()) {}

absl::StatusOr<std::string> NodeStatus::StatusJson() {
  const std::shared_ptr<const EngineStatus> status = engine_.status();
  if (status == nullptr) return absl::UnavailableError("the engine has not started yet");
  const Health health = GetHealth();
  const std::optional<LogWatch::Loss> loss = log_.loss();
  std::string out;
  JsonWriter json(&out);
  json.BeginObject()
      .Key("project")
      .String(project_.name)
      .Key("log")
      .String(project_.log.kafka ? "kafka" : "embedded")
      .Key("log_lost_since_ms")
      .OptionalInt(loss ? std::optional(loss->since_ms) : std::nullopt)
      .Key("log_lost_reason");
  loss ? json.String(loss->why) : json.Null();
  json.Key("ready")
      .Bool(health.ready)
      .Key("replaying")
      .Bool(engine_.mode() == Engine::Mode::kSimulation)
      .Key("caught_up")
      .Bool(status->caught_up)
      .Key("uptime_s")
      .Double(static_cast<double>(clock_.MonotonicNanos() - started_ns_) * 1e-9)
      .Key("event_time_ms");
  if (status->event_time_ms == INT64_MIN) {
    json.Null();
  } else {
    json.Int(status->event_time_ms);
  }
  json.Key("commits").Uint(status->commits);
  json.Key("sources").BeginArray();
  for (const EngineStatus::Input& input : status->inputs) WriteInput(input, json);
  json.EndArray().Key("views").BeginArray();
  for (size_t v = 0; v < store_.views().size(); ++v) {
    json.BeginObject()
        .Key("view")
        .String(store_.views()[v]->name)
        .Key("entities")
        .Int(store_.EntityCount(static_cast<int32_t>(v)))
        .Counts({{"null_keys", store_.NullKeys(static_cast<int32_t>(v))},
                 {"unnamed_tombstones", status->unnamed_tombstones[v]},
                 {"late_tombstones", store_.LateDeletions(static_cast<int32_t>(v))}})
        .EndObject();
  }
  json.EndArray().Key("tasks").BeginArray();
  for (const EngineStatus::Task& task : status->tasks) {
    json.BeginObject().Key("task").String(task.name);
    WriteCounts(task.counts, json);
    WriteHoldback(*status, task.holdback, json);
    json.Key("learners").BeginArray();
    for (size_t i = 0; i < task.learners.size(); ++i) {
      const LearnerReport& learner = task.learners[i];
      const DeployedModel& model = task.deployment->models[i];
      json.BeginObject()
          .Key("learner")
          .String(learner.name)
          .Key("type")
          .String(learner.type)
          .Key("role")
          .String(LearnerRoleName(model.role))
          .Key("version")
          .String(absl::StrCat(model.generation, ".", model.step))
          .Key("step")
          .Uint(learner.step)
          .Key("newest_label_ms")
          .OptionalInt(model.newest_label_time_ms);
      json.Key("served");
      WriteReport(learner.served, json);
      json.Key("progressive");
      WriteReport(learner.progressive, json);
      json.Key("served_1d")
          .BeginObject()
          .Key("until_ms")
          .OptionalInt(learner.day.until_ms)
          .Key("maturity")
          .Double(learner.day.maturity)
          .Key("metrics");
      WriteReport(learner.day.metrics, json);
      json.EndObject().EndObject();
    }
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
  return out;
}

Health NodeStatus::GetHealth() {
  const std::shared_ptr<const EngineStatus> status = engine_.status();
  const absl::Status committed = committer_.status();
  absl::MutexLock lock(&mutex_);
  Health health;
  health.started = status != nullptr;
  const bool failed = ended_ && !end_status_.ok();
  health.checks.push_back({"store", committed.ok(), committed.ok() ? "ok" : committed.ToString()});
  health.checks.push_back({"engine", !failed, failed ? end_status_.ToString() : "ok"});
  const std::optional<LogWatch::Loss> loss = log_.loss();
  // Features are read and scored without the log: its loss is told, and the node stays ready.
  health.checks.push_back({"log", !loss, loss ? loss->why : "ok"});
  const bool caught_up = status != nullptr && status->caught_up;
  health.checks.push_back({"caught_up", true, caught_up ? "yes" : "no: answers are of the past"});
  health.checks.push_back({"draining", !draining_, draining_ ? "yes" : "no"});
  health.ready = health.started && committed.ok() && !failed && !draining_;
  return health;
}

void NodeStatus::EngineEnded(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  ended_ = true;
  end_status_ = status;
}

void NodeStatus::Draining() {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
}

}  // namespace millrace
