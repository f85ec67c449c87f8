// Every part of the format of task tests, in a case that holds and in one that does not.

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/app/testing/test_file_run.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

constexpr char kDecided[] = R"(    steps:
      - record: {source: ev, value: {at: 1000, k: a, v: 4, s: one}}
      - record: {source: asked, value: {at: 2000, id: 7, k: a}}
      - record: {source: asked, value: {at: 3000, id: 8, k: b, x: 1.5}}
)";
constexpr char kLabelled[] = R"(      - record: {source: done, value: {at: 5000, id: 7, bad: true}}
      - record: {source: done, value: {at: 5000, id: 9, bad: true}}
)";
constexpr char kLater[] = "      - advance: 3h\n";

TestFileRun Expecting(const std::string& steps, const std::string& expectation) {
  return RunCaseText(absl::StrCat(steps, "      - expect: {task: bad, ", expectation, "}\n"));
}

struct Question {
  std::string steps;
  std::string right;
  std::string wrong;
  std::string said;  // of the wrong one
};

class TaskCases : public ::testing::TestWithParam<Question> {};

TEST_P(TaskCases, HoldOrAreToldWithNameExpectedAndActual) {
  const TestFileRun right = Expecting(GetParam().steps, GetParam().right);
  EXPECT_TRUE(right.ok) << right.text;
  const TestFileRun restarted =
      RunCaseText(absl::StrCat(GetParam().steps, "      - expect: {task: bad, ", GetParam().right,
                               "}\n    restart: true\n"));
  EXPECT_TRUE(restarted.ok) << restarted.text;
  const TestFileRun wrong = Expecting(GetParam().steps, GetParam().wrong);
  EXPECT_FALSE(wrong.ok);
  EXPECT_THAT(wrong.text, HasSubstr(GetParam().said));
}

const std::string kAll = absl::StrCat(kDecided, kLabelled);
const std::string kOver = absl::StrCat(kAll, kLater);

INSTANTIATE_TEST_SUITE_P(
    Expectations, TaskCases,
    ::testing::Values(
        Question{kDecided,
                 "prediction: 7, inputs: {f.sum_v: 4, f.last_s: one, x: null, twice: null}",
                 "prediction: 7, inputs: {f.sum_v: 5}", "inputs.f.sum_v: expected 5, got 4"},
        Question{kDecided, "prediction: 7, status: {f.sum_v: present, x: missing, twice: null}",
                 "prediction: 7, status: {x: present}", "status.x: expected present, got missing"},
        Question{kDecided, "prediction: 8, status: {f.sum_v: missing, x: present}", "prediction: 9",
                 "prediction: expected one, got none"},
        Question{kDecided,
                 "prediction: 8, learner: ada, version: \"1.0\", score: 0.5, tolerance: 0.5",
                 "prediction: 8, learner: shadow", "learner: expected shadow, got ada"},
        Question{kDecided, "prediction: 8, version: \"1.0\"", "prediction: 8, version: \"1.1\"",
                 "version: expected \"1.1\", got 1.0"},
        Question{
            kAll,
            "example: 7, state: settled, label: true, revision: 0, weight: 1.0, label_time: 5000",
            "example: 7, label: false", "label: expected false, got true"},
        Question{kAll, "example: 8, state: pending, label: null", "example: 8, state: settled",
                 "state: expected settled, got pending"},
        Question{kOver, "example: 8, state: dropped", "example: 8",
                 "example: expected one, got none: dropped"},
        Question{kAll,
                 "decisions: {decisions: 2, settled: 1, pending: 1, examples: 1, learned: 1, "
                 "labels: 2, unmatched: 1}",
                 "decisions: {pending: 2}", "pending: expected 2, got 1"},
        Question{kOver, "decisions: {settled: 1, pending: 0, dropped: 1}",
                 "decisions: {dropped: 0}", "dropped: expected 0, got 1"},
        Question{kOver, "published: {learner: ada, at_least: 1, at_most: 1, times: 1}",
                 "published: {learner: ada, at_least: 2}", "models: expected at least 2, got 1"}));

