// The learner type `logistic`: online logistic regression with AdaGrad or FTRL-Proximal steps.
//
// Order of one Learn, with everything as it was before the example:
//   1. inputs are encoded with the scaler's current statistics;
//   2. the score is taken: this is the progressive prediction;
//   3. the weights learn from that encoding: g = weight · (p - y) · x, the intercept first;
//   4. the scaler learns the raw values, weighted by the example's weight.
// Sources: optimizers in adagrad.h and ftrl.h, scaler in encode/input_encoding.h.

#ifndef MILLRACE_LEARNERS_LINEAR_LOGISTIC_H_
#define MILLRACE_LEARNERS_LINEAR_LOGISTIC_H_

#include "learners/registry.h"

namespace millrace {

LearnerType LogisticType();

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_LINEAR_LOGISTIC_H_
