// FTRL-Proximal, one step of one coordinate (McMahan et al. 2013, Algorithm 1):
//   σ = (√(n + g²) - √n) / alpha;  z += g - σ w;  n += g²
//   w = 0 if |z| <= l1, else -(z - sgn(z) l1) / ((beta + √n) / alpha + l2)
// The weight is refreshed at once, so a score never lags a step. The intercept is not regularised.

#ifndef MILLRACE_LEARNERS_LINEAR_FTRL_H_
#define MILLRACE_LEARNERS_LINEAR_FTRL_H_

#include <cmath>
#include <cstddef>

namespace millrace {

struct Ftrl {
  static constexpr size_t kStates = 2;  // z, n

  double alpha = 0.05;
  double beta = 1.0;
  double l1 = 0.0;
  double l2 = 0.0;

  // Of states that were read: what Step can leave behind.
  static bool IsState(const double* state) {
    return std::fabs(state[0]) <= 1e100 && state[1] >= 0 && state[1] <= 1e100;
  }
  Ftrl ForIntercept() const { return {alpha, beta, 0.0, 0.0}; }

  void Step(double gradient, double* weight, double* state) const {
    double& z = state[0];
    double& n = state[1];
    const double next = n + gradient * gradient;
    const double root = std::sqrt(next);
    z += gradient - (root - std::sqrt(n)) / alpha * *weight;
    n = next;
    *weight = std::fabs(z) <= l1 ? 0.0 : -(z - (z > 0 ? l1 : -l1)) / ((beta + root) / alpha + l2);
  }
};

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_LINEAR_FTRL_H_
