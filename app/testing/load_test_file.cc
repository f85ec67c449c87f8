#include "app/testing/load_test_file.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "app/config/check.h"
#include "app/config/durations.h"
#include "app/config/load.h"
#include "app/config/parse_yaml.h"
#include "app/config/text_file.h"
#include "app/testing/node_reader.h"
#include "app/testing/read_expectation.h"
#include "app/testing/read_records.h"

namespace millrace {
namespace {

using Names = std::vector<std::string>;

constexpr int64_t kMaxShuffles = 10'000;

const Names& FileKeys() {
  static const auto* const keys = new Names{"config", "defaults", "cases", "expect_error"};
  return *keys;
}

const Names& ConfigurationKeys() {
  static const auto* const keys =
      new Names{"version",  "project", "log",      "state", "registry", "sources",
                "entities", "views",   "services", "tasks", "server"};
  return *keys;
}

// Which views of a configuration state a key.
std::set<std::string> ViewsThatState(absl::string_view key, const ConfigNode& root) {
  std::set<std::string> names;
  const ConfigNode* views = root.Find("views");
  if (views == nullptr) return names;
  for (const ConfigMember& view : views->members) {
    if (view.value.Find(key) != nullptr) names.insert(view.key.text);
  }
  return names;
}

class TestFileLoader {
 public:
  TestFileLoader(const LoadTestFileOptions& options, LoadTestFileResult* result)
      : options_(options),
        directory_(std::filesystem::path(options.path).parent_path().string()),
        result_(*result),
        read_(&sink_) {}

  void Load() {
    file_.path = options_.path;
    LoadAll();
    std::vector<Diagnostic> own = sink_.Sorted();
    std::move(own.begin(), own.end(), std::back_inserter(result_.diagnostics));
    const bool failed =
        std::any_of(result_.diagnostics.begin(), result_.diagnostics.end(),
                    [](const Diagnostic& d) { return d.severity == Severity::kError; });
    if (!failed) result_.file = std::move(file_);
  }

 private:
  void LoadAll() {
    const absl::StatusOr<std::string> text =
        options_.text ? absl::StatusOr<std::string>(*options_.text) : ReadTextFile(options_.path);
    const int number = sink_.AddText(options_.path, text.value_or(""));
    if (!text.ok()) {
      sink_.Error(ConfigErrorCode::kUnreadable, {number, 0, 0, 1},
                  std::string(text.status().message()));
      return;
    }
    text_ = *text;
    // A configuration that must be refused may not even be YAML.
    if (const std::optional<ConfigNode> error = FindExpectError()) {
      file_.expect_error = {"expect_error", *error};
      LoadConfiguration(FindConfig());
      return;
    }
    std::optional<ConfigNode> root = ParseYaml(number, 0, &sink_);
    if (!root || sink_.has_errors()) return;
    Names known = FileKeys();
    const bool inline_config = root->Find("config") == nullptr;
    if (inline_config) {
      known.insert(known.end(), ConfigurationKeys().begin(), ConfigurationKeys().end());
    }
    if (!read_.CheckMap(*root, "a test file", known)) return;
    if (root->Find("cases") == nullptr) {
      sink_.Error(ConfigErrorCode::kMissingKey, {number, 0, 0, 1}, "a test file needs 'cases'");
      return;
    }
    std::optional<std::string> config;
    if (!inline_config) {
      config = read_.Text(*root->Find("config"), "config");
      if (!config) return;
    }
    std::optional<Project> project = LoadConfiguration(config);
    if (!project) return;
    file_.project = *std::move(project);
    TakeStated(*root, config);
    ReadCases(*root);
  }

  // The value of a top-level key whose line stands by itself, without reading the rest.
  std::optional<ConfigNode> FindLine(absl::string_view key) {
    int line_number = 0;
    for (absl::string_view line : absl::StrSplit(*text_, '\n')) {
      ++line_number;
      if (!absl::StartsWith(line, absl::StrCat(key, ":"))) continue;
      DiagnosticSink scratch;
      const int number = scratch.AddText(options_.path, std::string(line));
      const std::optional<ConfigNode> node = ParseYaml(number, 0, &scratch);
      const ConfigNode* value = node ? node->Find(key) : nullptr;
      if (value == nullptr || !value->is_scalar()) continue;
      ConfigNode found = *value;
      found.place.line = line_number;
      return found;
    }
    return std::nullopt;
  }
  std::optional<ConfigNode> FindExpectError() { return FindLine("expect_error"); }
  std::optional<std::string> FindConfig() {
    const std::optional<ConfigNode> node = FindLine("config");
    return node ? std::optional(node->text) : std::nullopt;
  }

