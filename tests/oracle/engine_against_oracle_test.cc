// The real feature store against the oracle: random records, features and reads. PAIRS sets how
// many (records, read) pairs, SEED the first seed.

#include <iostream>

#include "gtest/gtest.h"
#include "tests/core/number_from_environment.h"
#include "tests/oracle/comparison.h"
#include "tests/oracle/store_engine.h"

namespace millrace::oracle {
namespace {

void ExpectNoDifference(uint64_t seed, int64_t pairs, const CaseOptions& options) {
  const Report report = Compare(seed, pairs, options, MakeStoreEngine);
  std::cout << report.cases << " cases, " << report.pairs << " pairs from seed " << seed << ", "
            << report.ill_posed << " of them ill-posed\n";
  for (const auto& [kind, count] : report.pairs_by_kind) {
    std::cout << "  " << kind << ": " << count << "\n";
  }
  EXPECT_GE(report.pairs, report.counterexample ? 0 : pairs);
  if (report.counterexample) ADD_FAILURE() << ToText(*report.counterexample);
}

TEST(EngineAgainstOracle, AgreesInAnyOrderOfArrival) {
  ExpectNoDifference(static_cast<uint64_t>(NumberFromEnvironment("SEED", 1)),
                     NumberFromEnvironment("PAIRS", 160'000), {});
}

TEST(EngineAgainstOracle, AgreesOnDecisionsAndRequests) {
  CaseOptions options;
  options.decisions = true;
  ExpectNoDifference(static_cast<uint64_t>(NumberFromEnvironment("SEED", 1)) + 5'000'000,
                     NumberFromEnvironment("PAIRS", 160'000) / 4, options);
}

// Enough records that entities keep tiles.
TEST(EngineAgainstOracle, AgreesOnLongHistories) {
  CaseOptions options;
  options.max_records = 400;
  options.features = 12;
  ExpectNoDifference(static_cast<uint64_t>(NumberFromEnvironment("SEED", 1)) + 7'000'000,
                     NumberFromEnvironment("PAIRS", 160'000) / 4, options);
}

// Enough different values that sketches estimate, within the errors they state.
TEST(EngineAgainstOracle, EstimatesWithinTheStatedErrors) {
  CaseOptions options;
  options.estimates = true;
  options.max_records = 3000;
  options.features = 16;
  options.reads = 8;
  ExpectNoDifference(static_cast<uint64_t>(NumberFromEnvironment("SEED", 1)) + 9'000'000,
                     NumberFromEnvironment("PAIRS", 160'000) / 100, options);
}

}  // namespace
}  // namespace millrace::oracle
