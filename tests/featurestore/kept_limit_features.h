// Random features of a view that does not keep everything: single ones with windows of all kinds,
// and families of the same aggregations over windows that lie in one another, which share their
// state and what is folded of it. For kept_limit_case.cc. Pure functions.

#ifndef MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_FEATURES_H_
#define MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_FEATURES_H_

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "stream/window.h"
#include "tests/oracle/feature.h"

namespace millrace {

struct KeptLimitScale {
  int64_t span_ms = 1;  // of all records
  int64_t step_ms = 1;  // from one to the next, on average
};

// In random order, with names.
std::vector<oracle::Feature> RandomKeptLimitFeatures(Random* random, const KeptLimitScale& scale,
                                                     Accuracy accuracy);

}  // namespace millrace

#endif  // MILLRACE_TESTS_FEATURESTORE_KEPT_LIMIT_FEATURES_H_
