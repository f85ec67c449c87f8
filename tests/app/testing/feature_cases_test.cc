// Every part of the format of feature tests, in a case that holds and in one that does not: a test
// that cannot fail tests nothing.

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/app/testing/test_file_run.h"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTwoRecords[] = R"(    records:
      - {source: ev, value: {at: 1000, k: a, v: 2, x: 0.1, s: one}}
      - {source: ev, value: {at: 2000, k: a, v: 3, x: 0.2, s: two, due: "1970-01-02T00:00:00Z"}}
)";

// One expectation of the view after those two records.
TestFileRun Expecting(const std::string& cells, const std::string& at = "3000") {
  return RunCaseText(absl::StrCat(
      kTwoRecords, "    expect:\n      - {view: f, key: {k: a}, at: ", at, ", ", cells, "}\n"));
}

struct Comparison {
  std::string right;
  std::string wrong;
  std::string said;  // of the wrong one
};

class Comparisons : public ::testing::TestWithParam<Comparison> {};

TEST_P(Comparisons, HoldOrAreToldWithNameExpectedAndActual) {
  const TestFileRun right = Expecting(GetParam().right);
  EXPECT_TRUE(right.ok) << right.text;
  EXPECT_THAT(right.text, HasSubstr("ok    it\n"));
  const TestFileRun wrong = Expecting(GetParam().wrong);
  EXPECT_FALSE(wrong.ok);
  EXPECT_THAT(wrong.text, AllOf(HasSubstr("FAIL  it\n"), HasSubstr(GetParam().said)));
}

INSTANTIATE_TEST_SUITE_P(
    Cells, Comparisons,
    ::testing::Values(
        Comparison{"values: {sum_v: 5}", "values: {sum_v: 6}", "sum_v: expected 6, got 5"},
        Comparison{"values: {rows: 2}", "values: {rows: null}", "rows: expected null, got 2"},
        Comparison{"values: {rows: 2}", "values: {rows: 2.5}", "rows: expected 2.5, got 2"},
        Comparison{"values: {mean_x: 0.15}", "values: {mean_x: 0.1500001}",
                   "mean_x: expected 0.1500001, got 0.15"},
        Comparison{"values: {last_s: two}", "values: {last_s: one}",
                   "last_s: expected one, got \"two\""},
        Comparison{"values: {last_due: 86400000}", "values: {last_due: 86400001}",
                   "last_due: expected 86400001, got 1970-01-02T00:00:00"},
        Comparison{"values: {last_due: \"1970-01-02T01:00:00+01:00\"}", "values: {last_due: [1]}",
                   "last_due: expected [1], got 1970"},
        Comparison{"values: {list_x: [0.2, 0.1]}", "values: {list_x: [0.1, 0.2]}",
                   "list_x: expected [0.1, 0.2], got [0.2, 0.1]"},
        Comparison{"values: {list_x: [0.2, 0.1]}", "values: {list_x: [0.2]}",
                   "list_x: expected [0.2], got [0.2, 0.1]"},
        Comparison{"values: {by_s: {two: 3, one: 2}}", "values: {by_s: {one: 2, two: 3, six: 1}}",
                   "by_s: expected {one: 2, two: 3, six: 1}, got {one: 2, two: 3}"},
        Comparison{"values: {by_s: {one: 2, two: 3}}", "values: {by_s: [2, 3]}",
                   "by_s: expected [2, 3], got {one: 2, two: 3}"},
        Comparison{"request: {v: 7}, values: {with_v: 12, sum_v: 5}",
                   "request: {k: a}, values: {with_v: 12}", "with_v: expected 12, got 5"},
        Comparison{"status: {sum_v: present}", "status: {sum_v: missing}",
                   "status of sum_v: expected missing, got present"},
        Comparison{"age_ms: {sum_v: 1000}", "age_ms: {sum_v: 999}",
                   "age_ms of sum_v: expected 999, got 1000"},
        Comparison{"effective_start: {sum_v: -3597000}", "effective_start: {sum_v: 0}",
                   "effective_start of sum_v: expected 0, got 1969"},
        Comparison{"effective_start: {ever: null}", "effective_start: {ever: 5}",
                   "effective_start of ever: expected 5, got null"},
        Comparison{"effective_end: {sum_v: 3000}", "effective_end: {sum_v: 3001}",
                   "effective_end of sum_v: expected 3001, got 1970"},
        Comparison{"completeness: {sum_v: 1.0}", "completeness: {sum_v: 0.5}",
                   "completeness of sum_v: expected 0.5, got 1.0"},
        Comparison{"count: {sum_v: 2}", "count: {sum_v: 1}", "count of sum_v: expected 1, got 2"},
        Comparison{"max_event_time: {sum_v: 2000}", "max_event_time: {sum_v: 1000}",
                   "max_event_time of sum_v: expected 1000, got 1970"}));

