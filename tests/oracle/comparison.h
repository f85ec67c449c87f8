// Compares an engine with the oracle over random cases, and makes a counterexample small.
//
// A pair is one feature read once over one history of records. Same seeds and same engine, same
// report. Owned by one thread.

#ifndef MILLRACE_TESTS_ORACLE_COMPARISON_H_
#define MILLRACE_TESTS_ORACLE_COMPARISON_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tests/oracle/engine.h"
#include "tests/oracle/random_cases.h"

namespace millrace::oracle {

// A case with one read at the end and, if it differs alone, one feature; and what differs there.
struct Counterexample {
  RandomCase random_case;
  std::string difference;
};

struct Report {
  int64_t cases = 0;
  int64_t pairs = 0;
  int64_t ill_posed = 0;  // of those, pairs whose conditioning left nothing to compare
  std::map<std::string, int64_t> pairs_by_aggregation;
  // A pair may be of several kinds, or of none.
  std::map<std::string, int64_t> pairs_by_kind;
  std::optional<Counterexample> counterexample;  // of the first case that differs, made small
};

// The first difference of the case, or nothing. Adds to the report's counts if it is not null.
std::optional<Counterexample> Check(const RandomCase& random_case, const EngineFactory& factory,
                                    Report* report);

// Drops features, then records as long as the two differ (delta debugging: A. Zeller,
// R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002), then
// fields, then restarts.
Counterexample Minimised(const Counterexample& found, const EngineFactory& factory);

// Cases of seeds first_seed, first_seed + 1, … until `pairs` pairs agree or one differs.
Report Compare(uint64_t first_seed, int64_t pairs, const CaseOptions& options,
               const EngineFactory& factory);

// For the test's message: seed, difference and a `millrace test` file that shows it.
std::string ToText(const Counterexample& counterexample);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_COMPARISON_H_
