#include "app/testing/run_cases.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "app/testing/node_reader.h"
#include "app/testing/simulation.h"
#include "core/status_macros.h"

namespace millrace {
namespace {

// Answers do not depend on the number of shards; few make a case with `restart` quick.
constexpr int32_t kShards = 4;
constexpr int64_t kMaxAsOfMs = int64_t{1} << 56;

// From the newest record back to the earliest time anything is asked about.
int64_t Horizon(const TestCase& test) {
  int64_t newest = INT64_MIN, oldest = INT64_MAX;
  for (const TestStep& step : test.steps) {
    if (const auto* record = std::get_if<TestRecord>(&step)) {
      if (!record->event_time_ms) continue;
      newest = std::max(newest, *record->event_time_ms);
      oldest = std::min(oldest, *record->event_time_ms);
    } else if (const auto* request = std::get_if<TestRequest>(&step)) {
      oldest = std::min(oldest, request->at_ms);
    } else if (const auto* expectation = std::get_if<Expectation>(&step)) {
      const auto* view = std::get_if<ViewExpectation>(&expectation->what);
      if (view != nullptr) oldest = std::min(oldest, view->at_ms);
    }
  }
  if (newest == INT64_MIN) return 0;
  oldest = std::max(oldest, newest < 0 ? -kMaxAsOfMs : newest - kMaxAsOfMs);
  return std::clamp<int64_t>(newest - oldest + 1, 0, kMaxAsOfMs);
}

// Lets the sources take records back, and those derived from them.
void LetRetract(const std::set<int32_t>& retracting, Project* project) {
  for (size_t s = 0; s < project->sources.size(); ++s) {
    const std::vector<int32_t> of = project->TopicSources(static_cast<int32_t>(s));
    const bool retracts = std::any_of(of.begin(), of.end(),
                                      [&](int32_t source) { return retracting.contains(source); });
    if (retracts) project->sources[s].retracts = true;
  }
}

// The project as the case needs it: in memory; exact, with nothing of the past forgotten, but for
// views that state otherwise.
Project ProjectFor(const TestFile& file, const TestCase& test) {
  Project project = file.project;
  project.log.kafka = false;
  project.log.partitions = 1;
  for (const TestStep& step : test.steps) {
    const auto* record = std::get_if<TestRecord>(&step);
    if (record == nullptr) continue;
    project.log.partitions = std::max(project.log.partitions, record->partition + 1);
  }
  project.state.shards = kShards;
  LetRetract(test.retracting, &project);
  // A case says itself which records there were.
  for (SourceSpec& source : project.sources) source.history.reset();
  if (!test.uses_tasks) project.tasks.clear();
  const int64_t horizon = Horizon(test);
  for (size_t v = 0; v < project.views.size(); ++v) {
    ViewSpec view = *project.views[v];
    if (!file.as_of_set[v]) view.as_of_ms = std::max(view.as_of_ms, horizon);
    if (!file.accuracy_set[v]) view.accuracy = Accuracy::kExact;
    view.tile_ms = test.tiles_ms;
    for (ViewInput& input : view.inputs) {
      input.retracts = project.sources[static_cast<size_t>(input.source)].retracts;
    }
    project.views[v] = std::make_shared<const ViewSpec>(std::move(view));
  }
  return project;
}

bool OffsetsAscend(const TestCase& test) {
  std::map<std::pair<int32_t, int32_t>, int64_t> newest;
  for (const TestStep& step : test.steps) {
    const auto* record = std::get_if<TestRecord>(&step);
    if (record == nullptr) continue;
    const auto [it, first] =
        newest.try_emplace({record->source, record->partition}, record->offset);
    // A repeated offset is a duplicate, which goes nowhere.
    if (!first && record->offset < it->second) return false;
    it->second = record->offset;
  }
  return true;
}

class CaseRun {
 public:
  CaseRun(const TestCase& test, CaseResult* result) : test_(test), result_(*result) {}

