// What librdkafka is told: our defaults, the user's properties, and the ones that are not his to
// choose. Pure functions, no broker needed.

#ifndef MILLRACE_STREAM_KAFKA_PROPERTIES_H_
#define MILLRACE_STREAM_KAFKA_PROPERTIES_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "stream/kafka/kafka_options.h"

namespace millrace {

using KafkaProperties = std::map<std::string, std::string>;

// As KafkaLog::CheckProperties.
absl::Status CheckKafkaProperties(const KafkaProperties& properties);

// For everything but appending. `partitions` is how many one client will read.
// REQUIRES: CheckKafkaProperties(options.properties) is OK.
KafkaProperties ConsumerProperties(const KafkaLogOptions& options, int64_t partitions);

// For appending. REQUIRES: as above.
KafkaProperties ProducerProperties(const KafkaLogOptions& options);

// The largest record, in bytes, that the producer takes.
int64_t MaxRecordBytes(const KafkaLogOptions& options);

}  // namespace millrace

#endif  // MILLRACE_STREAM_KAFKA_PROPERTIES_H_
