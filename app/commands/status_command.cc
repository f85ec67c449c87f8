// millrace status: what a running server tells of itself.

#include <cstdio>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "app/commands/api_client.h"
#include "app/commands/command.h"
#include "app/commands/text_table.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

bool IsTrue(const JsonValue& object, absl::string_view name) {
  return MemberText(object, name) == "true";
}

const JsonValue& Part(const JsonValue& object, absl::string_view name) {
  static const JsonValue* const kNothing = new JsonValue();
  const JsonValue* part = object.Find(name);
  return part != nullptr ? *part : *kNothing;
}

std::string SourcesText(const JsonValue& root) {
  TextTable table({"source", "topic", ">partition", ">applied to", "event time", ">read",
                   ">applied", ">duplicate", ">late", ">rejected", "at end"});
  for (const JsonValue& source : MemberItems(root, "sources")) {
    table.Add({MemberText(source, "source"), MemberText(source, "topic"),
               MemberText(source, "partition"), MemberText(source, "applied_offset", CountText),
               MemberText(source, "event_time_ms", TimeText), MemberText(source, "read", CountText),
               MemberText(source, "applied", CountText), MemberText(source, "duplicate", CountText),
               MemberText(source, "late", CountText), MemberText(source, "rejected", CountText),
               IsTrue(source, "at_end") ? "yes" : "no"});
  }
  return table.ToString();
}

std::string ViewsText(const JsonValue& root) {
  TextTable table({"view", ">entities", ">records without key"});
  for (const JsonValue& view : MemberItems(root, "views")) {
    table.Add({MemberText(view, "view"), MemberText(view, "entities", CountText),
               MemberText(view, "null_keys", CountText)});
  }
  return table.ToString();
}

// Adds "12 open" for each member that is not 0, with its words.
void AddCounts(const JsonValue& object,
               std::initializer_list<std::pair<absl::string_view, absl::string_view>> words,
               std::vector<std::string>* counts) {
  for (const auto& [name, meaning] : words) {
    const std::string count = MemberText(object, name, CountText);
    if (count != "0" && count != "-") counts->push_back(absl::StrCat(count, " ", meaning));
  }
}

std::string TaskText(const JsonValue& task) {
  const JsonValue& decisions = Part(task, "decisions");
  const JsonValue& labels = Part(task, "labels");
  std::vector<std::string> of_decisions, of_labels, apart;
  AddCounts(decisions,
            {{"pending", "wait for a label"},
             {"settled", "labelled"},
             {"dropped", "without a label in time"},
             {"duplicate", "repeats"}},
            &of_decisions);
  AddCounts(labels,
            {{"joined", "joined"}, {"ignored", "said nothing"}, {"parked", "wait for a decision"}},
            &of_labels);
  AddCounts(Part(labels, "unmatched"),
            {{"no_decision", "of no decision"},
             {"before_decision", "not after their decision"},
             {"too_late", "too late"},
             {"duplicate", "after the label"}},
            &of_labels);
  AddCounts(decisions,
            {{"waiting", "decisions wait until all inputs have come to their time"},
             {"rejected_ids", "records without id"},
             {"too_large", "decisions too large for the log"}},
            &apart);
  const auto listed = [](const std::vector<std::string>& counts) {
    return counts.empty() ? "" : absl::StrCat(" (", absl::StrJoin(counts, ", "), ")");
  };
  std::string text =
      absl::StrCat("task ", MemberText(task, "task"), "  decisions ",
                   MemberText(decisions, "total", CountText), listed(of_decisions),
                   "  label records ", MemberText(labels, "total", CountText), listed(of_labels),
                   "  examples learned ", MemberText(Part(task, "examples"), "learned", CountText),
                   "  models published ", MemberText(task, "models_published", CountText), "\n");
  for (const std::string& count : apart) absl::StrAppend(&text, "  ", count, "\n");
  const JsonValue& held_back = Part(task, "held_back");
  if (held_back.kind() == JsonKind::kObject) {
    absl::StrAppend(&text, "  time is held back since ",
                    MemberText(held_back, "since_ms", TimeText), ": ",
                    MemberText(held_back, "message"), "\n");
  }
  TextTable table({"learner", "type", "role", ">version", ">served n", ">AUC", ">log loss",
                   ">calibration", ">log loss 1d", "newest label"});
  for (const JsonValue& learner : MemberItems(task, "learners")) {
    const JsonValue& served = Part(learner, "served");
    const JsonValue& day = Part(Part(learner, "served_1d"), "metrics");
    table.Add({MemberText(learner, "learner"), MemberText(learner, "type"),
               MemberText(learner, "role"), MemberText(learner, "version"),
               MemberText(served, "n", CountText), MemberRounded(served, "auc"),
               MemberRounded(served, "logloss"), MemberRounded(served, "calibration"),
               MemberRounded(day, "logloss"), MemberText(learner, "newest_label_ms", TimeText)});
  }
  return text + table.ToString();
}

absl::StatusOr<std::string> StatusText(absl::string_view answer) {
  ASSIGN_OR_RETURN(const JsonValue root, ParseAnswer(answer));
  const JsonValue* uptime = root.Find("uptime_s");
  std::string text =
      absl::StrCat("project ", MemberText(root, "project"), "  log ", MemberText(root, "log"),
                   IsTrue(root, "ready") ? "  ready" : "  NOT ready",
                   IsTrue(root, "caught_up")   ? "  caught up"
                   : IsTrue(root, "replaying") ? "  replaying"
                                               : "  catching up",
                   "  up ",
                   uptime != nullptr && uptime->kind() == JsonKind::kDouble
                       ? AgeText(static_cast<int64_t>(uptime->double_value() * 1e3))
                       : "-",
                   "  event time ", MemberText(root, "event_time_ms", TimeText), "\n\n");
  if (const std::string reason = MemberText(root, "log_lost_reason"); reason != "-") {
    absl::StrAppend(&text, "the log is lost since ",
                    MemberText(root, "log_lost_since_ms", TimeText), ": ", reason, "\n\n");
  }
  absl::StrAppend(&text, SourcesText(root));
  if (!MemberItems(root, "views").empty()) absl::StrAppend(&text, "\n", ViewsText(root));
  for (const JsonValue& task : MemberItems(root, "tasks")) {
    absl::StrAppend(&text, "\n", TaskText(task));
  }
  return text;
}

int Status(const GlobalOptions& global) {
  std::unique_ptr<ApiClient> api;
  const int opened = OpenApi(global, "status", &api);
  if (opened != kExitOk) return opened;
  const absl::StatusOr<std::string> answer = api->Get("/api/v1/status");
  if (!answer.ok()) return FailRequest("status", answer.status());
  if (global.json) {
    std::printf("%s\n", answer->c_str());
    return kExitOk;
  }
  const absl::StatusOr<std::string> text = StatusText(*answer);
  if (!text.ok()) return Fail("status", text.status());
  std::fputs(text->c_str(), stdout);
  return kExitOk;
}

}  // namespace

void AddStatus(CLI::App& app, const GlobalOptions& global, Run* run) {
  CLI::App* status =
      app.add_subcommand("status", "Positions, models and health of a running server");
  status->footer("Example: millrace status --server http://127.0.0.1:7470");
  status->callback([&global, run] { *run = [&global] { return Status(global); }; });
}

}  // namespace millrace
