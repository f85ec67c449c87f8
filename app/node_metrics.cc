// The metrics a node derives from its engine's status (docs/reference/metrics.md).

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/node_status.h"
#include "core/metrics.h"

namespace millrace {
namespace {

// Raises a counter to a total that is counted elsewhere. Called by one thread.
void Raise(Counter& counter, uint64_t total) {
  const uint64_t before = counter.value();
  if (total > before) counter.Add(total - before);
}

void ExportSources(const EngineStatus& status, Registry& registry) {
  std::map<std::string, SourceCounts> by_source;
  std::map<std::string, EventCounts> events_by_source;
  for (const EngineStatus::Input& input : status.inputs) {
    by_source[input.source] += input.counts;
    for (const auto& [source, events] : input.events) events_by_source[source] += events;
  }
  for (const auto& [source, events] : events_by_source) {
    const auto became = [&, &source = source](const char* what, uint64_t n) {
      Raise(registry.GetCounter("millrace_source_events_total",
                                "What rows of a source or a derived source became",
                                {{"source", source}, {"became", what}}),
            n);
    };
    became("inserted", events.inserted);
    became("retracted", events.retracted);
    became("filtered", events.filtered);
  }
  for (const auto& [source, ids] : status.ids) {
    registry.GetGauge("millrace_source_ids", "Ids kept to know duplicates by", {{"source", source}})
        .Set(static_cast<double>(ids));
  }
  for (const auto& [source, counts] : by_source) {
    const Labels labels = {{"source", source}};
    Raise(registry.GetCounter("millrace_source_records_read_total", "Records read from a source",
                              labels),
          counts.read);
    Raise(registry.GetCounter("millrace_source_bytes_total", "Bytes of the values read", labels),
          counts.bytes);
    const auto outcome = [&, &source = source](const char* name, uint64_t n) {
      Raise(registry.GetCounter(
                "millrace_source_records_total",
                "Records of a source by outcome; the outcomes sum to the records read",
                {{"source", source}, {"outcome", name}}),
            n);
    };
    outcome("applied", counts.applied);
    outcome("duplicate", counts.duplicate);
    outcome("late", counts.late);
    outcome("rejected", counts.rejected);
    const struct {
      const char* name;
      const char* help;
      uint64_t n;
    } apart[] = {
        {"millrace_source_conflicting_total",
         "Duplicates that say something else than the record of their id", counts.conflicting},
        {"millrace_source_one_sided_total", "Changes of which only the new row was in time",
         counts.one_sided},
        {"millrace_source_unaligned_total",
         "Records that looked in views which had not come to their time", counts.unaligned},
        {"millrace_source_tombstones_total", "Records without a value, which delete entities",
         counts.tombstones},
        {"millrace_source_misrouted_total",
         "Records in another partition than the one of their key", counts.misrouted},
        {"millrace_source_late_merged_total",
         "Applied records that came behind newer ones of their partition", counts.late_merged},
    };
    for (const auto& counter : apart) {
      Raise(registry.GetCounter(counter.name, counter.help, labels), counter.n);
    }
  }
}

// Of sources all of whose partitions are known.
void ExportWatermarks(const EngineStatus& status, int64_t now_ms, Registry& registry) {
  std::map<std::string, std::optional<int64_t>> by_source;
  for (const EngineStatus::Input& input : status.inputs) {
    const auto [source, first] = by_source.emplace(input.source, input.progress_ms);
    if (!first && source->second) {
      source->second =
          input.progress_ms ? std::min(source->second, input.progress_ms) : std::nullopt;
    }
  }
  for (const auto& [source, watermark_ms] : by_source) {
    if (!watermark_ms) continue;
    registry
        .GetGauge("millrace_watermark_timestamp_seconds", "Event time that a source has come to",
                  {{"source", source}})
        .Set(static_cast<double>(*watermark_ms) / 1000.0);
    registry
        .GetGauge("millrace_watermark_lag_seconds",
                  "The clock less the event time that a source has come to", {{"source", source}})
        .Set(static_cast<double>(now_ms - *watermark_ms) / 1000.0);
  }
}

void ExportHoldbacks(const EngineStatus& status, Registry& registry) {
  for (const EngineStatus::Input& input : status.inputs) {
    for (const HoldbackReason reason :
         {HoldbackReason::kHistory, HoldbackReason::kReading, HoldbackReason::kUnreachable}) {
      registry
          .GetGauge("millrace_watermark_holdback_info",
                    "Whether a partition holds time back, by reason",
                    {{"source", input.source},
                     {"topic", input.topic},
                     {"partition", absl::StrCat(input.partition)},
                     {"reason", std::string(HoldbackReasonName(reason))}})
          .Set(input.holdback == reason ? 1 : 0);
    }
  }
}

// By partition of a topic, of the source over it that is furthest behind.
void ExportLogLag(const EngineStatus& status, int64_t now_ms, Registry& registry) {
  struct Lag {
    int64_t records = 0;
    std::optional<int64_t> ms;
  };
  std::map<std::pair<std::string, int32_t>, Lag> lags;
  for (const EngineStatus::Input& input : status.inputs) {
    if (input.is_history) continue;
    Lag& lag = lags[{input.topic, input.partition}];
    const int64_t records = input.end_offset - input.applied_offset;
    lag.records = std::max(lag.records, records);
    if (records > 0 && !input.read_append_ms) continue;
    const int64_t ms = records > 0 ? std::max<int64_t>(now_ms - *input.read_append_ms, 0) : 0;
    lag.ms = std::max(lag.ms.value_or(0), ms);
  }
  for (const auto& [where, lag] : lags) {
    const Labels labels = {{"topic", where.first}, {"partition", absl::StrCat(where.second)}};
    registry
        .GetGauge("millrace_log_lag_records", "Records of a partition that are not applied yet",
                  labels)
        .Set(static_cast<double>(lag.records));
    if (!lag.ms) continue;
    registry
        .GetGauge("millrace_log_lag_seconds",
                  "The clock less the time at which the newest record read came to the log; 0 when "
                  "all are applied",
                  labels)
        .Set(static_cast<double>(*lag.ms) / 1000.0);
  }
}

void ExportTask(const EngineStatus::Task& task, Registry& registry) {
  const auto decisions = [&](const char* name, uint64_t n) {
    Raise(registry.GetCounter("millrace_decisions_total", "Decisions of a task by outcome",
                              {{"task", task.name}, {"outcome", name}}),
          n);
  };
  decisions("duplicate", task.counts.join.duplicate);
  decisions("settled", task.counts.join.settled);
  decisions("dropped", task.counts.join.dropped);
  registry
      .GetGauge("millrace_label_pending_decisions", "Decisions that wait for their label",
                {{"task", task.name}})
      .Set(static_cast<double>(task.counts.pending));
  Raise(registry.GetCounter("millrace_task_rejected_ids_total",
                            "Records without the id that the task needs", {{"task", task.name}}),
        task.counts.rejected_ids);
  Raise(registry.GetCounter("millrace_decisions_too_large_total",
                            "Decisions that the log does not take", {{"task", task.name}}),
        task.counts.too_large);
  const auto examples = [&](const char* name, uint64_t n) {
    Raise(registry.GetCounter("millrace_examples_total", "Examples of a task by outcome",
                              {{"task", task.name}, {"outcome", name}}),
          n);
  };
  examples("learned", task.counts.examples - task.counts.skipped);
  examples("skipped", task.counts.skipped);
  Raise(registry.GetCounter("millrace_label_joined_total", "Label records that met their decision",
                            {{"task", task.name}}),
        task.counts.join.joined);
  Raise(registry.GetCounter("millrace_label_ignored_total",
                            "Label records that met their decision and said nothing",
                            {{"task", task.name}}),
        task.counts.join.ignored);
  registry
      .GetGauge("millrace_label_parked_records", "Label records that wait for their decision",
                {{"task", task.name}})
      .Set(static_cast<double>(task.counts.join.Parked()));
  registry
      .GetGauge("millrace_decisions_waiting", "Decisions that wait for their inputs to progress",
                {{"task", task.name}})
      .Set(static_cast<double>(task.counts.waiting));
  Raise(registry.GetCounter("millrace_decisions_timed_out_total",
                            "Decisions made although their inputs had not progressed",
                            {{"task", task.name}}),
        task.counts.timed_out);
  const auto unmatched = [&](const char* reason, uint64_t n) {
    Raise(registry.GetCounter("millrace_label_unmatched_total",
                              "Label records that met no open decision, by reason",
                              {{"task", task.name}, {"reason", reason}}),
          n);
  };
  unmatched("no_decision", task.counts.join.no_decision);
  unmatched("before_decision", task.counts.join.before_decision);
  unmatched("too_late", task.counts.join.too_late);
  unmatched("duplicate", task.counts.join.repeated);
  for (size_t i = 0; i < task.learners.size(); ++i) {
    const LearnerReport& learner = task.learners[i];
    Raise(registry.GetCounter("millrace_learner_examples_total", "Examples learned",
                              {{"task", task.name}, {"learner", learner.name}}),
          learner.step);
    const auto loss = [&](const char* kind, const BinaryReport& report) {
      if (!report.log_loss) return;
      registry
          .GetGauge("millrace_learner_loss", "Loss of a learner, by kind of score",
                    {{"task", task.name},
                     {"learner", learner.name},
                     {"kind", kind},
                     {"metric", "logloss"},
                     {"window", "all"}})
          .Set(*report.log_loss);
    };
    loss("served", learner.served);
    loss("progressive", learner.progressive);
    if (learner.served.calibration) {
      registry
          .GetGauge("millrace_learner_calibration_ratio",
                    "Sum of the served scores over the sum of the labels",
                    {{"task", task.name}, {"learner", learner.name}})
          .Set(*learner.served.calibration);
    }
  }
  Raise(registry.GetCounter("millrace_model_publish_total", "Models published",
                            {{"task", task.name}}),
        task.counts.models_published);
}

void ExportView(const ViewSpec& view, const ViewCounts& counts, Registry& registry) {
  const auto counter = [&](absl::string_view name, absl::string_view help, uint64_t total) {
    Raise(registry.GetCounter(name, help, {{"view", view.name}}), total);
  };
  counter("millrace_feature_updates_total", "Events applied to a view", counts.updates);
  counter("millrace_feature_expired_total", "Values that reads found expired", counts.expired);
  counter("millrace_view_reads_total", "Reads of an entity of a view", counts.reads);
  counter("millrace_view_read_loads_total", "Reads whose entity was not in memory", counts.loads);
  counter("millrace_view_read_windows_total", "Windows folded for reads", counts.windows);
  counter("millrace_view_read_merges_total", "Merges of tiles and records for these windows",
          counts.merges);
  registry
      .GetGauge("millrace_view_read_merges_max", "Most merges that one window of a read has taken",
                {{"view", view.name}})
      .Set(static_cast<double>(counts.most_merges));
  for (size_t f = 0; f < counts.not_finite.size(); ++f) {
    if (counts.not_finite[f] == 0) continue;
    Raise(registry.GetCounter("millrace_feature_not_finite_total",
                              "Inputs that were NaN or infinite and count as null",
                              {{"view", view.name}, {"feature", view.features[f].name}}),
          counts.not_finite[f]);
  }
}

}  // namespace

void NodeStatus::MeasureState() {
  for (size_t v = 0; v < store_.views().size(); ++v) {
    registry_
        .GetGauge("millrace_state_bytes", "About what the rows of a view take on disk",
                  {{"view", store_.views()[v]->name}})
        .Set(static_cast<double>(store_.ApproximateBytes(static_cast<int32_t>(v))));
  }
}

void NodeStatus::RefreshMetrics() {
  absl::MutexLock lock(&refresh_mutex_);
  const std::shared_ptr<const EngineStatus> status = engine_.status();
  if (status == nullptr) return;
  const int64_t now_ms = ToEpochMillis(clock_.Now());
  ExportSources(*status, registry_);
  ExportWatermarks(*status, now_ms, registry_);
  ExportHoldbacks(*status, registry_);
  ExportLogLag(*status, now_ms, registry_);
  registry_.GetGauge("millrace_log_connected", "Whether the log answers").Set(log_.loss() ? 0 : 1);
  for (const EngineStatus::Task& task : status->tasks) {
    ExportTask(task, registry_);
    const DeployedModel& champion = task.deployment->champion_model();
    if (champion.newest_label_time_ms && status->event_time_ms != INT64_MIN) {
      registry_
          .GetGauge("millrace_model_staleness_seconds",
                    "Event time less that of the newest label in the champion's weights",
                    {{"task", task.name}})
          .Set(static_cast<double>(
                   std::max<int64_t>(status->event_time_ms - *champion.newest_label_time_ms, 0)) /
               1000.0);
    }
    registry_
        .GetGauge("millrace_model_generation", "Generation of the model that answers",
                  {{"task", task.name}, {"alias", "champion"}})
        .Set(champion.generation);
  }
  for (size_t v = 0; v < store_.views().size(); ++v) {
    registry_
        .GetGauge("millrace_state_keys", "Entities of a view", {{"view", store_.views()[v]->name}})
        .Set(static_cast<double>(store_.EntityCount(static_cast<int32_t>(v))));
    const auto rejected = [&](const char* reason, uint64_t n) {
      Raise(registry_.GetCounter("millrace_view_rejected_total",
                                 "Records that do not concern a view, by reason",
                                 {{"view", store_.views()[v]->name}, {"reason", reason}}),
            n);
    };
    rejected("null_key", store_.NullKeys(static_cast<int32_t>(v)));
    rejected("unnamed_tombstone", status->unnamed_tombstones[v]);
    rejected("late_tombstone", store_.LateDeletions(static_cast<int32_t>(v)));
    Raise(registry_.GetCounter("millrace_retract_unmatched_total",
                               "Retractions that did not meet their record when they came",
                               {{"view", store_.views()[v]->name}}),
          store_.UnmatchedRetractions(static_cast<int32_t>(v)));
    ExportView(*store_.views()[v], store_.Counts(static_cast<int32_t>(v)), registry_);
  }
}

}  // namespace millrace
