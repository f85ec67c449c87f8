// Latencies of a benchmark's iterations, reported as the counters p50_us and p99_us.

#ifndef MILLRACE_BENCH_LATENCY_H_
#define MILLRACE_BENCH_LATENCY_H_

#include "bench/latencies.h"
#include "benchmark/benchmark.h"

namespace millrace {

class Latency {
 public:
  template <typename Call>
  void Time(Call call) {
    latencies_.Time(call);
  }

  // Of this thread's calls; averaged over the threads of the benchmark.
  void Report(benchmark::State& state) {
    using benchmark::Counter;
    state.counters["p50_us"] = Counter(latencies_.Micros(0.5), Counter::kAvgThreads);
    state.counters["p99_us"] = Counter(latencies_.Micros(0.99), Counter::kAvgThreads);
  }

 private:
  Latencies latencies_;
};

}  // namespace millrace

#endif  // MILLRACE_BENCH_LATENCY_H_
