// How long calls took, and the quantiles of that.

#ifndef MILLRACE_BENCH_LATENCIES_H_
#define MILLRACE_BENCH_LATENCIES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/clock.h"

namespace millrace {

class Latencies {
 public:
  template <typename Call>
  void Time(Call call) {
    const int64_t start_ns = Clock::Real().MonotonicNanos();
    call();
    nanos_.push_back(Clock::Real().MonotonicNanos() - start_ns);
  }
  // 0 without calls.
  double Micros(double q) {
    if (nanos_.empty()) return 0;
    const auto at =
        nanos_.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(nanos_.size() - 1));
    std::nth_element(nanos_.begin(), at, nanos_.end());
    return 1e-3 * static_cast<double>(*at);
  }

 private:
  std::vector<int64_t> nanos_;
};

}  // namespace millrace

#endif  // MILLRACE_BENCH_LATENCIES_H_
