// Runs the text of a `millrace test` file as the command does.

#ifndef MILLRACE_TESTS_APP_TESTING_TEST_FILE_RUN_H_
#define MILLRACE_TESTS_APP_TESTING_TEST_FILE_RUN_H_

#include <string>

#include "app/config/diagnostics.h"
#include "app/testing/load_test_file.h"
#include "app/testing/run_cases.h"
#include "app/testing/test_report.h"

namespace millrace {

struct TestFileRun {
  bool ok = false;
  // What the command prints: results, or what is wrong with the file.
  std::string text;
  FileResult result;
};

inline TestFileRun RunLoaded(const LoadTestFileOptions& options) {
  const LoadTestFileResult loaded = LoadTestFile(options);
  TestFileRun run;
  if (!loaded.file) {
    run.text = Render(loaded.diagnostics, Color::kNever);
    return run;
  }
  run.result = RunFile(*loaded.file);
  run.ok = run.result.ok;
  run.text = FileResultText(run.result);
  return run;
}

// `text` follows a configuration with two sources, two views and one task.
inline TestFileRun RunText(const std::string& text) {
  static constexpr char kConfiguration[] = R"(
sources:
  ev: {topic: t.ev, time: {field: at, unit: ms}, schema: {k: string, v: int, x: double, s: string, due: timestamp}}
  asked: {topic: t.asked, time: {field: at, unit: ms}, schema: {id: int, k: string, x: double}, lateness: {retention: 1d}}
  done: {topic: t.done, time: {field: at, unit: ms}, schema: {id: int, bad: bool}}
entities: {k: {key: [k]}}
views:
  f:
    from: ev
    entity: k
    features:
      rows: {count: "*", window: 1h}
      sum_v: {sum: v, window: 1h}
      mean_x: {mean: x, window: 1h}
      last_s: {last: s, window: 1h}
      last_due: {last: due, window: lifetime}
      list_x: {last_k: x, k: 5, window: 1h}
      by_s: {sum: v, by: s, window: 1h}
      with_v: {sum: v, window: 1h, with_request: true}
      ever: {count: "*", window: lifetime}
tasks:
  bad:
    kind: binary
    decide: {trigger: {record: asked}, id: id}
    label: {last: bad, from: done, id: id, within: 2h, empty: drop}
    inputs: [f.sum_v, f.last_s, x, {name: twice, expr: "x * 2.0"}]
    learners: {ada: {type: logistic, optimizer: adagrad, rate: 0.1}, shadow: {type: constant}}
    serve: {champion: ada}
    publish: {every: 1s, max_delay: 60s}
)";
  return RunLoaded({.path = "t.yaml", .text = kConfiguration + text});
}

// The same for a case: `body` are its keys, indented by four.
inline TestFileRun RunCaseText(const std::string& body) {
  return RunText("cases:\n  - name: it\n" + body);
}

}  // namespace millrace

#endif  // MILLRACE_TESTS_APP_TESTING_TEST_FILE_RUN_H_
