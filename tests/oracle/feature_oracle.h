// FeatureOracle: what a feature must answer at T, from the list of all records, by the definitions
// of windows-and-aggregations alone: no tiles, no state, no merge, no sketch. It knows nothing of
// the engine's code. Time per read is proportional to all records of the view.
//
// What the specification leaves open, and what the oracle takes:
//   - `count` and the newest event time are of the records that pass `where`, nulls included;
//     unmatched retractions count as −1 where the aggregation subtracts;
//   - a pair with a null (`with`, `order_by`) is skipped, whichever of the two it is;
//   - an entry of a map whose value is null is not shown; `top_by: key` keeps the largest keys;
//   - sessions are made of all records of the entity, before `where`;
//   - a read of what was known is the ordinary one over those records and retractions that were;
//   - a deletion counts for reads of later times only; a retraction of its very time goes with what
//     it takes back, before the deletion or after it, and one that takes nothing back is nothing;
//   - a request's virtual record is at T, inside every window with lag 0 that ends at the read.
//
// Immutable after construction; thread-compatible.

#ifndef MILLRACE_TESTS_ORACLE_FEATURE_ORACLE_H_
#define MILLRACE_TESTS_ORACLE_FEATURE_ORACLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/oracle/answer.h"
#include "tests/oracle/feature.h"
#include "tests/oracle/surviving_records.h"
#include "tests/oracle/window_members.h"

namespace millrace::oracle {

struct Read {
  DatumMap key;
  int64_t at_ms = 0;
  // For `with_request`: the fields of the request.
  std::optional<DatumMap> request;
  // For `exclude_current: row`: the record on which the decision is made.
  std::optional<Order> deciding;
  // Only what was known then counts. REQUIRES: the view says when records became known.
  std::optional<int64_t> known_ms;
};

class FeatureOracle {
 public:
  // Copies the view and those records that enter it.
  FeatureOracle(const View& view, std::span<const Record> records);

  // REQUIRES: feature is legal for the view.
  Answer At(const Feature& feature, const Read& read) const;
  // Of each feature of the view, in their order.
  std::vector<Answer> At(const Read& read) const;

 private:
  // What is left of the entity's records for a read.
  Survivors SurvivorsAt(const Read& read) const;
  Answer Of(const Feature& feature, const Read& read, const Survivors& survivors) const;

  View view_;
  std::map<std::string, std::vector<Record>> entities_;
};

// The answer over the records of a window, with its metadata.
Answer FoldedAnswer(const Feature& feature, const Members& members, int64_t at_ms);

// When a record became known, as the view has it. A retraction has the fields of what it takes
// back, so they do not say when it came itself.
int64_t KnownMs(const View& view, const Record& record);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_FEATURE_ORACLE_H_