  std::string PathOfConfig(const std::string& config) const {
    return (std::filesystem::path(directory_) / config).lexically_normal().string();
  }

  // Absent with diagnostics in the result, or where it was refused as it must be.
  std::optional<Project> LoadConfiguration(const std::optional<std::string>& config) {
    LoadOptions load;
    load.environment = options_.environment;
    if (config) {
      load.path = PathOfConfig(*config);
    } else {
      load.path = options_.path;
      load.text = text_;
      load.other_keys.insert(FileKeys().begin(), FileKeys().end());
      load.defaults = {{"version", "1"},
                       {"project", "test"},
                       {"log.embedded.path", "log"},
                       {"state.path", "state"}};
    }
    LoadResult loaded = millrace::Load(load);
    if (!file_.expect_error) {
      result_.diagnostics = std::move(loaded.diagnostics);
      return std::move(loaded.project);
    }
    if (!loaded.project) file_.refusal = Render(loaded.diagnostics, Color::kNever);
    return std::nullopt;
  }

  // What the views state themselves of how much of the past they keep.
  void TakeStated(const ConfigNode& root, const std::optional<std::string>& config) {
    std::optional<ConfigNode> tree;
    if (config) {
      DiagnosticSink scratch;  // it was read without errors before
      const int number = scratch.AddText("", ReadTextFile(PathOfConfig(*config)).value_or(""));
      tree = ParseYaml(number, 0, &scratch);
    }
    const ConfigNode& stating = tree ? *tree : root;
    const std::set<std::string> accuracy = ViewsThatState("accuracy", stating);
    const std::set<std::string> as_of = ViewsThatState("as_of", stating);
    for (const auto& view : file_.project.views) {
      file_.accuracy_set.push_back(accuracy.contains(view->name));
      file_.as_of_set.push_back(as_of.contains(view->name));
    }
  }

  void ReadCases(const ConfigNode& root) {
    const ConfigNode& cases = *root.Find("cases");
    if (!cases.is_list()) {
      read_.Fail(cases, absl::StrCat("'cases' must be a list, found ", Describe(cases)));
      return;
    }
    if (cases.items.empty()) read_.Fail(cases, "'cases' is empty: a test file tests something");
    for (const ConfigNode& node : cases.items) {
      RecordReader records(file_.project, directory_, &read_);
      if (const ConfigNode* defaults = root.Find("defaults")) records.AddDefaults(*defaults);
      ReadCase(node, &records);
    }
  }

  void ReadCase(const ConfigNode& node, RecordReader* records) {
    if (!read_.CheckMap(node, "a case",
                        {"name", "records", "expect", "steps", "defaults", "tolerance", "shuffle",
                         "restart", "available_from", "tiles"})) {
      return;
    }
    TestCase test;
    test.line = node.place.line;
    test.name = absl::StrCat("case ", file_.cases.size() + 1);
    if (const ConfigNode* name = node.Find("name")) {
      test.name = read_.Text(*name, "name").value_or("");
    }
    if (const ConfigNode* tolerance = node.Find("tolerance")) {
      test.tolerance = read_.Number(*tolerance, "tolerance").value_or(0);
    }
    if (const ConfigNode* restart = node.Find("restart")) {
      test.restart = read_.Bool(*restart, "restart").value_or(false);
    }
    if (const ConfigNode* from = node.Find("available_from")) {
      test.available_from_ms = read_.Time(*from, "available_from");
    }
    if (const ConfigNode* tiles = node.Find("tiles")) {
      if (tiles->is_scalar()) test.tiles_ms = ParseDuration(tiles->text);
      if (test.tiles_ms.value_or(0) <= 0) {
        read_.Fail(*tiles, absl::StrCat("'tiles' must be a duration such as 10s, found ",
                                        Describe(*tiles)));
      }
    }
    if (const ConfigNode* defaults = node.Find("defaults")) records->AddDefaults(*defaults);
    ReadSteps(node, records, &test);
    test.retracting = records->retracting();
    for (const TestStep& step : test.steps) NoteTasks(step, &test);
    if (const ConfigNode* shuffle = node.Find("shuffle")) ReadShuffle(node, *shuffle, &test);
    file_.cases.push_back(std::move(test));
  }

