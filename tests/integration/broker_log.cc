#include "tests/integration/broker_log.h"

#include <utility>

#include "core/clock.h"
#include "gtest/gtest.h"
#include "tests/integration/kafka_broker.h"

namespace millrace {

std::unique_ptr<KafkaLog> OpenLog(std::map<std::string, std::string> properties, Registry* registry,
                                  int64_t read_buffer_bytes) {
  KafkaLogOptions options;
  options.brokers = KafkaBroker::Shared().address();
  options.properties = std::move(properties);
  options.registry = registry;
  options.read_buffer_bytes = read_buffer_bytes;
  auto log = KafkaLog::Open(options);
  EXPECT_TRUE(log.ok()) << log.status();
  return *std::move(log);
}

std::string NewTopic(Log& log, const TopicOptions& options) {
  std::string topic = KafkaBroker::UniqueTopic();
  const absl::Status created = log.CreateTopic(topic, options);
  EXPECT_TRUE(created.ok()) << created;
  return topic;
}

absl::Status AppendValue(Log& log, const std::string& topic, const std::string& value) {
  const std::vector<AppendRecord> records = {{.topic = topic, .partition = 0, .value = value}};
  return log.Append(records).status();
}

std::vector<std::string> ReadToEnd(LogReader& reader, int64_t end, absl::Status* status) {
  std::vector<std::string> values;
  const int64_t deadline = Clock::Real().MonotonicNanos() + kPatienceNs;
  while (Clock::Real().MonotonicNanos() < deadline) {
    RecordBatch batch;
    const absl::StatusOr<int> read = reader.Read(0, 1 << 20, &batch);
    for (const Record& record : batch.records()) {
      const absl::string_view value = record.value.value_or("");
      values.emplace_back(value.data(), value.size());
    }
    *status = read.status();
    if (!read.ok() || (reader.AtEnd(0) && reader.NextOffset(0) >= end)) return values;
    if (*read == 0) reader.Wait(absl::Seconds(1));
  }
  *status = absl::DeadlineExceededError("not at the end");
  return values;
}

}  // namespace millrace
