// The part of ExpectationReader that concerns tasks.

#include <utility>

#include "absl/strings/str_cat.h"
#include "app/config/check.h"
#include "app/testing/read_expectation.h"
#include "app/workers/task_records.h"

namespace millrace {
namespace {

using Names = std::vector<std::string>;

constexpr absl::string_view kScoreFields[] = {"value", "learner", "version"};
constexpr absl::string_view kPredictionFields[] = {"learner", "version", "score"};
constexpr absl::string_view kExampleFields[] = {"state", "label", "revision", "weight",
                                                "label_time"};

}  // namespace

const Names& DecisionTerms() {
  static const auto* const names =
      new Names{"decisions", "duplicate", "settled",     "dropped",         "pending",  "waiting",
                "examples",  "learned",   "skipped",     "labels",          "joined",   "ignored",
                "parked",    "unmatched", "no_decision", "before_decision", "too_late", "repeated",
                "rejected",  "too_large", "timed_out",   "published"};
  return *names;
}

std::optional<Expectation> ExpectationReader::ReadTask(const ConfigNode& node) {
  const int task = read_.Find(*node.Find("task"), "task", tasks_);
  if (task < 0) return std::nullopt;
  Expectation expectation;
  const auto title = [&](absl::string_view kind, const ConfigNode& of) {
    expectation.title =
        absl::StrCat(tasks_[static_cast<size_t>(task)], ": ", kind, " ", FlowText(of));
  };
  if (const ConfigNode* prediction = node.Find("prediction")) {
    title("prediction", *prediction);
    auto out = ReadPrediction(node, task);
    if (!out) return std::nullopt;
    expectation.what = *std::move(out);
  } else if (const ConfigNode* score = node.Find("score")) {
    title("score of request", *score);
    if (!read_.CheckMap(node, "an expectation of a score",
                        {"task", "score", "value", "learner", "version", "tolerance"})) {
      return std::nullopt;
    }
    const std::optional<std::string> id = read_.Text(*score, "score");
    if (!id) return std::nullopt;
    expectation.what = ScoreExpectation{task, *id, TakeFields(node, kScoreFields)};
  } else if (const ConfigNode* example = node.Find("example")) {
    title("example", *example);
    auto out = ReadExample(node, task);
    if (!out) return std::nullopt;
    expectation.what = *std::move(out);
  } else if (const ConfigNode* decisions = node.Find("decisions")) {
    expectation.title = absl::StrCat(tasks_[static_cast<size_t>(task)], ": decisions");
    DecisionsExpectation out{task, {}};
    if (!read_.CheckMap(node, "an expectation of decisions", {"task", "decisions"}) ||
        !ReadNumbers(*decisions, "decisions", DecisionTerms(), &out.counts)) {
      return std::nullopt;
    }
    expectation.what = std::move(out);
  } else if (const ConfigNode* published = node.Find("published")) {
    title("published", *published);
    if (!read_.CheckMap(node, "an expectation of published models", {"task", "published"})) {
      return std::nullopt;
    }
    auto out = ReadPublished(*published, task);
    if (!out) return std::nullopt;
    expectation.what = *std::move(out);
  } else {
    read_.CheckMap(node, "an expectation of a task",
                   {"task", "prediction", "score", "example", "decisions", "published"},
                   {"guardrail", "of", "times"});
    if (node.members.size() < 2) {
      read_.sink()
          .Error(ConfigErrorCode::kMissingKey, node.place, "nothing is expected here")
          .known = {"prediction", "score", "example", "decisions", "published"};
    }
    return std::nullopt;
  }
  return expectation;
}

std::optional<std::string> ExpectationReader::ReadId(const ConfigNode& node, int task) {
  const TaskSpec& spec = project_.tasks[static_cast<size_t>(task)];
  if (!node.is_scalar()) {
    read_.Fail(node, absl::StrCat("the id of a decision is a scalar, found ", Describe(node)));
    return std::nullopt;
  }
  OwnedValue id = PlainScalarOf(node);
  if (spec.id_slot >= 0) {
    const Type type = spec.slots[static_cast<size_t>(spec.id_slot)].type.type;
    std::optional<OwnedValue> typed = TestValueOf(node, type);
    if (!typed) {
      read_.Fail(node, absl::StrCat("ids of '", spec.name, "' are ", TypeName(type), ", found ",
                                    Describe(node)));
      return std::nullopt;
    }
    id = *std::move(typed);
  }
  return EncodeId(id.view());
}

bool ExpectationReader::ReadInputs(const ConfigNode& map, absl::string_view what, int task,
                                   bool statuses, std::vector<std::pair<int, Expected>>* out) {
  if (!map.is_map()) {
    read_.Fail(map, absl::StrCat("'", what, "' must be a map by input, found ", Describe(map)));
    return false;
  }
  Names names;
  for (const TaskInput& input : project_.tasks[static_cast<size_t>(task)].inputs) {
    names.push_back(input.name);
  }
  bool good = true;
  for (const ConfigMember& member : map.members) {
    const int input = read_.Find(member.key, "input", names);
    good = input >= 0 && good;
    if (statuses) good = CheckStatus(member.value) && good;
    out->emplace_back(input, Expected{absl::StrCat(what, ".", member.key.text), member.value});
  }
  return good;
}

std::optional<PredictionExpectation> ExpectationReader::ReadPrediction(const ConfigNode& node,
                                                                       int task) {
  if (!read_.CheckMap(
          node, "an expectation of a prediction",
          {"task", "prediction", "inputs", "status", "learner", "version", "score", "tolerance"})) {
    return std::nullopt;
  }
  PredictionExpectation out;
  out.task = task;
  std::optional<std::string> id = ReadId(*node.Find("prediction"), task);
  if (!id) return std::nullopt;
  out.id = *std::move(id);
  out.fields = TakeFields(node, kPredictionFields);
  const ConfigNode* inputs = node.Find("inputs");
  const ConfigNode* status = node.Find("status");
  if ((inputs != nullptr && !ReadInputs(*inputs, "inputs", task, false, &out.inputs)) ||
      (status != nullptr && !ReadInputs(*status, "status", task, true, &out.statuses))) {
    return std::nullopt;
  }
  return out;
}

std::optional<ExampleExpectation> ExpectationReader::ReadExample(const ConfigNode& node, int task) {
  if (!read_.CheckMap(
          node, "an expectation of an example",
          {"task", "example", "label", "revision", "state", "weight", "label_time", "tolerance"})) {
    return std::nullopt;
  }
  ExampleExpectation out;
  out.task = task;
  std::optional<std::string> id = ReadId(*node.Find("example"), task);
  if (!id) return std::nullopt;
  out.id = *std::move(id);
  const ConfigNode* state = node.Find("state");
  if (state != nullptr &&
      read_.Find(*state, "state", {"settled", "pending", "dropped", "unexposed", "censored"}) < 0) {
    return std::nullopt;
  }
  out.fields = TakeFields(node, kExampleFields);
  return out;
}

std::optional<PublishedExpectation> ExpectationReader::ReadPublished(const ConfigNode& node,
                                                                     int task) {
  if (!read_.CheckMap(node, "'published'", {"learner", "at_least", "at_most", "times"})) {
    return std::nullopt;
  }
  PublishedExpectation out;
  out.task = task;
  if (const ConfigNode* learner = node.Find("learner")) {
    Names names;
    for (const TaskLearner& l : project_.tasks[static_cast<size_t>(task)].learners) {
      names.push_back(l.name);
    }
    const int index = read_.Find(*learner, "learner", names);
    if (index < 0) return std::nullopt;
    out.learner = names[static_cast<size_t>(index)];
  }
  for (auto [key, bound] :
       {std::pair{"at_least", &out.at_least}, {"at_most", &out.at_most}, {"times", &out.times}}) {
    const ConfigNode* value = node.Find(key);
    if (value == nullptr) continue;
    *bound = read_.Int(*value, key);
    if (!*bound) return std::nullopt;
  }
  return out;
}

// --- requests ---

std::optional<TestRequest> ExpectationReader::ReadRequest(const ConfigNode& node) {
  if (!read_.CheckMap(node, "a request", {"task", "id", "at", "fields"}, {"actions"})) {
    return std::nullopt;
  }
  const ConfigNode* task = node.Find("task");
  const ConfigNode* at = node.Find("at");
  if (task == nullptr || at == nullptr) {
    read_.sink().Error(ConfigErrorCode::kMissingKey, node.place, "a request needs 'task' and 'at'");
    return std::nullopt;
  }
  TestRequest request;
  request.task = read_.Find(*task, "task", tasks_);
  const std::optional<int64_t> at_ms = read_.Time(*at, "at");
  if (request.task < 0 || !at_ms) return std::nullopt;
  request.at_ms = *at_ms;
  if (const ConfigNode* id = node.Find("id")) {
    if (!read_.Text(*id, "id")) return std::nullopt;
    request.has_id = true;
    request.id = id->text;
    request.id_value = PlainScalarOf(*id);
  }
  const ConfigNode* fields = node.Find("fields");
  if (fields == nullptr) return request;
  if (!fields->is_map()) {
    read_.Fail(*fields, absl::StrCat("'fields' must be a map, found ", Describe(*fields)));
    return std::nullopt;
  }
  for (const ConfigMember& member : fields->members) {
    std::optional<OwnedValue> value = PlainValueOf(member.value);
    if (!value) {
      read_.Fail(member.value,
                 absl::StrCat("'", member.key.text, "' must not be nested more than once"));
      return std::nullopt;
    }
    request.fields.emplace_back(member.key.text, *std::move(value));
  }
  return request;
}

}  // namespace millrace
