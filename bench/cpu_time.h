// CPU time of this process, all threads.

#ifndef MILLRACE_BENCH_CPU_TIME_H_
#define MILLRACE_BENCH_CPU_TIME_H_

#include <sys/resource.h>

namespace millrace {

inline double SecondsOf(const timeval& t) {
  return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
}

inline double CpuSeconds(const rusage& usage) {
  return SecondsOf(usage.ru_utime) + SecondsOf(usage.ru_stime);
}

inline double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return CpuSeconds(usage);
}

}  // namespace millrace

#endif  // MILLRACE_BENCH_CPU_TIME_H_
