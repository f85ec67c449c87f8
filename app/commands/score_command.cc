// millrace score: one decision's score, from a running server.

#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "app/commands/api_client.h"
#include "app/commands/command.h"
#include "app/commands/field_arguments.h"
#include "app/commands/text_table.h"
#include "app/commands/time_argument.h"
#include "core/status_macros.h"
#include "serving/json.h"

namespace millrace {
namespace {

struct ScoreOptions {
  std::string task;
  std::vector<std::string> fields;
  std::optional<int64_t> at;
  std::string record;
  bool explain = false;
};

absl::StatusOr<std::string> Ask(ApiClient& api, const ScoreOptions& options,
                                FieldArguments fields) {
  if (!options.record.empty()) fields.Add("id", options.record);
  for (;;) {
    std::string body;
    JsonWriter json(&body);
    json.BeginObject().Key("task").String(options.task).Key("request").BeginArray();
    fields.Write(json);
    json.EndArray();
    if (options.at) json.Key("at").Int(*options.at);
    json.Key("explain").Bool(options.explain).EndObject();
    absl::StatusOr<std::string> answer = api.Post("/api/v1/score", body);
    if (answer.ok() || !fields.MakeText(ProblemField(answer.status()))) return answer;
  }
}

std::string ModelText(const JsonValue& model) {
  std::string text = MemberText(model, "name");
  if (const std::string alias = MemberText(model, "alias"); alias != "-") {
    absl::StrAppend(&text, "@", alias);
  }
  return absl::StrCat(text, " ", MemberText(model, "generation"), ".", MemberText(model, "step"),
                      "  age ", MemberText(model, "age_ms", AgeText), "  staleness ",
                      MemberText(model, "staleness_ms", AgeText));
}

std::string FeaturesText(const JsonValue& features) {
  TextTable table({"feature", ">value", "status", ">age"});
  for (const JsonMember& feature : features.members()) {
    table.Add({feature.name, MemberValue(feature.value, "value"),
               MemberText(feature.value, "status"), MemberText(feature.value, "age_ms", AgeText)});
  }
  return table.ToString();
}

std::string ContributionsText(const JsonValue& parts) {
  TextTable table({"input", ">contribution"});
  double sum = 0;
  for (const JsonValue& part : parts.items()) {
    const JsonValue* contribution = part.Find("contribution");
    const bool number = contribution != nullptr && contribution->kind() == JsonKind::kDouble;
    if (number) sum += contribution->double_value();
    const std::string input = MemberText(part, "input");
    table.Add({input == "-" ? "(intercept)" : input,
               number ? absl::StrFormat("%+.4f", contribution->double_value()) : "-"});
  }
  table.Add({"(sum: the raw score)", absl::StrFormat("%+.4f", sum)});
  return table.ToString();
}

std::string ScoreText(const JsonValue& root, const JsonValue& score, const ScoreOptions& options) {
  std::string out = absl::StrCat(options.task, " = ", MemberText(score, "value"), "  status ",
                                 MemberText(score, "status"));
  if (const std::string id = MemberText(score, "prediction_id"); id != "-") {
    if (MemberText(score, "status") == "duplicate") {
      absl::StrAppend(&out, "  already recorded as ", id, "; this is its first answer");
      if (const std::string version = MemberText(score, "answered_by"); version != "-") {
        absl::StrAppend(&out, ", by model version ", version);
      }
      return out + "\n";  // the model of now did not answer
    }
    absl::StrAppend(&out, "  recorded as ", id);
  }
  if (const JsonValue* model = root.Find("model"); model != nullptr) {
    absl::StrAppend(&out, "\nmodel ", ModelText(*model), "\n");
  }
  const JsonValue* features = score.Find("features");
  if (features != nullptr && features->kind() == JsonKind::kObject &&
      !features->members().empty()) {
    absl::StrAppend(&out, "\n", FeaturesText(*features));
  }
  const JsonValue* parts = score.Find("explain");
  if (parts != nullptr && parts->kind() == JsonKind::kArray) {
    absl::StrAppend(&out, "\n", ContributionsText(*parts));
  }
  return out;
}

// An error when the decision should have been recorded and was not.
absl::Status PrintAnswer(const std::string& answer, const GlobalOptions& global,
                         const ScoreOptions& options) {
  ASSIGN_OR_RETURN(const JsonValue root, ParseAnswer(answer));
  const JsonValue* scores = root.Find("scores");
  if (scores == nullptr || scores->kind() != JsonKind::kArray || scores->items().size() != 1) {
    return absl::UnknownError("the server's answer has not one score");
  }
  const JsonValue& score = scores->items()[0];
  const std::string text = global.json ? answer + "\n" : ScoreText(root, score, options);
  std::fputs(text.c_str(), stdout);
  if (!options.record.empty() && MemberText(score, "prediction_id") == "-") {
    return absl::FailedPreconditionError(
        absl::StrCat("scored, but not recorded: the decisions of task '", options.task,
                     "' are the records of its source\n  hint: leave out --record, or produce a "
                     "record; only a task with `trigger: request` records what it is asked"));
  }
  return absl::OkStatus();
}

int Score(const GlobalOptions& global, const ScoreOptions& options) {
  const absl::StatusOr<FieldArguments> fields = FieldArguments::Parse(options.fields);
  if (!fields.ok()) {
    Fail("score", fields.status());
    return kExitUsage;
  }
  std::unique_ptr<ApiClient> api;
  const int opened = OpenApi(global, "score", &api);
  if (opened != kExitOk) return opened;
  const absl::StatusOr<std::string> answer = Ask(*api, options, *fields);
  if (!answer.ok()) return FailRequest("score", answer.status());
  const absl::Status printed = PrintAnswer(*answer, global, options);
  if (printed.ok()) return kExitOk;
  const int code = Fail("score", printed);
  return absl::IsFailedPrecondition(printed) ? static_cast<int>(kExitUsage) : code;
}

}  // namespace

void AddScore(CLI::App& app, const GlobalOptions& global, Run* run) {
  auto options = std::make_shared<ScoreOptions>();
  CLI::App* score = app.add_subcommand("score", "Ask a running server for a score");
  score->add_option("TASK", options->task, "A task, or one learner of it (task.learner)")
      ->required();
  score->add_option("FIELD=VALUE", options->fields, "The fields of the decision")->required();
  AddTimeOption(score, "--at", "Event time of the decision (default now)", &options->at);
  score->add_flag("--explain", options->explain, "Also what each input contributes");
  score->add_option(
      "--record", options->record,
      "Record the decision under this id, which a label may cite (tasks triggered by requests)");
  score->footer("Example: millrace score delayed origin=JFK carrier=AA distance=867 --explain");
  score->callback(
      [&global, options, run] { *run = [&global, options] { return Score(global, *options); }; });
}

}  // namespace millrace
