// AdaGrad, one step of one coordinate (Duchi, Hazan, Singer 2011, §1.1, diagonal form):
//   G += g²;  w -= rate · g / √(G + epsilon)
// A step is never longer than `rate`, whatever the gradient.

#ifndef MILLRACE_LEARNERS_LINEAR_ADAGRAD_H_
#define MILLRACE_LEARNERS_LINEAR_ADAGRAD_H_

#include <cmath>
#include <cstddef>

namespace millrace {

struct AdaGrad {
  static constexpr size_t kStates = 1;  // G

  double rate = 0.05;
  double epsilon = 1e-8;

  // Of states that were read: what Step can leave behind.
  static bool IsState(const double* state) { return state[0] >= 0 && state[0] <= 1e100; }
  AdaGrad ForIntercept() const { return *this; }

  void Step(double gradient, double* weight, double* state) const {
    state[0] += gradient * gradient;
    *weight -= rate * gradient / std::sqrt(state[0] + epsilon);
  }
};

}  // namespace millrace

#endif  // MILLRACE_LEARNERS_LINEAR_ADAGRAD_H_
