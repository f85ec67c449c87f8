// What is wrong with a test file is told where it stands, all of it at once.

#include "app/testing/load_test_file.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/app/testing/test_file_run.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Mistake {
  std::string body;  // of a case
  std::string said;
};

class Mistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreErrors) {
  const TestFileRun run = RunCaseText(GetParam().body);
  EXPECT_FALSE(run.ok);
  EXPECT_TRUE(run.result.cases.empty());
  EXPECT_THAT(run.text, AllOf(HasSubstr("error[MILLRACE-"), HasSubstr(GetParam().said)));
}

constexpr char kView[] = "{view: f, key: {k: a}, at: 1, values: {rows: 0}}";

INSTANTIATE_TEST_SUITE_P(
    Cases, Mistakes,
    ::testing::Values(
        Mistake{"    expcet: []\n", "did you mean 'expect'?"},
        Mistake{"    records: []\n", "a case has 'records' and 'expect', or 'steps'"},
        Mistake{"    tiles: soon\n    expect: []\n", "'tiles' must be a duration"},
        Mistake{"    records: 5\n    expect: []\n", "5: the file does not exist"},
        Mistake{"    records: /\n    expect: []\n", "/: this is a directory, not a file"},
        Mistake{"    records: [{source: evv, value: {}}]\n    expect: []\n", "did you mean 'ev'?"},
        Mistake{"    records: [{value: {}}]\n    expect: []\n", "a record needs a 'source'"},
        Mistake{"    records: [{source: ev}]\n    expect: []\n", "one of 'value', 'raw'"},
        Mistake{"    records: [{source: ev, value: {}, raw: x}]\n    expect: []\n",
                "one of 'value'"},
        Mistake{"    records: [{source: ev, raw_base64: '%'}]\n    expect: []\n", "must be base64"},
        Mistake{"    records: [{source: ev, value: {}, offset: x}]\n    expect: []\n",
                "'offset' must be a whole number, found the string 'x'"},
        Mistake{"    records: [{source: ev, value: {}, partition: -1}]\n    expect: []\n",
                "'partition' must be from 0"},
        Mistake{"    records: [{source: ev, retract: maybe, value: {}}]\n    expect: []\n",
                "'retract' must be true or false, found the string 'maybe'"},
        Mistake{"    expect: [{view: g, key: {k: a}, at: 1, values: {rows: 0}}]\n",
                "unknown view 'g'"},
        Mistake{"    expect: [{view: f, at: 1, values: {rows: 0}}]\n", "needs 'key' and 'at'"},
        Mistake{"    expect: [{view: f, key: {}, at: 1, values: {rows: 0}}]\n", "lacks 'k'"},
        Mistake{"    expect: [{view: f, key: {k: 1}, at: 1, values: {rows: 0}}]\n",
                "'k' is a string"},
        Mistake{"    expect: [{view: f, key: {k: a}, at: x, values: {rows: 0}}]\n",
                "'at' must be a time"},
        Mistake{"    expect: [{view: f, key: {k: a}, at: 1, values: {row: 0}}]\n",
                "did you mean 'rows'?"},
        Mistake{"    expect: [{view: f, key: {k: a}, at: 1}]\n", "nothing is expected here"},
        Mistake{"    expect: [{view: f, key: {k: a}, at: 1, status: {rows: gone}}]\n",
                "unknown status 'gone'"},
        Mistake{"    expect: [{view: f, key: {k: a}, at: 1, values: {rows: 0}, known: as_of}]\n",
                "the view 'f' declares no 'known_at'"},
        Mistake{"    expect: [{view: f, key: {k: a}, at: 1, values: {rows: 0}, known: now}]\n",
                "'known' must be as_of, found the string 'now'"},
        Mistake{
            "    expect: [{view: f, key: {k: a}, at: 1, values: {rows: 0}, request: {kk: a}}]\n",
            "did you mean 'k'?"},
        Mistake{"    expect: [{view: f, key: {k: a}, at: 1, values: {rows: 0}, request: {v: a}}]\n",
                "field 'v'"},
        Mistake{"    expect: [{source: ev, counts: {aplied: 1}}]\n", "did you mean 'applied'?"},
        Mistake{"    expect: [{emitted: alerts, records: []}]\n",
                "'emitted' of an expectation is not"},
        Mistake{"    expect: [{task: bad, guardrail: rewind, of: ada, times: 0}]\n",
                "'guardrail' of an expectation of a task is not supported yet"},
        Mistake{"    expect: [{task: bad, prediction: seven}]\n", "ids of 'bad' are int"},
        Mistake{"    expect: [{task: bad, prediction: 7, inputs: {y1: 0}}]\n",
                "unknown input 'y1'"},
        Mistake{"    expect: [{task: bad, published: {learner: adda}}]\n", "did you mean 'ada'?"},
        Mistake{"    expect: [{task: bad, decisions: {open: 1}}]\n", "unknown key 'open'"},
        Mistake{"    steps: [{record: {source: ev, value: {}}, advance: 1h}]\n",
                "a step has one of"},
        Mistake{"    steps: [{advance: soon}]\n", "'advance' must be a time"},
        Mistake{"    steps: [{request: {task: bad}}]\n", "a request needs 'task' and 'at'"},
        Mistake{std::string("    steps: [{expect: ") + kView + "}]\n    shuffle: 5\n",
                "'shuffle' cannot stand beside 'steps'"},
        Mistake{"    expect: [{task: bad, decisions: {pending: 0}}]\n    shuffle: 5\n",
                "'shuffle' cannot stand in a case about a task"}));

