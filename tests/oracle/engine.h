// Engine: what is compared with the oracle. An adapter of the real store implements it; tests of
// the comparison implement it with the oracle itself and one planted mistake.
//
// What an adapter must provide: a view with `accuracy: exact`, an `as_of` horizon and a `lateness`
// retention that reach the first record; records may arrive in any order, so position marks are
// not applied; nothing is ever `warming` or `stale`.

#ifndef MILLRACE_TESTS_ORACLE_ENGINE_H_
#define MILLRACE_TESTS_ORACLE_ENGINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/oracle/answer.h"
#include "tests/oracle/feature_oracle.h"

namespace millrace::oracle {

struct EngineAnswer {
  Status status = Status::kPresent;
  Datum value;
  // Compared if given.
  std::optional<int64_t> count;
  std::optional<int64_t> age_ms;
};

// Owned by one thread.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual absl::Status Apply(const Record& record) = 0;
  // Closes the state and opens it again.
  virtual absl::Status Restart() = 0;
  // One answer per feature of the view, in its order.
  virtual absl::StatusOr<std::vector<EngineAnswer>> At(const Read& read) = 0;
};

// An engine with empty state for a view over `sources` sources of RandomSchema().
using EngineFactory =
    std::function<absl::StatusOr<std::unique_ptr<Engine>>(const View& view, int sources)>;

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_ENGINE_H_
