// Probabilities and log odds as every learner here states them: never 0, never 1, never NaN.

#ifndef MILLRACE_LEARNERS_PROBABILITY_H_
#define MILLRACE_LEARNERS_PROBABILITY_H_

#include "core/portable_math.h"

namespace millrace {

inline constexpr double kMinProbability = 1e-15;
// Beyond this raw score a probability is rounded to 0 or 1 in double.
inline constexpr double kMaxRawScore = 36.0;

// `p` within [1e-15, 1 - 1e-15]; NaN becomes 1/2.
inline double ClipProbability(double p) {
  if (p >= kMinProbability && p <= 1.0 - kMinProbability) return p;
  if (p < kMinProbability) return kMinProbability;
  return p > 0.5 ? 1.0 - kMinProbability : 0.5;
}

// Logistic of the raw score, clipped to +-36 first; NaN becomes 1/2.
inline double ProbabilityOf(double raw) {
  if (raw > kMaxRawScore) return Logistic(kMaxRawScore);
  if (raw < -kMaxRawScore) return Logistic(-kMaxRawScore);
  return raw == raw ? Logistic(raw) : 0.5;
}

// log(p / (1 - p)) of the clipped probability.
inline double LogOdds(double p) {
  const double clipped = ClipProbability(p);
  return PortableLog(clipped) - PortableLog1p(-clipped);
}

// What a binary learner takes: label 0 or 1 and a weight in (0, 1e9].
inline constexpr double kMaxExampleWeight = 1e9;
inline bool IsBinaryExample(double label, double weight) {
  return (label == 0.0 || label == 1.0) && weight > 0.0 && weight <= kMaxExampleWeight;
}

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_PROBABILITY_H_
