#include "app/run_report.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "app/binary_report_json.h"
#include "core/hashing.h"
#include "core/status_macros.h"
#include "serving/json.h"

namespace millrace {
namespace {

// Over the feature shards' digest and each learner's last published model, in configuration order.
absl::StatusOr<std::string> Digest(Node& node) {
  ASSIGN_OR_RETURN(uint64_t digest, node.store().Digest());
  for (int t = 0; t < static_cast<int>(node.project().tasks.size()); ++t) {
    Trainer& trainer = node.engine().task(t).trainer();
    for (int l = 0; l < static_cast<int>(trainer.task().learners.size()); ++l) {
      digest = Xxh3(trainer.DeployedModelBytes(l), digest);
    }
  }
  return absl::StrFormat("%016x", digest);
}

}  // namespace

uint64_t RecordsRead(const Node& node) {
  uint64_t records = 0;
  for (const EngineStatus::Input& input : node.engine().MakeStatus().inputs) {
    records += input.counts.read;
  }
  return records;
}

absl::StatusOr<std::string> RunReportJson(Node& node, const RunPart& part) {
  const EngineStatus status = node.engine().MakeStatus();
  uint64_t dead_letters = 0;
  for (const EngineStatus::Input& input : status.inputs) {
    dead_letters += input.counts.rejected + input.counts.late;
  }
  TaskCounts sum;
  for (const EngineStatus::Task& task : status.tasks) {
    sum.join.decisions += task.counts.join.decisions;
    sum.join.labels += task.counts.join.labels;
    sum.join.no_decision += task.counts.join.Unmatched();
    sum.join.dropped += task.counts.join.dropped;
    sum.examples += task.counts.examples;
    sum.pending += task.counts.pending + task.counts.waiting;
    sum.models_published += task.counts.models_published;
  }
  std::string out;
  JsonWriter json(&out);
  json.BeginObject()
      .Counts({{"records", RecordsRead(node)},
               {"decisions", sum.join.decisions},
               {"labels", sum.join.labels},
               {"examples", sum.examples},
               {"unmatched", sum.join.no_decision},
               {"dropped", sum.join.dropped},
               {"pending", sum.pending},
               {"dead_letters", dead_letters},
               {"models_published", sum.models_published}})
      .Key("learners")
      .BeginObject();
  for (const EngineStatus::Task& task : status.tasks) {
    for (const LearnerReport& learner : task.learners) {
      const bool one_task = status.tasks.size() == 1;
      json.Key(one_task ? learner.name : absl::StrCat(task.name, ".", learner.name)).BeginObject();
      WriteMetrics(learner.served, json);
      json.Key("examples").Uint(learner.served.n).EndObject();
    }
  }
  ASSIGN_OR_RETURN(const std::string digest, Digest(node));
  json.EndObject().Key("digest").String(digest).Key("seconds").Double(part.seconds);
  json.Key("resumed").Uint(part.records_before).EndObject();
  return out;
}

std::string RunReportText(Node& node, const RunPart& part) {
  const EngineStatus status = node.engine().MakeStatus();
  const uint64_t records = RecordsRead(node) - part.records_before;
  std::string out =
      absl::StrFormat("%d records in %.1f s (%.0f/s)", records, part.seconds,
                      part.seconds > 0 ? static_cast<double>(records) / part.seconds : 0.0);
  if (part.records_before > 0) {
    absl::StrAppend(&out, ", after ", part.records_before, " of an earlier process");
  }
  out += '\n';
  for (const EngineStatus::Task& task : status.tasks) {
    const TaskCounts& counts = task.counts;
    absl::StrAppendFormat(
        &out,
        "task %s: %d decisions = %d examples + %d dropped + %d pending; %d models published\n",
        task.name, counts.join.decisions, counts.examples, counts.join.dropped,
        counts.pending + counts.waiting, counts.models_published);
    absl::StrAppendFormat(&out, "  %-12s %8s %8s %8s %8s %8s\n", "learner", "AUC", "logloss", "NE",
                          "calib", "accuracy");
    for (const LearnerReport& learner : task.learners) {
      const BinaryReport& served = learner.served;
      absl::StrAppendFormat(&out, "  %-12s %8.4f %8.4f %8.4f %8.4f %8.4f\n", learner.name,
                            served.auc.value_or(0), served.log_loss.value_or(0),
                            served.ne.value_or(0), served.calibration.value_or(0),
                            served.accuracy.value_or(0));
    }
  }
  return out;
}

}  // namespace millrace
