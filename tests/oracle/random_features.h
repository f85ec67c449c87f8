// Random features: every aggregation with every window and modifier that is legal with it. For
// tests/oracle/random_cases.cc.

#ifndef MILLRACE_TESTS_ORACLE_RANDOM_FEATURES_H_
#define MILLRACE_TESTS_ORACLE_RANDOM_FEATURES_H_

#include <vector>

#include "core/random.h"
#include "tests/oracle/random_records.h"

namespace millrace::oracle {

// Features of any kind, some of them of one aggregation over several windows that lie in one
// another: those share their state and what is folded of it.
std::vector<Feature> RandomFeatures(Random* random, const TimeLine& line,
                                    const CaseOptions& options);

// Conditions over the fields of RandomSchema(); most of them pass some records and not others.
const std::vector<Condition>& Conditions();

}  // namespace millrace::oracle

#endif  // MILLRACE_TESTS_ORACLE_RANDOM_FEATURES_H_
