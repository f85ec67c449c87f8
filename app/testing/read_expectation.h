// ExpectationReader: the `expect:` items and requests of a test case, with their names looked up in
// the project. Thread-compatible.

#ifndef MILLRACE_APP_TESTING_READ_EXPECTATION_H_
#define MILLRACE_APP_TESTING_READ_EXPECTATION_H_

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "app/config/node.h"
#include "app/project.h"
#include "app/testing/node_reader.h"
#include "app/testing/test_file.h"

namespace millrace {

class ExpectationReader {
 public:
  // REQUIRES: both outlive this.
  ExpectationReader(const Project& project, NodeReader* reader);

  // nullopt after reporting what is wrong.
  std::optional<Expectation> Read(const ConfigNode& node);
  std::optional<TestRequest> ReadRequest(const ConfigNode& node);

 private:
  std::optional<Expectation> ReadView(const ConfigNode& node);
  std::optional<Expectation> ReadCounts(const ConfigNode& node);
  std::optional<Expectation> ReadDeadLetters(const ConfigNode& node);
  std::optional<Expectation> ReadTask(const ConfigNode& node);

  bool ReadKey(const ConfigNode& node, const ViewSpec& view, ViewExpectation* out);
  // The keys `request` and `known`.
  bool ReadRequestOf(const ConfigNode& node, const ViewSpec& view, ViewExpectation* out);
  bool ReadKnown(const ConfigNode& node, const ViewSpec& view, ViewExpectation* out);
  bool ReadCells(const ConfigNode& map, absl::string_view name, ViewExpectation::What what,
                 const ViewSpec& view, ViewExpectation* out);
  bool CheckStatus(const ConfigNode& status);
  std::optional<PredictionExpectation> ReadPrediction(const ConfigNode& node, int task);
  std::optional<ExampleExpectation> ReadExample(const ConfigNode& node, int task);
  std::optional<PublishedExpectation> ReadPublished(const ConfigNode& node, int task);
  // The id of a decision, as it stands in the log.
  std::optional<std::string> ReadId(const ConfigNode& node, int task);
  bool ReadInputs(const ConfigNode& map, absl::string_view what, int task, bool statuses,
                  std::vector<std::pair<int, Expected>>* out);
  // A map of names that are known to expected numbers.
  bool ReadNumbers(const ConfigNode& map, absl::string_view what,
                   const std::vector<std::string>& known, std::vector<Expected>* out);

  const Project& project_;
  NodeReader& read_;
  std::vector<std::string> sources_, views_, tasks_;
};

// What is expected of the members of `node` among `keys`.
std::vector<Expected> TakeFields(const ConfigNode& node, std::span<const absl::string_view> keys);

// The terms that `decisions:` and `counts:` may name; each is printed by its name.
const std::vector<std::string>& DecisionTerms();
const std::vector<std::string>& CountTerms();

}  // namespace millrace

#endif  // MILLRACE_APP_TESTING_READ_EXPECTATION_H_
