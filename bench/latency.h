// Latencies of a benchmark's iterations, reported as the counters p50_us and p99_us.

#ifndef MILLRACE_BENCH_LATENCY_H_
#define MILLRACE_BENCH_LATENCY_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "benchmark/benchmark.h"
#include "core/clock.h"

namespace millrace {

class Latency {
 public:
  template <typename Call>
  void Time(Call call) {
    const int64_t start_ns = Clock::Real().MonotonicNanos();
    call();
    nanos_.push_back(Clock::Real().MonotonicNanos() - start_ns);
  }

  // Of this thread's calls; averaged over the threads of the benchmark.
  void Report(benchmark::State& state) {
    state.counters["p50_us"] = benchmark::Counter(Quantile(0.5), benchmark::Counter::kAvgThreads);
    state.counters["p99_us"] = benchmark::Counter(Quantile(0.99), benchmark::Counter::kAvgThreads);
  }

 private:
  double Quantile(double q) {
    if (nanos_.empty()) return 0;
    const auto at =
        nanos_.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(nanos_.size() - 1));
    std::nth_element(nanos_.begin(), at, nanos_.end());
    return static_cast<double>(*at) * 1e-3;
  }

  std::vector<int64_t> nanos_;
};

}  // namespace millrace

#endif  // MILLRACE_BENCH_LATENCY_H_