TEST(FeatureCases, DifferencesNameTheLineAndTheQuestion) {
  const TestFileRun run = Expecting("values: {sum_v: 6}");
  ASSERT_EQ(run.result.cases.size(), 1u);
  ASSERT_EQ(run.result.cases[0].differences.size(), 1u);
  const Difference& difference = run.result.cases[0].differences[0];
  EXPECT_EQ(difference.name, "sum_v");
  EXPECT_EQ(difference.expected, "6");
  EXPECT_EQ(difference.actual, "5");
  EXPECT_THAT(run.text, HasSubstr(absl::StrCat("t.yaml:", difference.line,
                                               ": f {k: a} at 1970-01-01T00:00:03Z")));
}

TEST(FeatureCases, ReadAtTimesWrittenEitherWay) {
  EXPECT_TRUE(Expecting("values: {rows: 1}", "2000").ok);
  EXPECT_TRUE(Expecting("values: {rows: 1}", "\"1970-01-01T00:00:02Z\"").ok);
  EXPECT_TRUE(Expecting("values: {rows: 1}", "\"1970-01-01T01:00:02+01:00\"").ok);
}

TEST(FeatureCases, TheFirstRecordIsNeverTooOldToAskAbout) {
  const TestFileRun run = RunCaseText(R"(    records:
      - {source: ev, value: {at: 1000, k: a, v: 2}}
      - {source: ev, value: {at: 2592000000, k: a, v: 3}}
    expect:
      - {view: f, key: {k: a}, at: 1001, values: {sum_v: 2, ever: 1}, effective_end: {ever: 1001}}
      - {view: f, key: {k: a}, at: 1000, values: {ever: 0, last_due: null}, status: {last_due: missing}}
      - {view: f, key: {k: a}, at: -86400000, values: {rows: 0}}
      - {view: f, key: {k: a}, at: 2592000001, values: {sum_v: 3, ever: 2}}
)");
  EXPECT_TRUE(run.ok) << run.text;
}

TEST(FeatureCases, CountsAreOfReadAppliedDuplicateLateAndRejected) {
  const std::string records = R"(    records:
      - {source: asked, value: {at: 86400001, id: 1}}
      - {source: asked, value: {at: 1, id: 2}}
      - {source: asked, value: {at: 0, id: 3}}
      - {source: asked, offset: 1, value: {at: 5, id: 2}}
      - {source: asked, offset: 9, value: {id: 4}}
      - {source: asked, appended: 90000000, value: {at: 90600001, id: 5}}
      - {source: asked, partition: 1, value: {at: 0, id: 6}}
    expect:
)";
  const TestFileRun right = RunCaseText(records + R"(
      - {source: asked, counts: {read: 7, applied: 3, duplicate: 1, late: 1, rejected: 2}}
      - {dead_letters: asked, records: [{offset: 2, reason: late, partition: 0}, {offset: 9, reason: time}, {offset: 10, reason: future}]}
    restart: true
    shuffle: 3
)");
  EXPECT_TRUE(right.ok) << right.text;
  EXPECT_EQ(right.result.cases[0].runs, 5);
  const TestFileRun wrong = RunCaseText(records + R"(
      - {source: asked, counts: {applied: 4, duplicate: 0}}
      - {dead_letters: asked, records: [{offset: 2, reason: schema}, {offset: 9}, {offset: 11}]}
      - {dead_letters: asked, records: []}
)");
  EXPECT_FALSE(wrong.ok);
  EXPECT_THAT(wrong.text, HasSubstr("counts of asked\n        applied: expected 4, got 3\n"));
  EXPECT_THAT(wrong.text, HasSubstr("duplicate: expected 0, got 1"));
  EXPECT_THAT(wrong.text, HasSubstr("record 1, reason: expected schema, got \"late\""));
  EXPECT_THAT(wrong.text, HasSubstr("record 3, offset: expected 11, got 10"));
  EXPECT_THAT(wrong.text, HasSubstr("records: expected 0, got 3, offset 2 late, offset 9 time"));
}