TEST(TaskSteps, ARequestIsScoredAtItsTimeAndIsNoDecisionOfARecordTask) {
  const std::string steps = absl::StrCat(
      kDecided, "      - request: {task: bad, id: r1, at: 4000, fields: {k: a, x: 1.0}}\n");
  const TestFileRun right = RunCaseText(absl::StrCat(steps, R"(
      - expect: {task: bad, score: r1, value: 0.5, learner: ada, version: "1.0", tolerance: 0.5}
      - expect: {task: bad, decisions: {decisions: 2}}
)"));
  EXPECT_TRUE(right.ok) << right.text;
  const TestFileRun wrong = RunCaseText(absl::StrCat(steps, R"(
      - expect: {task: bad, score: r1, value: 7.5}
)"));
  EXPECT_THAT(wrong.text, HasSubstr("value: expected 7.5, got 0."));
  const TestFileRun unknown = RunCaseText(absl::StrCat(steps, R"(
      - expect: {task: bad, score: r2, value: 0.5}
)"));
  EXPECT_THAT(unknown.text, HasSubstr("no request before it has the id 'r2'"));
}

TEST(TaskSteps, ARequestThatDoesNotFitTellsWhy) {
  const TestFileRun run = RunCaseText(R"(    steps:
      - request: {task: bad, id: r1, at: 4000, fields: {k: 5}}
)");
  EXPECT_FALSE(run.ok);
  EXPECT_THAT(run.text, HasSubstr("'k' is a string, not an int"));
}

// A configuration whose task has a feature of the decision's own amount.
std::string SpendingConfiguration(const std::string& decide) {
  return absl::StrCat(R"yaml(
sources:
  paid: {topic: t.paid, time: {field: at, unit: ms}, schema: {id: int, user: string, amount: double, tags: list<string>}}
entities: {user: {key: [user]}}
views:
  spend:
    from: paid
    entity: user
    features:
      mean_1h: {mean: amount, window: 1h}
      times: {expr: "amount / mean_1h"}
      tagged: {expr: "size(tags)"}
      with_it: {sum: amount, window: 1h, with_request: true}
tasks:
  odd:
    kind: binary
    decide: )yaml",
                      decide, R"(
    label: {any: "amount > 100.0", from: paid, id: id, within: 1h, empty: false}
    inputs: [spend.times, spend.tagged, spend.with_it, {name: first, expr: "tags[0]"}]
    learners: {ada: {type: logistic, optimizer: adagrad, rate: 0.1}}
cases:
)");
}

TestFileRun RunSpending(const std::string& decide, const std::string& cases) {
  return RunLoaded({.path = "t.yaml", .text = absl::StrCat(SpendingConfiguration(decide), cases)});
}

constexpr char kOnRequest[] =
    "{trigger: request, id: id, request: {id: int, user: string, amount: double, "
    "tags: list<string>}}";

TEST(TaskSteps, FeaturesTakeTheRecordThatIsDecidedOn) {
  const TestFileRun run = RunSpending("{trigger: {record: paid}, id: id}", R"(
  - name: the record meets what was before it
    records:
      - {source: paid, value: {at: 1000, id: 1, user: u, amount: 4.0, tags: [a, b]}}
      - {source: paid, value: {at: 2000, id: 2, user: u, amount: 6.0, tags: [c]}}
      - {source: paid, value: {at: 3000, id: 3, user: u}}
    expect:
      - {task: odd, prediction: 1, inputs: {spend.times: null, spend.tagged: 2, spend.with_it: 4.0, first: a}}
      - {task: odd, prediction: 2, inputs: {spend.times: 1.5, spend.tagged: 1, spend.with_it: 10.0, first: c}}
      - {task: odd, prediction: 3, inputs: {spend.times: null, spend.tagged: null, spend.with_it: 10.0, first: null}}
    restart: true
)");
  EXPECT_TRUE(run.ok) << run.text;
}

TEST(TaskSteps, FeaturesTakeTheRequestWithItsLists) {
  const TestFileRun run = RunSpending(kOnRequest, R"(
  - name: the request meets what was before it
    steps:
      - record: {source: paid, value: {at: 1000, id: 9, user: u, amount: 4.0}}
      - request: {task: odd, id: 1, at: 2000, fields: {user: u, amount: 8.0, tags: [x, y, z]}}
      - expect: {task: odd, prediction: 1, inputs: {spend.times: 2.0, spend.tagged: 3, spend.with_it: 12.0, first: x}}
)");
  EXPECT_TRUE(run.ok) << run.text;
}

TEST(TaskSteps, AFieldThatIsNestedDeeperIsNone) {
  const TestFileRun run = RunSpending(kOnRequest, R"(
  - name: lists of lists
    steps:
      - request: {task: odd, id: 1, at: 2000, fields: {tags: [[x]]}}
)");
  EXPECT_FALSE(run.ok);
  EXPECT_THAT(run.text, HasSubstr("'tags' must not be nested more than once"));
}

TEST(TaskSteps, RequestsWithAnIdAreDecisionsOfARequestTask) {
  const TestFileRun run = RunLoaded({.path = "t.yaml", .text = R"(
sources:
  done: {topic: t.done, time: {field: at, unit: ms}, schema: {id: string, bad: bool}}
tasks:
  bad:
    kind: binary
    decide: {trigger: request, id: id, request: {id: string, x: double}}
    label: {any: bad, from: done, id: id, within: 1h, empty: false}
    inputs: [x]
    learners: {ada: {type: logistic, optimizer: adagrad, rate: 0.1}}
cases:
  - name: the first answer to an id stands
    steps:
      - request: {task: bad, id: r1, at: 1000, fields: {x: 1.0}}
      - request: {task: bad, id: r1, at: 2000, fields: {x: 9.0}}
      - expect: {task: bad, prediction: r1, inputs: {x: 1.0}}
      - expect: {task: bad, decisions: {decisions: 2, duplicate: 1, pending: 1}}
      - record: {source: done, value: {at: 3000, id: r1, bad: true}}
      - expect: {task: bad, example: r1, state: settled, label: true}
  - name: without a label it is false when its time is over
    steps:
      - request: {task: bad, id: r1, at: 1000, fields: {x: 1.0}}
      - advance: 3600999
      - expect: {task: bad, example: r1, state: pending}
      - advance: 1h
      - expect: {task: bad, example: r1, state: settled, label: false, label_time: 3601000}
)"});
  EXPECT_TRUE(run.ok) << run.text;
}

TEST(TaskSteps, AdvanceTakesALengthOrATime) {
  const std::string dropped = "      - expect: {task: bad, example: 8, state: dropped}\n";
  EXPECT_TRUE(RunCaseText(absl::StrCat(kDecided, "      - advance: 2h\n", dropped)).ok);
  EXPECT_FALSE(RunCaseText(absl::StrCat(kDecided, "      - advance: 119m\n", dropped)).ok);
  EXPECT_TRUE(RunCaseText(absl::StrCat(kDecided, "      - advance: 7203000\n", dropped)).ok);
  EXPECT_TRUE(
      RunCaseText(absl::StrCat(kDecided, "      - advance: \"1970-01-01T03:00:00Z\"\n", dropped))
          .ok);
  EXPECT_THAT(RunCaseText("    steps:\n      - advance: 2h\n").text,
              HasSubstr("nothing has a time yet"));
}

}  // namespace
}  // namespace millrace
