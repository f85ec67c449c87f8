#include "app/node_status.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "serving/json.h"

namespace millrace {
namespace {

void WriteReport(const BinaryReport& report, JsonWriter& json) {
  const auto number = [&json](absl::string_view name, const std::optional<double>& v) {
    json.Key(name);
    if (v) {
      json.Double(*v);
    } else {
      json.Null();
    }
  };
  json.BeginObject().Key("n").Uint(report.n);
  number("auc", report.auc);
  number("logloss", report.log_loss);
  number("ne", report.ne);
  number("calibration", report.calibration);
  number("accuracy", report.accuracy);
  json.EndObject();
}

void WriteInput(const EngineStatus::Input& input, JsonWriter& json) {
  json.BeginObject()
      .Key("source")
      .String(input.source)
      .Key("topic")
      .String(input.topic)
      .Key("partition")
      .Int(input.partition)
      .Key("applied_offset")
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
  const SourceCounts& counts = input.counts;
  json.Key("read")
      .Uint(counts.read)
      .Key("applied")
      .Uint(counts.applied)
      .Key("duplicate")
      .Uint(counts.duplicate)
      .Key("late")
      .Uint(counts.late)
      .Key("rejected")
      .Uint(counts.rejected)
      .Key("conflicting")
      .Uint(counts.conflicting)
      .Key("one_sided")
      .Uint(counts.one_sided)
      .Key("unaligned")
      .Uint(counts.unaligned)
      .Key("tombstones")
      .Uint(counts.tombstones)
      .Key("misrouted")
      .Uint(counts.misrouted)
      .Key("late_merged")
      .Uint(counts.late_merged)
      .Key("events")
      .BeginArray();
  for (const auto& [source, events] : input.events) {
    json.BeginObject()
        .Key("source")
        .String(source)
        .Key("inserted")
        .Uint(events.inserted)
        .Key("retracted")
        .Uint(events.retracted)
        .Key("filtered")
        .Uint(events.filtered)
        .EndObject();
  }
  json.EndArray().EndObject();
}

void WriteCounts(const TaskCounts& counts, JsonWriter& json) {
  json.Key("decisions")
      .BeginObject()
      .Key("total")
      .Uint(counts.join.decisions)
      .Key("pending")
      .Uint(counts.pending)
      .Key("duplicate")
      .Uint(counts.join.duplicate)
      .Key("settled")
      .Uint(counts.join.settled)
      .Key("dropped")
      .Uint(counts.join.dropped)
      .Key("waiting")
      .Uint(counts.waiting)
      .Key("timed_out")
      .Uint(counts.timed_out)
      .Key("rejected_ids")
      .Uint(counts.rejected_ids)
      .EndObject();
  json.Key("labels")
      .BeginObject()
      .Key("total")
      .Uint(counts.join.labels)
      .Key("joined")
      .Uint(counts.join.joined)
      .Key("ignored")
      .Uint(counts.join.ignored)
      .Key("parked")
      .Uint(counts.join.Parked())
      .Key("unmatched")
      .BeginObject()
      .Key("no_decision")
      .Uint(counts.join.no_decision)
      .Key("before_decision")
      .Uint(counts.join.before_decision)
      .Key("too_late")
      .Uint(counts.join.too_late)
      .Key("duplicate")
      .Uint(counts.join.repeated)
      .EndObject()
      .EndObject();
  json.Key("examples")
      .BeginObject()
      .Key("total")
      .Uint(counts.examples)
      .Key("learned")
      .Uint(counts.examples - counts.skipped)
      .Key("skipped")
      .Uint(counts.skipped)
      .EndObject();
  json.Key("models_published").Uint(counts.models_published);
}

}  // namespace

NodeStatus::NodeStatus(const Project& project, const Engine& engine, const OnlineStore& store,
                       const Committer& committer, Clock& clock)
    : project_(project),
      engine_(engine),
      store_(store),
      committer_(committer),
      clock_(clock),
      started_ns_(clock.MonotonicNanos()) {}

absl::StatusOr<std::string> NodeStatus::StatusJson() {
  const std::shared_ptr<const EngineStatus> status = engine_.status();
  if (status == nullptr) return absl::UnavailableError("the engine has not started yet");
  const Health health = GetHealth();
  std::string out;
  JsonWriter json(&out);
  json.BeginObject()
      .Key("project")
      .String(project_.name)
      .Key("log")
      .String(project_.log.kafka ? "kafka" : "embedded")
      .Key("ready")
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
        .Key("null_keys")
        .Uint(store_.NullKeys(static_cast<int32_t>(v)))
        .Key("unnamed_tombstones")
        .Uint(status->unnamed_tombstones[v])
        .Key("late_tombstones")
        .Uint(store_.LateDeletions(static_cast<int32_t>(v)))
        .EndObject();
  }
  json.EndArray().Key("tasks").BeginArray();
  for (const EngineStatus::Task& task : status->tasks) {
    json.BeginObject().Key("task").String(task.name);
    WriteCounts(task.counts, json);
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