TEST(FeatureCases, RecordsMayBeBytesAsOnTheTopic) {
  const TestFileRun run = RunCaseText(R"(    records:
      - {source: ev, raw: '{"at": 1000, "k": "a", "v": 1}', key: a, headers: {h: v}}
      - {source: ev, raw_base64: eyJhdCI6IDEwMDAsICJrIjogImEiLCAidiI6IDJ9}
      - {source: ev, raw: '{"at": 1000'}
      - {source: ev, key: b, value: null}
    expect:
      - {view: f, key: {k: a}, at: 2000, values: {sum_v: 3}}
      - {dead_letters: ev, records: [{offset: 2, reason: malformed}]}
      - {source: ev, counts: {read: 4, applied: 3, rejected: 1, tombstones: 1}}
)");
  EXPECT_TRUE(run.ok) << run.text;
}

TEST(FeatureCases, DefaultsFillWhatARecordLacks) {
  const TestFileRun run = RunText(R"(
defaults: {ev: {k: a, v: 1}}
cases:
  - name: of the file
    records: [{source: ev, value: {at: 1}}, {source: ev, value: {at: 2, v: 5}}, {source: ev, value: {at: 3, v: null}}]
    expect: [{view: f, key: {k: a}, at: 4, values: {rows: 3, sum_v: 6}}]
  - name: of the case
    defaults: {ev: {v: 10}}
    records: [{source: ev, value: {at: 1}}]
    expect: [{view: f, key: {k: a}, at: 4, values: {sum_v: 10}}]
  - name: of the file again
    records: [{source: ev, value: {at: 1}}]
    expect: [{view: f, key: {k: a}, at: 4, values: {sum_v: 1}}]
)");
  EXPECT_TRUE(run.ok) << run.text;
}

TEST(FeatureCases, CasesDoNotSeeEachOther) {
  const std::string one = R"(
  - records: [{source: ev, value: {at: 1, k: a}}]
    expect: [{view: f, key: {k: a}, at: 4, values: {ever: 1}}]
)";
  const TestFileRun run = RunText("cases:\n" + one + one);
  EXPECT_TRUE(run.ok) << run.text;
  EXPECT_THAT(run.text, HasSubstr("ok    case 1\nok    case 2\n"));
}

TEST(FeatureCases, ToleranceIsOfTheCaseOrTheExpectation) {
  const std::string near = "values: {mean_x: 0.16}";
  EXPECT_FALSE(Expecting(near).ok);
  EXPECT_TRUE(Expecting(near + ", tolerance: 0.01").ok);
  EXPECT_FALSE(Expecting(near + ", tolerance: 0.009").ok);
  const std::string of_case = absl::StrCat(
      kTwoRecords, "    expect: [{view: f, key: {k: a}, at: 3000, ", near, "}]\n    tolerance: ");
  EXPECT_TRUE(RunCaseText(of_case + "0.02\n").ok);
  EXPECT_FALSE(RunCaseText(of_case + "0.001\n").ok);
}

TEST(FeatureCases, TiesAreBrokenByOffsetWhateverTheArrival) {
  const std::string records = R"(    records:
      - {source: ev, partition: 1, offset: 7, value: {at: 1000, k: a, s: third}}
      - {source: ev, offset: 9, value: {at: 1000, k: a, s: second}}
      - {source: ev, offset: 3, value: {at: 1000, k: a, s: first}}
    shuffle: 6
    restart: true
)";
  const TestFileRun right = RunCaseText(
      records +
      "    expect: [{view: f, key: {k: a}, at: 2000, values: {last_s: third, rows: 3}}]\n");
  EXPECT_TRUE(right.ok) << right.text;
  EXPECT_EQ(right.result.cases[0].runs, 8);
}

TEST(FeatureCases, AvailableFromMakesWindowsThatReachFurtherWarming) {
  const std::string body = absl::StrCat(kTwoRecords, R"(    available_from: 500
    expect:
      - {view: f, key: {k: a}, at: 3000, values: {sum_v: 5}, status: {sum_v: warming}, effective_start: {sum_v: 500}}
)");
  const TestFileRun right = RunCaseText(body);
  EXPECT_TRUE(right.ok) << right.text;
  EXPECT_FALSE(Expecting("status: {sum_v: warming}").ok);
}