  absl::Status Run(const Project& project, const SimulationOptions& options) {
    ASSIGN_OR_RETURN(simulation_, Simulation::Open(project, options));
    bool settled = false;
    for (const TestStep& step : test_.steps) {
      const auto* expectation = std::get_if<Expectation>(&step);
      if (expectation == nullptr) {
        settled = false;
        RETURN_IF_ERROR(Do(step));
        continue;
      }
      if (!settled) RETURN_IF_ERROR(simulation_->Settle());
      settled = true;
      const absl::Status checked = CheckExpectation(*expectation, test_.tolerance, answers_,
                                                    *simulation_, &result_.differences);
      if (!checked.ok()) {
        return absl::Status(checked.code(),
                            absl::StrCat("line ", expectation->line, ": ", checked.message()));
      }
    }
    return settled ? absl::OkStatus() : simulation_->Settle();
  }

 private:
  absl::Status Do(const TestStep& step) {
    if (const auto* record = std::get_if<TestRecord>(&step)) return simulation_->Add(*record);
    if (const auto* advance = std::get_if<TestAdvance>(&step)) {
      if (!advance->relative) return simulation_->Advance(advance->ms);
      // A length counts from the newest record before it, which has to be read for that.
      RETURN_IF_ERROR(simulation_->Settle());
      const int64_t from_ms = simulation_->time_ms();
      if (from_ms == INT64_MIN) {
        return absl::InvalidArgumentError("nothing has a time yet: advance to one");
      }
      return simulation_->Advance(from_ms + advance->ms);
    }
    const auto& request = std::get<TestRequest>(step);
    ASSIGN_OR_RETURN(ScoreResponse response, simulation_->Request(request));
    answers_[{request.task, request.id}] = std::move(response);
    return absl::OkStatus();
  }

  const TestCase& test_;
  CaseResult& result_;
  std::unique_ptr<Simulation> simulation_;
  RequestAnswers answers_;
};

// Runs it in one way; false when it differed.
bool RunOnce(const TestCase& test, const Project& project, const SimulationOptions& options,
             std::string variant, CaseResult* result) {
  ++result->runs;
  const absl::Status status = CaseRun(test, result).Run(project, options);
  if (!status.ok()) result->error = std::string(status.message());
  result->ok = status.ok() && result->differences.empty();
  if (!result->ok) result->variant = std::move(variant);
  return result->ok;
}

}  // namespace

CaseResult RunCase(const TestFile& file, const TestCase& test) {
  CaseResult result;
  result.name = test.name;
  result.line = test.line;
  const Project project = ProjectFor(file, test);
  SimulationOptions options;
  options.available_from_ms = test.available_from_ms;
  options.position_marks = OffsetsAscend(test);
  if (!RunOnce(test, project, options, "", &result)) return result;
  if (test.restart) {
    SimulationOptions restart = options;
    restart.restart = true;
    if (!RunOnce(test, project, restart, "with a restart after every record", &result)) {
      return result;
    }
  }
  for (int i = 1; i <= test.shuffle; ++i) {
    SimulationOptions shuffle = options;
    shuffle.position_marks = false;
    shuffle.shuffle_seed = static_cast<uint64_t>(i);
    const std::string variant =
        absl::StrCat("shuffled, order ", i, " of ", test.shuffle, " (seed ", i, ")");
    if (!RunOnce(test, project, shuffle, variant, &result)) return result;
  }
  return result;
}

FileResult RunFile(const TestFile& file) {
  FileResult result;
  result.path = file.path;
  if (file.expect_error) {
    CaseResult refused;
    refused.name = "the configuration is refused";
    refused.line = file.expect_error->value.place.line;
    refused.runs = 1;
    refused.ok = absl::StrContains(file.refusal, file.expect_error->value.text);
    if (!refused.ok) {
      refused.differences.push_back(
          {refused.line, "configuration", "error", file.expect_error->value.text,
           file.refusal.empty() ? std::string("it was accepted") : file.refusal});
    }
    result.cases.push_back(std::move(refused));
  }
  for (const TestCase& test : file.cases) result.cases.push_back(RunCase(file, test));
  result.ok = std::all_of(result.cases.begin(), result.cases.end(),
                          [](const CaseResult& c) { return c.ok; });
  return result;
}

}  // namespace millrace
