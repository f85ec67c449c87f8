// Random features: every aggregation with every window and modifier that is legal with it. For
// tests/oracle/random_cases.cc.

#ifndef MILLRACE_TESTS_ORACLE_RANDOM_FEATURES_H_
#define MILLRACE_TESTS_ORACLE_RANDOM_FEATURES_H_

#include <string>

#include "core/random.h"
#include "tests/oracle/random_records.h"

namespace millrace::oracle {

// REQUIRES: a name of AllAggregations().
Feature RandomFeature(Random* random, const std::string& aggregation, const TimeLine& line,
                      const CaseOptions& options);

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_RANDOM_FEATURES_H_
