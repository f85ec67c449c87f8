// The benchmark section `sessions`: reads of one entity whose records, a second apart, are one
// unbroken run: its session, current and complete, whole and cut by `max_length`, and its lifetime.

#ifndef MILLRACE_BENCH_SESSION_READS_H_
#define MILLRACE_BENCH_SESSION_READS_H_

namespace millrace {

// Measures and prints. Owned by one thread.
void SessionReads();

}  // namespace millrace

#endif  // MILLRACE_BENCH_SESSION_READS_H_
