#include "app/testing/read_expectation.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "app/config/check.h"
#include "app/workers/task_worker.h"
#include "featurestore/online_store.h"

namespace millrace {
namespace {

using Names = std::vector<std::string>;
using What = ViewExpectation::What;

struct CellMap {
  absl::string_view key;
  What what;
};
constexpr CellMap kCellMaps[] = {
    {"values", What::kValue},
    {"status", What::kStatus},
    {"age_ms", What::kAgeMs},
    {"effective_start", What::kEffectiveStart},
    {"effective_end", What::kEffectiveEnd},
    {"completeness", What::kCompleteness},
    {"count", What::kCount},
    {"max_event_time", What::kMaxEventTime},
};

Names FeatureNames(const ViewSpec& view) {
  Names names;
  for (const FeatureSpec& feature : view.features) names.push_back(feature.name);
  return names;
}

Names StatusNames() {
  Names names;
  for (uint8_t s = 0; s <= static_cast<uint8_t>(FeatureStatus::kOverflow); ++s) {
    names.emplace_back(FeatureStatusName(static_cast<FeatureStatus>(s)));
  }
  return names;
}

// Adds the member `key`, if there is one, to what is expected.
void TakeField(const ConfigNode& node, absl::string_view key, std::vector<Expected>* out) {
  const ConfigNode* value = node.Find(key);
  if (value != nullptr) out->push_back({std::string(key), *value});
}

}  // namespace

const Names& DecisionTerms() {
  static const auto* const names = new Names{
      "decisions", "duplicate", "settled",     "dropped",         "pending",   "waiting",
      "examples",  "learned",   "skipped",     "labels",          "joined",    "ignored",
      "parked",    "unmatched", "no_decision", "before_decision", "too_late",  "repeated",
      "rejected",  "timed_out", "published"};
  return *names;
}

const Names& CountTerms() {
  static const auto* const names =
      new Names{"read", "applied", "duplicate", "late", "rejected", "bytes"};
  return *names;
}

ExpectationReader::ExpectationReader(const Project& project, NodeReader* reader)
    : project_(project), read_(*reader) {
  for (const SourceSpec& source : project.sources) sources_.push_back(source.name);
  for (const auto& view : project.views) views_.push_back(view->name);
  for (const TaskSpec& task : project.tasks) tasks_.push_back(task.name);
}

std::optional<Expectation> ExpectationReader::Read(const ConfigNode& node) {
  if (!node.is_map()) {
    read_.Fail(node, absl::StrCat("an expectation must be a map, found ", Describe(node)));
    return std::nullopt;
  }
  std::optional<Expectation> expectation;
  if (node.Find("view") != nullptr) {
    expectation = ReadView(node);
  } else if (node.Find("task") != nullptr) {
    expectation = ReadTask(node);
  } else if (node.Find("dead_letters") != nullptr) {
    expectation = ReadDeadLetters(node);
  } else if (node.Find("source") != nullptr) {
    expectation = ReadCounts(node);
  } else if (const ConfigNode* emitted = node.Find("emitted")) {
    read_.sink().Error(ErrorCode::kNotSupported, emitted->place,
                       "'emitted' of an expectation is not supported yet");
  } else {
    read_.sink().Error(ErrorCode::kMissingKey, node.place,
                       "an expectation names a 'view', a 'source', a 'task' or 'dead_letters'");
  }
  if (!expectation) return std::nullopt;
  expectation->line = node.place.line;
  if (const ConfigNode* tolerance = node.Find("tolerance")) {
    expectation->tolerance = read_.Number(*tolerance, "tolerance");
    if (!expectation->tolerance) return std::nullopt;
  }
  return expectation;
}

// --- views ---

std::optional<Expectation> ExpectationReader::ReadView(const ConfigNode& node) {
  Names known = {"view", "key", "at", "tolerance"};
  for (const CellMap& map : kCellMaps) known.emplace_back(map.key);
  if (!read_.CheckMap(node, "an expectation of a view", known, {"request", "known"})) {
    return std::nullopt;
  }
  ViewExpectation out;
  out.view = read_.Find(*node.Find("view"), "view", views_);
  const ConfigNode* key = node.Find("key");
  const ConfigNode* at = node.Find("at");
  if (key == nullptr || at == nullptr) {
    read_.sink().Error(ErrorCode::kMissingKey, node.place,
                       "an expectation of a view needs 'key' and 'at'");
    return std::nullopt;
  }
  const std::optional<int64_t> at_ms = read_.Time(*at, "at");
  if (out.view < 0 || !at_ms) return std::nullopt;
  out.at_ms = *at_ms;
  const ViewSpec& view = *project_.views[static_cast<size_t>(out.view)];
  bool good = ReadKey(*key, view, &out);
  for (const CellMap& map : kCellMaps) {
    const ConfigNode* cells = node.Find(map.key);
    if (cells != nullptr) good = ReadCells(*cells, map.key, map.what, view, &out) && good;
  }
  if (!good) return std::nullopt;
  if (out.cells.empty()) {
    read_.sink().Error(ErrorCode::kMissingKey, node.place, "nothing is expected here").suggestion =
        "add 'values'";
    return std::nullopt;
  }
  Expectation expectation;
  expectation.title =
      absl::StrCat(view.name, " ", FlowText(*key), " at ", ToString(Value::Timestamp(out.at_ms)));
  expectation.what = std::move(out);
  return expectation;
}

bool ExpectationReader::ReadKey(const ConfigNode& node, const ViewSpec& view,
                                ViewExpectation* out) {
  if (!read_.CheckMap(node, absl::StrCat("the key of '", view.name, "'"), view.key_names)) {
    return false;
  }
  for (size_t i = 0; i < view.key_names.size(); ++i) {
    const ConfigNode* field = node.Find(view.key_names[i]);
    if (field == nullptr) {
      read_.sink().Error(ErrorCode::kMissingKey, node.place,
                         absl::StrCat("the key of '", view.name, "' lacks '", view.key_names[i],
                                      "'"));
      return false;
    }
    std::optional<OwnedValue> value = TestValueOf(*field, view.key_types[i]);
    if (!value) {
      read_.Fail(*field, absl::StrCat("'", view.key_names[i], "' is a ",
                                      TypeName(view.key_types[i]), ", found ", Describe(*field)));
      return false;
    }
    out->key.push_back(*std::move(value));
  }
  return true;
}

bool ExpectationReader::ReadCells(const ConfigNode& map, absl::string_view name, What what,
                                  const ViewSpec& view, ViewExpectation* out) {
  if (!map.is_map()) {
    read_.Fail(map, absl::StrCat("'", name, "' must be a map by feature, found ", Describe(map)));
    return false;
  }
  bool good = true;
  const Names features = FeatureNames(view);
  for (const ConfigMember& member : map.members) {
    const int feature =
        read_.Find(member.key, absl::StrCat("feature of '", view.name, "',"), features);
    good = feature >= 0 && good;
    if (what == What::kStatus) good = CheckStatus(member.value) && good;
    std::string title = member.key.text;
    if (what != What::kValue) title = absl::StrCat(name, " of ", title);
    out->cells.push_back({what, feature, {std::move(title), member.value}});
  }
  return good;
}

bool ExpectationReader::CheckStatus(const ConfigNode& status) {
  // `null` is a status, and YAML's null.
  return status.kind == ConfigNode::Kind::kNull || read_.Find(status, "status", StatusNames()) >= 0;
}

// --- sources ---

bool ExpectationReader::ReadNumbers(const ConfigNode& map, absl::string_view what,
                                    const Names& known, std::vector<Expected>* out) {
  if (!read_.CheckMap(map, absl::StrCat("'", what, "'"), known)) return false;
  for (const ConfigMember& member : map.members) {
    if (!read_.Int(member.value, member.key.text)) return false;
    out->push_back({member.key.text, member.value});
  }
  return true;
}

std::optional<Expectation> ExpectationReader::ReadCounts(const ConfigNode& node) {
  if (!read_.CheckMap(node, "an expectation of a source", {"source", "counts"})) {
    return std::nullopt;
  }
  CountsExpectation out;
  out.source = read_.Find(*node.Find("source"), "source", sources_);
  const ConfigNode* counts = node.Find("counts");
  if (counts == nullptr) {
    read_.sink().Error(ErrorCode::kMissingKey, node.place,
                       "an expectation of a source needs 'counts'");
    return std::nullopt;
  }
  if (!ReadNumbers(*counts, "counts", CountTerms(), &out.counts) || out.source < 0) {
    return std::nullopt;
  }
  Expectation expectation;
  expectation.title = absl::StrCat("counts of ", sources_[static_cast<size_t>(out.source)]);
  expectation.what = std::move(out);
  return expectation;
}

std::optional<Expectation> ExpectationReader::ReadDeadLetters(const ConfigNode& node) {
  if (!read_.CheckMap(node, "an expectation of dead letters", {"dead_letters", "records"})) {
    return std::nullopt;
  }
  DeadLetterExpectation out;
  out.source = read_.Find(*node.Find("dead_letters"), "source", sources_);
  const ConfigNode* records = node.Find("records");
  if (records == nullptr || !records->is_list()) {
    read_.sink().Error(ErrorCode::kMissingKey, node.place,
                       "an expectation of dead letters needs a list of 'records'");
    return std::nullopt;
  }
  for (const ConfigNode& record : records->items) {
    if (!read_.CheckMap(record, "a dead letter", {"offset", "reason", "partition"})) {
      return std::nullopt;
    }
    std::vector<Expected>& fields = out.records.emplace_back();
    for (const absl::string_view key : {"offset", "partition", "reason"}) {
      TakeField(record, key, &fields);
    }
  }
  if (out.source < 0) return std::nullopt;
  Expectation expectation;
  expectation.title = absl::StrCat("dead letters of ", sources_[static_cast<size_t>(out.source)]);
  expectation.what = std::move(out);
  return expectation;
}

// --- tasks ---

std::optional<Expectation> ExpectationReader::ReadTask(const ConfigNode& node) {
  const int task = read_.Find(*node.Find("task"), "task", tasks_);
  if (task < 0) return std::nullopt;
  Expectation expectation;
  const auto title = [&](absl::string_view kind, const ConfigNode& of) {
    expectation.title = absl::StrCat(tasks_[static_cast<size_t>(task)], ": ", kind, " ",
                                     FlowText(of));
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
    ScoreExpectation out{task, *id, {}};
    for (const absl::string_view key : {"value", "learner", "version"}) {
      TakeField(node, key, &out.fields);
    }
    expectation.what = std::move(out);
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
      read_.sink().Error(ErrorCode::kMissingKey, node.place, "nothing is expected here").known = {
          "prediction", "score", "example", "decisions", "published"};
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
  OwnedValue id = PlainValueOf(node);
  if (spec.id_slot >= 0) {
    const Type type = spec.slots[static_cast<size_t>(spec.id_slot)].type;
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
  if (!read_.CheckMap(node, "an expectation of a prediction",
                      {"task", "prediction", "inputs", "status", "learner", "version", "score",
                       "tolerance"})) {
    return std::nullopt;
  }
  PredictionExpectation out;
  out.task = task;
  std::optional<std::string> id = ReadId(*node.Find("prediction"), task);
  if (!id) return std::nullopt;
  out.id = *std::move(id);
  for (const absl::string_view key : {"learner", "version", "score"}) {
    TakeField(node, key, &out.fields);
  }
  const ConfigNode* inputs = node.Find("inputs");
  const ConfigNode* status = node.Find("status");
  if ((inputs != nullptr && !ReadInputs(*inputs, "inputs", task, false, &out.inputs)) ||
      (status != nullptr && !ReadInputs(*status, "status", task, true, &out.statuses))) {
    return std::nullopt;
  }
  return out;
}

std::optional<ExampleExpectation> ExpectationReader::ReadExample(const ConfigNode& node, int task) {
  if (!read_.CheckMap(node, "an expectation of an example",
                      {"task", "example", "label", "revision", "state", "weight", "label_time",
                       "tolerance"})) {
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
  for (const absl::string_view key : {"state", "label", "revision", "weight", "label_time"}) {
    TakeField(node, key, &out.fields);
  }
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
  for (auto [key, bound] : {std::pair{"at_least", &out.at_least}, {"at_most", &out.at_most},
                            {"times", &out.times}}) {
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
    read_.sink().Error(ErrorCode::kMissingKey, node.place, "a request needs 'task' and 'at'");
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
    request.id_value = PlainValueOf(*id);
  }
  const ConfigNode* fields = node.Find("fields");
  if (fields == nullptr) return request;
  if (!fields->is_map()) {
    read_.Fail(*fields, absl::StrCat("'fields' must be a map, found ", Describe(*fields)));
    return std::nullopt;
  }
  for (const ConfigMember& member : fields->members) {
    if (member.value.kind == ConfigNode::Kind::kNull) {
      request.fields.emplace_back(member.key.text, OwnedValue());
    } else {
      request.fields.emplace_back(member.key.text, PlainValueOf(member.value));
    }
  }
  return request;
}

}  // namespace millrace
