// TestFile: a `millrace test` file, read and checked against its configuration: records in, what is
// expected out, case by case (docs/how-to/test-features.md). Plain values.

#ifndef MILLRACE_APP_TESTING_TEST_FILE_H_
#define MILLRACE_APP_TESTING_TEST_FILE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/config/node.h"
#include "app/project.h"
#include "core/value.h"

namespace millrace {

// Something a test wants to be so: what stands in the file, and where.
struct Expected {
  std::string name;  // "late_share_1h", "age_ms of late_share_1h", "applied"
  ConfigNode value;
};

struct TestRecord {
  int32_t source = 0;  // index in the project
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t appended_ms = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;  // absent: a tombstone
  std::vector<std::pair<std::string, std::string>> headers;
  // Absent when the record cannot be decoded.
  std::optional<int64_t> event_time_ms;
};

struct TestRequest {
  int task = 0;
  std::string id;  // as written; names the answer
  bool has_id = false;
  OwnedValue id_value;
  int64_t at_ms = 0;
  std::vector<std::pair<std::string, OwnedValue>> fields;
};

// Moves the time of the loop.
struct TestAdvance {
  bool relative = false;
  int64_t ms = 0;
};

// The expectations, one struct a kind.
struct ViewExpectation {
  enum class What {
    kValue,
    kStatus,
    kAgeMs,
    kEffectiveStart,
    kEffectiveEnd,
    kCompleteness,
    kCount,
    kMaxEventTime,
  };
  struct Cell {
    What what = What::kValue;
    int feature = 0;
    Expected expected;
  };
  int32_t view = 0;
  std::vector<OwnedValue> key;
  int64_t at_ms = 0;
  // The request's own values, as a record of the view's first source; empty: none.
  std::vector<OwnedValue> request;
  bool as_known = false;  // only what was known at at_ms counts
  std::vector<Cell> cells;
};
struct CountsExpectation {
  int32_t source = 0;
  std::vector<Expected> counts;
};
struct DeadLetterExpectation {
  int32_t source = 0;
  std::vector<std::vector<Expected>> records;  // offset, reason, partition, in the order rejected
};
struct PredictionExpectation {
  int task = 0;
  std::string id;                                // encoded
  std::vector<Expected> fields;                  // learner, version, score
  std::vector<std::pair<int, Expected>> inputs;  // by index of the input
  std::vector<std::pair<int, Expected>> statuses;
};
struct ScoreExpectation {
  int task = 0;
  std::string request;           // its id as written
  std::vector<Expected> fields;  // value, learner, version
};
struct ExampleExpectation {
  int task = 0;
  std::string id;                // encoded
  std::vector<Expected> fields;  // label, revision, state, weight, label_time
};
struct DecisionsExpectation {
  int task = 0;
  std::vector<Expected> counts;
};
struct PublishedExpectation {
  int task = 0;
  std::string learner;  // empty: of all
  std::optional<int64_t> at_least, at_most, times;
};

struct Expectation {
  int line = 0;
  std::string title;  // "origin_out {origin: JFK} at 2013-01-01T12:00:00Z"
  std::optional<double> tolerance;
  std::variant<ViewExpectation, CountsExpectation, DeadLetterExpectation, PredictionExpectation,
               ScoreExpectation, ExampleExpectation, DecisionsExpectation, PublishedExpectation>
      what;
};

using TestStep = std::variant<TestRecord, TestRequest, TestAdvance, Expectation>;

struct TestCase {
  std::string name;
  int line = 0;
  std::vector<TestStep> steps;  // `records:` and `expect:` are steps too, in that order
  double tolerance = 1e-12;
  int shuffle = 0;
  bool restart = false;
  bool uses_tasks = false;  // else no task need run
  // Sources whose records take others back here; they may, whatever the configuration says.
  std::set<int32_t> retracting;
  std::optional<int64_t> available_from_ms;
  std::optional<int64_t> tiles_ms;  // cut the views' state into tiles of about this size
};

struct TestFile {
  std::string path;
  Project project;
  std::vector<bool> accuracy_set;  // by view: the configuration says which
  std::vector<bool> as_of_set;     // by view: the configuration says how long
  std::vector<TestCase> cases;
  // In place of cases: the configuration was refused as it must be, or the difference.
  std::optional<Expected> expect_error;
  std::string refusal;  // what the configuration was refused with; empty: it was not
};

}  // namespace millrace

#endif  // MILLRACE_APP_TESTING_TEST_FILE_H_
