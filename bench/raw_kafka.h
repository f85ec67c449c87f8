// What the Kafka benchmarks share: how long and how much CPU something took for a million records,
// and the ceiling: librdkafka that only counts what it consumes.

#ifndef MILLRACE_BENCH_RAW_KAFKA_H_
#define MILLRACE_BENCH_RAW_KAFKA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/cpu_time.h"
#include "core/clock.h"
#include "stream/kafka/kafka_log.h"

namespace millrace {

struct Measured {
  double records_per_s = 0;
  double cpu_s_per_million = 0;
};

class Stopwatch {
 public:
  Measured Stop(int64_t records) const;

 private:
  int64_t start_ns_ = Clock::Real().MonotonicNanos();
  double start_cpu_s_ = CpuSeconds();
};

// Each figure's median.
Measured Median(std::vector<Measured> rounds);

// Consumes `records` of the topic from the beginning with librdkafka and nothing else.
Measured ReadRaw(const KafkaLogOptions& options, const std::string& topic, int32_t partitions,
                 int64_t records, bool with_headers);

// Prints the error and ends the process.
[[noreturn]] void Fail(const absl::Status& status);

}  // namespace millrace

#endif  // MILLRACE_BENCH_RAW_KAFKA_H_
