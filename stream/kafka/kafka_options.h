// KafkaLogOptions: how to reach a Kafka cluster and how much to take from it. A value.

#ifndef MILLRACE_STREAM_KAFKA_KAFKA_OPTIONS_H_
#define MILLRACE_STREAM_KAFKA_KAFKA_OPTIONS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "core/clock.h"
#include "core/metrics.h"

namespace millrace {

struct KafkaLogOptions {
  // HOST:PORT[,HOST:PORT…] of some brokers; the others are learnt from them.
  std::string brokers;
  // Any property of librdkafka that KafkaLog::CheckProperties accepts: TLS, SASL, compression, …
  std::map<std::string, std::string> properties;
  // What brokers call us in their logs and quotas.
  std::string client_id = "millrace";
  // The longest a call may wait for the brokers: appending, metadata, offsets.
  absl::Duration request_timeout = absl::Seconds(30);
  // Peak memory for records fetched ahead, for each reader. Half of it is queued (librdkafka may
  // hold as much again while the queue is drained). A full queue is looked at again only after a
  // second, so a reader delivers at most about half of this per second.
  int64_t read_buffer_bytes = int64_t{256} << 20;
  // Measures the time-outs. Not owned, outlives the log.
  Clock* clock = &Clock::Real();
  // Where the counters go: millrace_kafka_…_total. Not owned, outlives the log; null: nowhere.
  Registry* registry = nullptr;
};

}  // namespace millrace

#endif  // MILLRACE_STREAM_KAFKA_KAFKA_OPTIONS_H_