TEST(FeatureCases, AnswersDoNotDependOnHowTilesCut) {
  for (const char* tiles : {"1ms", "10ms", "1s", "7s", "1m", "1h", "1d"}) {
    const TestFileRun run = RunCaseText(absl::StrCat("    tiles: ", tiles, R"(
    records:
      - {source: ev, value: {at: 0, k: a, v: 1, s: a}}
      - {source: ev, value: {at: 5, k: a, v: 2, s: b}}
      - {source: ev, value: {at: 999, k: a, v: 4, s: c}}
      - {source: ev, value: {at: 1000, k: a, v: 8, s: d}}
      - {source: ev, value: {at: 3600500, k: a, v: 16, s: e}}
      - {source: ev, value: {at: 7300000, k: a, v: 32, s: f}}
    expect:
      - {view: f, key: {k: a}, at: 1000, values: {sum_v: 7, last_s: c, ever: 3}}
      - {view: f, key: {k: a}, at: 3600004, values: {sum_v: 14, ever: 4}, effective_start: {sum_v: 4}}
      - {view: f, key: {k: a}, at: 3600006, values: {sum_v: 12}}
      - {view: f, key: {k: a}, at: 3601000, values: {sum_v: 24, last_s: e, rows: 2}}
      - {view: f, key: {k: a}, at: 3601001, values: {sum_v: 16}}
      - {view: f, key: {k: a}, at: 7300001, values: {sum_v: 32, ever: 6}, effective_end: {ever: 7300001}}
    shuffle: 5
    restart: true
)"));
    EXPECT_TRUE(run.ok) << tiles << "\n" << run.text;
  }
}

TEST(FeatureCases, StepsSeeWhatCameBeforeThem) {
  const TestFileRun run = RunCaseText(R"(    steps:
      - expect: {view: f, key: {k: a}, at: 5000, values: {rows: 0}}
      - record: {source: ev, value: {at: 2000, k: a, v: 1}}
      - expect: {view: f, key: {k: a}, at: 5000, values: {rows: 1}}
      - record: {source: ev, value: {at: 1000, k: a, v: 2}}
      - expect: {view: f, key: {k: a}, at: 5000, values: {rows: 2, sum_v: 3}}
      - expect: {source: ev, counts: {applied: 2}}
    restart: true
)");
  EXPECT_TRUE(run.ok) << run.text;
  EXPECT_EQ(run.result.cases[0].runs, 2);
}

TEST(FeatureCases, ASourceThatStopsFailsItsCase) {
  const TestFileRun run = RunLoaded({.path = "t.yaml", .text = R"(
sources: {ev: {topic: t, time: {field: at}, on_error: stop, schema: {k: string}}}
entities: {k: {key: [k]}}
views: {f: {from: ev, entity: k, features: {rows: {count: "*", window: 1h}}}}
cases:
  - records: [{value: {k: a}}]
    expect: [{view: f, key: {k: a}, at: 1, values: {rows: 0}}]
)"});
  EXPECT_FALSE(run.ok);
  EXPECT_THAT(run.text, AllOf(HasSubstr("FAIL  case 1"), HasSubstr("offset 0"), HasSubstr("stop")));
}

TEST(FeatureCases, JsonTellsTheSame) {
  const TestFileRun run = Expecting("values: {sum_v: 6}");
  const std::string json = ResultsJson({run.result}, {"other.yaml"});
  EXPECT_THAT(json, HasSubstr(R"("ok":false,"passed":0,"failed":1,"broken_files":["other.yaml"])"));
  EXPECT_THAT(json, HasSubstr(R"("name":"sum_v","expected":"6","actual":"5")"));
  EXPECT_EQ(SummaryText({run.result}, 1),
            "0 passed, 1 failed in 2 files, 1 of them could not be run");
  EXPECT_THAT(
      ResultsJson({Expecting("values: {sum_v: 5}").result}, {}),
      AllOf(HasSubstr(R"({"ok":true,"passed":1,"failed":0)"), Not(HasSubstr("differences"))));
}

}  // namespace
}  // namespace millrace
