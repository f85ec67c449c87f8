// KafkaLog on the shared broker as its tests use it: open it, make a topic, append, read.

#ifndef MILLRACE_TESTS_INTEGRATION_BROKER_LOG_H_
#define MILLRACE_TESTS_INTEGRATION_BROKER_LOG_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/metrics.h"
#include "stream/kafka/kafka_log.h"

namespace millrace {

// How long a broker on a busy machine may take.
constexpr int64_t kPatienceNs = 60'000'000'000;

// Fails the test when the broker cannot be reached. `registry` outlives the log.
std::unique_ptr<KafkaLog> OpenLog(std::map<std::string, std::string> properties = {},
                                  Registry* registry = nullptr,
                                  int64_t read_buffer_bytes = 64 << 20);

// A topic of its own for a test; fails the test when it cannot be created.
std::string NewTopic(Log& log, const TopicOptions& options = {});

// Appends one record to partition 0.
absl::Status AppendValue(Log& log, const std::string& topic, const std::string& value);

// Values read from input 0 until it is at the end at `end` or says an error, which `status` gets.
std::vector<std::string> ReadToEnd(LogReader& reader, int64_t end, absl::Status* status);

}  // namespace millrace

#endif  // MILLRACE_TESTS_INTEGRATION_BROKER_LOG_H_
