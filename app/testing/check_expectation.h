// CheckExpectation: what a simulation answers, against what a test expects. Thread-compatible.

#ifndef MILLRACE_APP_TESTING_CHECK_EXPECTATION_H_
#define MILLRACE_APP_TESTING_CHECK_EXPECTATION_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "app/testing/simulation.h"
#include "app/testing/test_file.h"
#include "core/value.h"
#include "serving/service.h"

namespace millrace {

// One thing that is not as expected.
struct Difference {
  int line = 0;
  std::string title;  // of the expectation
  std::string name;   // of the feature or field
  std::string expected;
  std::string actual;
};

// Answers to requests, by task and id as written.
using RequestAnswers = std::map<std::pair<int, std::string>, ScoreResponse>;

// Adds what differs. An error means that the question could not be asked.
absl::Status CheckExpectation(const Expectation& expectation, double tolerance,
                              const RequestAnswers& answers, Simulation& simulation,
                              std::vector<Difference>* differences);

// How the value differs from what the test says: its text; nullopt when it does not. Doubles are
// equal when |actual - expected| <= tolerance * max(|expected|, 1), all else exactly.
std::optional<std::string> DifferenceOf(const ConfigNode& expected, const Value& actual,
                                        double tolerance);

}  // namespace millrace

#endif  // MILLRACE_APP_TESTING_CHECK_EXPECTATION_H_