TEST(LoadTestFile, TellsAllMistakesOfAFileWithTheirPlaces) {
  const TestFileRun run = RunLoaded({.path = "t.yaml", .text = R"(
sources: {ev: {topic: t, time: {field: at}, schema: {k: string}}}
entities: {k: {key: [k]}}
views: {f: {from: ev, entity: k, features: {rows: {count: "*", window: 1h}}}}
cases:
  - records: [{value: {k: a}, ofset: 1}]
    expect: [{view: f, key: {k: a}, at: 1, values: {m: 0}}]
)"});
  EXPECT_THAT(run.text, HasSubstr("t.yaml:6:31: error"));
  EXPECT_THAT(run.text, HasSubstr("t.yaml:7:53: error"));
}

TEST(LoadTestFile, MistakesOfAnInlineConfigurationAreThoseOfTheFile) {
  const TestFileRun run = RunLoaded({.path = "t.yaml", .text = R"(
sources: {ev: {topic: t, time: {field: at}, schema: {k: strin}}}
cases: []
)"});
  EXPECT_THAT(run.text,
              AllOf(HasSubstr("t.yaml:2:57: error"), HasSubstr("did you mean 'string'?")));
}

TEST(LoadTestFile, NeedsCasesAndKnowsItsKeys) {
  EXPECT_THAT(RunText("").text, HasSubstr("a test file needs 'cases'"));
  EXPECT_THAT(RunText("cases: []\n").text, HasSubstr("'cases' is empty"));
  EXPECT_THAT(RunText("case: []\n").text, HasSubstr("unknown key 'case'"));
  EXPECT_THAT(RunText("config: x.yaml\ncases: []\n").text, HasSubstr("unknown key 'sources'"));
  EXPECT_THAT(RunLoaded({.path = "no/such/file.yaml"}).text, HasSubstr("does not exist"));
}

TEST(LoadTestFile, AConfigurationThatMustBeRefusedIsWhenItsErrorSaysSo) {
  const std::string configuration = R"(
sources: {ev: {topic: t, time: {field: at}, schema: {k: string}}}
entities: {k: {key: [k]}}
views: {f: {from: ev, entity: k, features: {rows: {cuont: "*", window: 1h}}}}
)";
  const TestFileRun right =
      RunLoaded({.path = "t.yaml",
                 .text = configuration + "expect_error: \"unknown aggregation 'cuont'\"\n"});
  EXPECT_TRUE(right.ok) << right.text;
  const TestFileRun other =
      RunLoaded({.path = "t.yaml", .text = configuration + "expect_error: too late\n"});
  EXPECT_FALSE(other.ok);
  EXPECT_THAT(other.text, AllOf(HasSubstr("error: expected too late, got"), HasSubstr("cuont")));
  const TestFileRun accepted = RunText("expect_error: anything\n");
  EXPECT_FALSE(accepted.ok);
  EXPECT_THAT(accepted.text, HasSubstr("error: expected anything, got it was accepted"));
  const TestFileRun no_yaml =
      RunLoaded({.path = "t.yaml", .text = "expect_error: not YAML\nsources: [\n"});
  EXPECT_TRUE(no_yaml.ok) << no_yaml.text;
}

TEST(LoadTestFile, ConfigurationAndRecordsMayBeFilesBesideIt) {
  const std::filesystem::path directory =
      std::filesystem::path(::testing::TempDir()) / "load_test_file_beside";
  std::filesystem::create_directories(directory / "tests");
  std::ofstream(directory / "millrace.yaml") << R"(
version: 1
project: p
log: {embedded: {path: log}}
state: {path: state}
sources: {ev: {topic: t, time: {field: at}, schema: {k: string, v: int}}}
entities: {k: {key: [k]}}
views: {f: {from: ev, entity: k, features: {rows: {sum: v, window: "${WINDOW}"}}}}
)";
  std::ofstream(directory / "tests" / "records.jsonl")
      << "{\"source\": \"ev\", \"value\": {\"at\": 1, \"k\": \"a\", \"v\": 2}}\n\n"
      << "{\"value\": {\"at\": 2, \"k\": \"a\", \"v\": 3}}\n";
  const std::string path = (directory / "tests" / "t.yaml").string();
  const TestFileRun run = RunLoaded({.path = path,
                                     .text = R"(
config: ../millrace.yaml
cases:
  - records: records.jsonl
    expect: [{view: f, key: {k: a}, at: 5, values: {rows: 5}}]
)",
                                     .environment = {{"WINDOW", "1h"}}});
  EXPECT_TRUE(run.ok) << run.text;
}

}  // namespace
}  // namespace millrace
