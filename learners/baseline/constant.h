// The learner type `constant`: the running base rate of the labels, whatever the inputs:
//   p = (Σ w y + 1/2) / (Σ w + 1)
// (Krichevsky and Trofimov 1981: prior 1/2 with the weight of one example.) Every other learner is
// read beside it.

#ifndef MILLRACE_LEARNERS_BASELINE_CONSTANT_H_
#define MILLRACE_LEARNERS_BASELINE_CONSTANT_H_

#include "learners/registry.h"

namespace millrace {

// The base rate, shared with the learners that fall back to it.
struct BaseRate {
  double weight = 0;
  double positives = 0;

  void Add(double label, double example_weight) {
    weight += example_weight;
    positives += label * example_weight;
  }
  // In (0, 1).
  double Probability() const;
  // Whether these can be sums of binary examples: for bytes that were read.
  bool IsValid() const;
};

LearnerType ConstantType();

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_BASELINE_CONSTANT_H_