  void ReadShuffle(const ConfigNode& node, const ConfigNode& shuffle, TestCase* test) {
    const std::optional<int64_t> count = read_.Int(shuffle, "shuffle");
    if (!count) return;
    if (*count < 0 || *count > kMaxShuffles) {
      read_.Fail(shuffle, absl::StrCat("'shuffle' must be from 0 to ", kMaxShuffles));
    }
    test->shuffle = static_cast<int>(*count);
    if (node.Find("steps") != nullptr) {
      sink_.Error(ConfigErrorCode::kConflict, shuffle.place,
                  "'shuffle' cannot stand beside 'steps', which have one order");
    } else if (test->uses_tasks) {
      sink_.Error(ConfigErrorCode::kConflict, shuffle.place,
                  "'shuffle' cannot stand in a case about a task: what it learned depends on the "
                  "order of arrival");
    } else if (LooksUp(*test)) {
      sink_.Error(ConfigErrorCode::kConflict, shuffle.place,
                  "'shuffle' cannot stand in a case about a source with 'lookup': records wait for "
                  "what they look in");
    }
  }

  bool LooksUp(const TestCase& test) const {
    return std::any_of(test.steps.begin(), test.steps.end(), [&](const TestStep& step) {
      const auto* record = std::get_if<TestRecord>(&step);
      return record != nullptr &&
             !file_.project.sources[static_cast<size_t>(record->source)].lookups.empty();
    });
  }

  void ReadSteps(const ConfigNode& node, RecordReader* records, TestCase* test) {
    ExpectationReader expectations(file_.project, &read_);
    const ConfigNode* steps = node.Find("steps");
    const ConfigNode* given = node.Find("records");
    const ConfigNode* expect = node.Find("expect");
    if ((steps != nullptr) == (expect != nullptr) || (steps != nullptr && given != nullptr)) {
      sink_.Error(ConfigErrorCode::kConflict, node.place,
                  "a case has 'records' and 'expect', or 'steps'");
      return;
    }
    if (given != nullptr) records->ReadAll(*given, &test->steps);
    const ConfigNode& list = steps != nullptr ? *steps : *expect;
    if (!list.is_list()) {
      read_.Fail(list, absl::StrCat("'", steps != nullptr ? "steps" : "expect",
                                    "' must be a list, found ", Describe(list)));
      return;
    }
    for (const ConfigNode& item : list.items) {
      if (steps != nullptr) {
        ReadStep(item, records, &expectations, test);
      } else if (auto expectation = expectations.Read(item)) {
        test->steps.emplace_back(*std::move(expectation));
      }
    }
  }

  void ReadStep(const ConfigNode& node, RecordReader* records, ExpectationReader* expectations,
                TestCase* test) {
    if (!read_.CheckMap(node, "a step", {"record", "request", "advance", "expect"})) return;
    if (node.members.size() != 1) {
      read_.Fail(node, "a step has one of 'record', 'request', 'advance' and 'expect'");
      return;
    }
    const std::string& kind = node.members[0].key.text;
    const ConfigNode& value = node.members[0].value;
    if (kind == "record") {
      records->ReadOne(value, &test->steps);
    } else if (kind == "request") {
      if (auto request = expectations->ReadRequest(value)) {
        test->steps.emplace_back(*std::move(request));
      }
    } else if (kind == "expect") {
      if (auto expectation = expectations->Read(value)) {
        expectation->line = value.place.line;
        test->steps.emplace_back(*std::move(expectation));
      }
    } else if (const auto length = value.is_scalar() ? ParseDuration(value.text) : std::nullopt) {
      test->steps.emplace_back(TestAdvance{true, *length});
    } else if (const std::optional<int64_t> time = read_.Time(value, "advance")) {
      test->steps.emplace_back(TestAdvance{false, *time});
    }
  }

  static void NoteTasks(const TestStep& step, TestCase* test) {
    if (std::holds_alternative<TestRequest>(step)) test->uses_tasks = true;
    const auto* expectation = std::get_if<Expectation>(&step);
    if (expectation == nullptr) return;
    const auto& what = expectation->what;
    test->uses_tasks |= !std::holds_alternative<ViewExpectation>(what) &&
                        !std::holds_alternative<CountsExpectation>(what) &&
                        !std::holds_alternative<DeadLetterExpectation>(what);
  }

  const LoadTestFileOptions& options_;
  const std::string directory_;
  LoadTestFileResult& result_;
  DiagnosticSink sink_;
  NodeReader read_;
  std::optional<std::string> text_;
  TestFile file_;
};

}  // namespace

LoadTestFileResult LoadTestFile(const LoadTestFileOptions& options) {
  LoadTestFileResult result;
  TestFileLoader(options, &result).Load();
  return result;
}

}  // namespace millrace
