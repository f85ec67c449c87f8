// The learner type `rate_table`: one smoothed rate per combination of values of its keys:
//   p(key) = (Σ w y + m · mean) / (Σ w + m)
// where mean is the base rate of all examples (constant.h) and m the weight of that prior.
// (Micci-Barreca 2001, eq. 3 with λ = n / (n + m).) A key not seen before scores the mean. Null is
// a value of its own; a double that is not finite counts as null.

#ifndef MILLRACE_LEARNERS_BASELINE_RATE_TABLE_H_
#define MILLRACE_LEARNERS_BASELINE_RATE_TABLE_H_

#include "learners/registry.h"

namespace millrace {

LearnerType RateTableType();

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_BASELINE_RATE_TABLE_H_
